import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { loadStack, type LoadOptions } from './load.js';

/** Files by absolute path; /app/stack.yml is the one that is loaded. */
function load(files: Record<string, string>, options: Partial<LoadOptions> = {}) {
  return loadStack([{ name: 'stack.yml', text: files['/app/stack.yml'] ?? '' }], {
    env: { TAG: '7' },
    directory: '/app',
    readFile: (path) => files[path] ?? null,
    ...options,
  });
}

const stack = (text: string, more: Record<string, string> = {}) => load({ '/app/stack.yml': text, ...more });
const problems = (...given: Parameters<typeof stack>) => problemsOf(errorOf(() => stack(...given)));

describe('include', () => {
  const DB = 'services: {db: {image: "db:${TAG}", volumes: ["./data:/d"]}}\nvolumes: {v: }\n';
  const WEB = 'services: {web: {image: nginx}}\n';

  it('must add what the other file declares, with its paths relative to that file', () => {
    const { services, file, place } = stack(`include: [sub/db.yml]\n${WEB}`, { '/app/sub/db.yml': DB });
    expect(Object.keys(services)).toEqual(['web', 'db']);
    expect(services['db']).toMatchObject({ image: 'db:7' });
    expect(JSON.stringify(services['db'])).toContain('/app/sub/data');
    expect(file.volumes).toHaveProperty('v');
    expect(place(['services', 'db', 'image'])).toBe('sub/db.yml:1:24');
  });

  it('must read all kinds of relative paths from there', () => {
    const text =
      'services:\n  db:\n    image: db\n    env_file: [db.env, {path: x.env, required: false}]\n' +
      '    volumes: [{type: bind, source: x, target: /x}, {type: volume, source: v, target: /v}, "~/y:/y"]\n' +
      'volumes: {v: }\nsecrets: {s: {file: ./s}, t: {file: /t}}\nconfigs: {c: {file: ../c}}\n';
    const { services, file } = stack('include: [{path: sub/db.yml}]\n', {
      '/app/sub/db.yml': text,
      '/app/sub/db.env': 'A=1',
    });
    expect(services['db']?.environment).toEqual({ A: '1' });
    expect(file.secrets).toMatchObject({ s: { file: '/app/sub/s' }, t: { file: '/t' } });
    expect(file.configs).toMatchObject({ c: { file: '/app/c' } });
    expect(services['db']?.volumes).toMatchObject([{ source: '/app/sub/x' }, { source: 'v' }, {}]);
  });

  it('must take a directory and variables of its own, under those of the process', () => {
    const { services } = stack(
      'include: [{path: sub/db.yml, project_directory: other, env_file: vars.env}]\n',
      {
        '/app/sub/db.yml': 'services: {db: {image: "db:${TAG}-${MORE}", env_file: db.env}}\n',
        '/app/vars.env': 'TAG=1\nMORE="two"\n',
        '/app/other/db.env': 'A=1',
      },
    );
    expect(services['db']).toMatchObject({ image: 'db:7-two', environment: { A: '1' } });
  });

  it('must merge several paths of one entry, and follow further includes', () => {
    const { services } = stack('include: [{path: [a.yml, b.yml]}]\n', {
      '/app/a.yml': 'include: [sub/c.yml]\nservices: {a: {image: a, tty: true}}\n',
      '/app/b.yml': 'services: {a: {tty: false}}\n',
      '/app/sub/c.yml': 'include: [d.yml]\nservices: {c: {image: c}}\n',
      '/app/sub/d.yml': 'services: {d: {image: d}}\n',
    });
    expect(Object.keys(services).sort()).toEqual(['a', 'c', 'd']);
    expect(services['a']).toMatchObject({ tty: false });
  });

  it('must let a further file change what is included, and not the same file', () => {
    const files = { '/app/sub/db.yml': DB };
    const readFile = (path: string) => files[path as '/app/sub/db.yml'];
    const loaded = loadStack(
      [
        { name: 'stack.yml', text: 'include: [sub/db.yml]\nservices: {}\n' },
        { name: 'more.yml', text: 'services: {db: {image: mine}}\n' },
      ],
      { env: {}, directory: '/app', readFile },
    );
    expect(loaded.services['db']).toMatchObject({ image: 'mine' });
    expect(problems('include: [sub/db.yml]\nservices: {db: {image: mine}}\n', files)).toEqual([
      'stack.yml:2:12: services.db: sub/db.yml, which is included, has it too',
    ]);
    expect(problems('include: [sub/db.yml]\nservices: {}\nvolumes: {v: {driver: x}}\n', files)).toEqual([
      'stack.yml:3:11: volumes.v: sub/db.yml, which is included, has it too',
    ]);
  });

  it.each([
    ['include: x.yml\n', 'stack.yml:1:10: include: must be a list'],
    ['include: [1]\n', 'stack.yml:1:11: include.0: must be a path'],
    ['include: [{paths: x}]\n', 'stack.yml:1:11: include.0: must be a path'],
    ['include: [gone.yml]\n', 'stack.yml:1:11: include.0: there is no readable file /app/gone.yml'],
    ['include: [loop.yml]\n', 'loop.yml:1:11: include.0: goes round in a circle'],
    [
      'include: [{path: w.yml, env_file: gone}]\n',
      'stack.yml:1:35: include.0.env_file: there is no readable file /app/gone',
    ],
  ])('%j must be refused', (text, problem) => {
    const files = { '/app/loop.yml': 'include: [loop.yml]\n', '/app/w.yml': WEB };
    expect(problems(text, files)[0]).toBe(problem);
  });
});

