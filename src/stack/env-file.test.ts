import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { loadStack } from './load.js';

const FILES: Record<string, string> = {
  '/app/one.env': '\uFEFFA=1\n# c\n\n  B="q" # x\r\nC=$A\nHOST\nGONE\nD=a=b\n',
  '/app/two.env': 'A=2',
  '/app/empty.env': 'HOST=\nOTHER=\n',
  '/app/bad.env': 'A=1\nexport B=2\n=3\n',
};

function load(lines: string[], env: Record<string, string> = {}) {
  const text = ['services:', '  web:', '    image: nginx', ...lines.map((line) => `    ${line}`)].join('\n');
  const readFile = (path: string) => FILES[path] ?? null;
  return loadStack([{ name: 'stack.yml', text }], { env, directory: '/app', readFile });
}

const environment = (...given: Parameters<typeof load>) => load(...given).services['web']?.environment;
const problems = (...lines: string[]) => problemsOf(errorOf(() => load(lines)));

describe('env_file', () => {
  it('must be read line by line as it is', () => {
    const lines = { A: '1', B: '"q" # x', C: '$A', D: 'a=b' };
    expect(environment(['env_file: one.env'])).toEqual(lines);
    expect(environment(['env_file: ./one.env'], { HOST: 'h' })).toEqual({ ...lines, HOST: 'h' });
    expect(environment(['env_file: [/app/one.env]'])).toEqual(lines);
  });

  it('must give way to later files, and to what is written', () => {
    expect(environment(['env_file: [one.env, two.env]'])).toMatchObject({ A: '2', D: 'a=b' });
    expect(environment(['env_file: one.env', 'environment: {A: 3}'])).toMatchObject({ A: '3', D: 'a=b' });
    expect(environment(['env_file: two.env', 'environment: [A=3]'])).toEqual({ A: '3' });
  });

  it("must leave what is empty to the process's environment", () => {
    expect(environment(['env_file: empty.env'], { HOST: 'h' })).toEqual({ HOST: 'h', OTHER: '' });
    expect(environment(["environment: {A: '', B: , C: , D: ''}"], { A: 'a', B: 'b' })).toEqual({
      A: 'a',
      B: 'b',
      C: null,
      D: '',
    });
  });

  it('may be an object, whose file may be missing', () => {
    expect(environment(['env_file: [{path: two.env, format: raw}]'])).toEqual({ A: '2' });
    expect(environment(['env_file: [{path: gone.env, required: false}, two.env]'])).toEqual({ A: '2' });
  });

  it('must place what it gives in its own file', () => {
    expect(load(['env_file: one.env']).place(['services', 'web', 'environment', 'B'])).toBe('one.env:4:1');
  });

  it.each([
    [
      ['env_file: gone.env'],
      ['stack.yml:4:15: services.web.env_file.0: there is no readable file /app/gone.env'],
    ],
    [
      ['env_file: bad.env'],
      [
        'bad.env:2:1: the variable name "export B" contains a blank',
        'bad.env:3:1: the line has no variable name',
      ],
    ],
    [
      ['env_file: [{path: two.env, format: shell}]'],
      ['stack.yml:4:40: services.web.env_file.0.format: must be raw, got "shell"'],
    ],
    [['env_file: [{required: false}]'], ['stack.yml:4:16: services.web.env_file.0: must be a path']],
    [['env_file: [1]'], ['stack.yml:4:16: services.web.env_file.0: must be a path']],
  ])('%j must be refused', (lines, expected) => {
    expect(problems(...lines)).toEqual(expected);
  });
});
