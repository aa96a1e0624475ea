import { describe, expect, it } from 'vitest';
import { errorOf } from '../../test/support/errors.js';
import { parseSource } from './source.js';

const parse = (text: string) => parseSource({ name: 'stack.yml', text });
const value = (text: string) => (parse(`it: ${text}\n`).value as { it: unknown }).it;

describe('numbers in a stack file', () => {
  it.each([
    ['0440', 0o440],
    ['0o440', 0o440],
    ['-010', -8],
    ['1_000', 1000],
    ['0b11', 3],
    ['0x1f', 31],
    ['12', 12],
    ['0', 0],
    ['1.5', 1.5],
    ['true', true],
    ['~', null],
  ])('%s must be read as Go reads it', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it.each(['yes', 'no', 'on', '22:22', '"0440"', "'1_000'", '2020-01-01'])('%s must stay text', (text) => {
    expect(value(text)).toBe(text.replace(/^["']|["']$/g, ''));
  });
});

describe('merge keys', () => {
  it('must be merged, with the own key winning', () => {
    const source = parse('a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n');
    expect(source.value).toEqual({ a: { x: 1, y: 2 }, b: { x: 1, y: 3 } });
  });

  it('must be placed where what they merge is written', () => {
    const source = parse('a: &a {x: 1}\nb:\n  <<: *a\n  y: 3\n');
    expect(source.place(['b', 'x'])).toBe('stack.yml:1:11');
  });
});

describe('several documents', () => {
  it('must count for nothing beyond the first, errors in them included', () => {
    expect(parse('a: 1\n---\nb: [\n').value).toEqual({ a: 1 });
  });
});

describe('a place', () => {
  const source = parse(
    ['services:', '  web:', '    image: nginx', '    ports:', '      - "80:80"', '      - x: 1'].join('\n'),
  );

  it.each([
    [[], 'stack.yml:1:1'],
    [['services', 'web'], 'stack.yml:2:3'],
    [['services', 'web', 'image'], 'stack.yml:3:12'],
    [['services', 'web', 'ports'], 'stack.yml:4:5'],
    [['services', 'web', 'ports', 0], 'stack.yml:5:9'],
    [['services', 'web', 'ports', 1, 'x'], 'stack.yml:6:12'],
    [['services', 'web', 'deploy', 'replicas'], 'stack.yml:2:3'],
    [['services', 'api'], 'stack.yml:1:1'],
  ])('of %j must be %s', (path, place) => {
    expect(source.place(path)).toBe(place);
  });
});

describe('a file that is no stack file', () => {
  it.each([
    ['', 'stack.yml: the file is empty'],
    ['# nothing but a comment\n', 'stack.yml: the file is empty'],
    ['- a\n', 'stack.yml:1:1: the top of a stack file must be a mapping'],
    ['just text', 'stack.yml:1:1: the top of a stack file must be a mapping'],
    ['a: 1\na: 2\n', 'stack.yml:2:1: "a" is given twice'],
    ['a:\n  b: [1\nc: 2\n', 'stack.yml:3:1: a bracket is never closed, or what is in it not indented'],
    ['a:\n\tb: 1\n', 'stack.yml:2:1: a tab indents this line'],
    ['a: "b\n', 'stack.yml:2:1: a quote is never closed'],
    ['a: &x [*x]\n', 'stack.yml:1:8: the anchor &x contains itself'],
    ['1: a\n', 'stack.yml:1:1: the key 1 must be text'],
    ['a: {2020-01-01: b}\n', 'stack.yml:1:5: the key 2020-01-01 must be text'],
    ['a: {true: b}\n', 'stack.yml:1:5: the key true must be text'],
    ['? [a]\n: b\n', 'stack.yml:1:3: a key must be text'],
    ['a: {<<: {b: 1}, <<: {c: 1}}\n', 'stack.yml:1:17: "<<" is given twice'],
    ['a: !!int x\n', 'stack.yml:1:10: "x" is no int'],
    ['a: !!int 1.5\n', 'stack.yml:1:10: "1.5" is no int'],
    ['a: !!binary "?"\n', 'stack.yml:1:13: what follows !!binary is no base64'],
    ['a: b\u0001\n', 'stack.yml:1:5: a control character stands here'],
    [`a: ${'['.repeat(300)}${']'.repeat(300)}\n`, 'stack.yml: it is nested too deeply'],
    [`a: ${'['.repeat(20_000)}`, 'stack.yml: it is nested too deeply'],
    ['a: 1\nb: *nope\n', 'stack.yml:2:4: there is no anchor &nope before this'],
    ['a: 1\nb:\n  <<: 3\n', 'stack.yml:3:3: only a mapping, or an alias of one, can be merged with <<'],
  ])('%j must be refused with its place', (text, message) => {
    const error = errorOf(() => parse(text));
    expect(`${error.place ?? ''}: ${error.message}`).toBe(message);
    expect(error.hint).toBeDefined();
  });

  it('must not be unfolded without end', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(errorOf(() => parse(lines.join('\n'))).message).toBe(
      'its aliases unfold to more than a stack file can hold',
    );
  });
});