describe('extends', () => {
  const BASE =
    'services:\n  base: {image: x, init: true, ports: ["80:80"], environment: [A=1, B=2], cap_add: [KILL]}\n';

  it('must begin with the other service, of which lists are kept and all else may be changed', () => {
    const text = `${BASE}  web: {extends: base, init: false, ports: ["81:81"], environment: {B: 3}, cap_add: [KILL, CHOWN]}\n`;
    const { services, place } = stack(text);
    expect(services['web']).toMatchObject({
      image: 'x',
      init: false,
      ports: [{ target: 80 }, { target: 81 }],
      environment: { A: '1', B: '3' },
      cap_add: ['KILL', 'CHOWN'],
    });
    expect(place(['services', 'web', 'image'])).toBe('stack.yml:2:17');
    expect(services['base']).toMatchObject({ init: true });
  });

  it('must follow services of other files, with their paths and files of variables', () => {
    const { services } = stack('services: {web: {extends: {file: sub/a.yml, service: a}, user: u}}\n', {
      '/app/sub/a.yml':
        'services:\n  a: {extends: {service: b}, volumes: ["./v:/v"]}\n  b: {extends: {file: ../c.yml, service: c}, env_file: a.env}\n',
      '/app/c.yml': 'services: {c: {image: "c:${TAG}"}}\n',
      '/app/sub/a.env': 'A=1',
    });
    expect(services['web']).toMatchObject({ image: 'c:7', user: 'u', environment: { A: '1' } });
    expect(JSON.stringify(services['web']?.volumes)).toContain('/app/sub/v');
  });

  it.each([
    ['web: {extends: web}', 'stack.yml:2:18: services.web.extends: goes round in a circle'],
    [
      'web: {extends: b}\n  b: {extends: {service: web}}',
      'stack.yml:2:18: services.web.extends: goes round in a circle',
    ],
    ['web: {extends: gone}', 'stack.yml:2:18: services.web.extends: there is no service "gone" in stack.yml'],
    [
      'web: {extends: {file: x.yml, service: gone}}',
      'stack.yml:2:41: services.web.extends: there is no service "gone" in x.yml',
    ],
    [
      'web: {extends: {file: gone.yml, service: a}}',
      'stack.yml:2:25: services.web.extends.file: there is no readable file /app/gone.yml',
    ],
    ['web: {extends: {file: x.yml}}', 'stack.yml:2:9: services.web.extends: must name a service'],
    ['web: {extends: [a]}', 'stack.yml:2:9: services.web.extends: must name a service'],
  ])('%j must be refused', (text, problem) => {
    expect(problems(`services:\n  ${text}\n`, { '/app/x.yml': 'services: {a: {image: x}}\n' })[0]).toBe(
      problem,
    );
  });
});

describe('profiles', () => {
  const TEXT = `services:
  web: {image: web}
  debug: {image: debug, profiles: [dev, test]}
  tools: {image: tools, profiles: [ops]}
`;
  const keys = (profiles: string[]) => Object.keys(load({ '/app/stack.yml': TEXT }, { profiles }).services);

  it('must decide which services take part', () => {
    expect(keys([])).toEqual(['web']);
    expect(keys(['test'])).toEqual(['web', 'debug']);
    expect(keys(['dev', 'ops'])).toEqual(['web', 'debug', 'tools']);
    expect(keys(['*'])).toEqual(['web', 'debug', 'tools']);
  });

  it('must say once what is left out', () => {
    expect(load({ '/app/stack.yml': TEXT }).warnings).toEqual([
      'stack.yml:3:3: left out, since none of their profiles is chosen with --profile: debug (dev, test), tools (ops)',
    ]);
    expect(load({ '/app/stack.yml': TEXT }, { profiles: ['*'] }).warnings).toEqual([]);
  });

  it('must not leave out what another service needs', () => {
    const needs = (dependencies: string) => `${TEXT}  api: {image: api, depends_on: ${dependencies}}\n`;
    const refused = 'services.api.depends_on: "debug" is left out, since none of its profiles is chosen';
    expect(problems(needs('[web, debug]'))).toEqual([`stack.yml:5:39: ${refused}`]);
    expect(problems(needs('{debug: {condition: service_started}}'))).toEqual([`stack.yml:5:34: ${refused}`]);
    const { services } = stack(
      needs('{web: {condition: service_started}, debug: {condition: service_started, required: false}}'),
    );
    expect(Object.keys(services['api']?.depends_on ?? {})).toEqual(['web']);
  });

  it('must be names', () => {
    expect(problems('services: {web: {image: x, profiles: dev}}\n')).toEqual([
      'stack.yml:1:38: services.web.profiles: must be a list of names',
    ]);
  });
});

describe('strictly, as docker has it', () => {
  it.each([
    ['name: shop\nservices: {web: {image: x}}\n', 'stack.yml:1:7: name: unknown key in Compose 3'],
    ['include: [x.yml]\nservices: {web: {image: x}}\n', 'stack.yml:1:1: include: unknown key in Compose 3'],
    [
      'services: {web: {image: x, profiles: [a]}}\n',
      'stack.yml:1:28: services.web.profiles: unknown key in Compose 3',
    ],
    [
      'services: {web: {image: x, extends: {service: b}}}\n',
      'stack.yml:1:28: services.web.extends: unknown key in Compose 3',
    ],
    [
      'services: {web: {image: "${A:+b}"}}\n',
      'stack.yml:1:25: services.web.image: invalid interpolation format: "${A:+b}"',
    ],
  ])('%j must be refused', (text, problem) => {
    const error = errorOf(() => load({ '/app/stack.yml': text }, { strict: true }));
    expect(problemsOf(error)).toEqual([problem]);
    expect(error.hint).toBeDefined();
  });
});
