import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { loadStack } from './load.js';

const HEAD = 'services:\n  web:\n    image: nginx\n';
const service = (...lines: string[]) => HEAD + lines.map((line) => `    ${line}\n`).join('');

/** Files named one.yml, two.yml, three.yml. */
function load(...texts: string[]) {
  const names = ['one.yml', 'two.yml', 'three.yml'];
  const sources = texts.map((text, index) => ({ name: names[index] ?? 'more.yml', text }));
  return loadStack(sources, { env: { TAG: '1' } });
}

const web = (...texts: string[]) => load(...texts).services['web'];
const problems = (...texts: string[]) => problemsOf(errorOf(() => load(...texts)));

describe('several files', () => {
  it('must give one stack, whose every part is placed where it was written', () => {
    const stack = load(
      service('environment: [A=1]', 'cap_add: [KILL]', 'deploy: {replicas: 1}'),
      `services:\n  web: {environment: {B: 2}, cap_add: [CHOWN]}\n  api: {image: "api:\${TAG}"}\n`,
    );
    expect(stack.files).toEqual(['one.yml', 'two.yml']);
    expect(Object.keys(stack.services)).toEqual(['web', 'api']);
    expect(stack.place(['services', 'web', 'environment', 'A'])).toBe('one.yml:4:19');
    expect(stack.place(['services', 'web', 'environment', 'B'])).toBe('two.yml:2:26');
    expect(stack.place(['services', 'web', 'cap_add', 0])).toBe('one.yml:5:15');
    expect(stack.place(['services', 'web', 'cap_add', 1])).toBe('two.yml:2:40');
    expect(stack.place(['services', 'api', 'image'])).toBe('two.yml:3:16');
  });

  it('must name what is wrong in whichever file it is', () => {
    expect(problems(service('imge: x'), service('deploy: {replicas: two}'))).toEqual([
      'one.yml:4:11: services.web.imge: unknown key',
      'two.yml:4:24: services.web.deploy.replicas: must be a whole number, got "two"',
    ]);
    expect(problems(HEAD, service('networks: [back]'))).toEqual([
      'two.yml:4:16: services.web.networks.back: there is no network "back" in this file',
    ]);
  });

  it('must refuse a wrong value that a later file replaces', () => {
    expect(problems(service('init: maybe'), service('init: true'))).toEqual([
      'one.yml:4:11: services.web.init: must be true or false, got "maybe"',
    ]);
  });

  it('must be of one version', () => {
    expect(problems(`version: "3.8"\n${HEAD}`, `version: "3.9"\n${HEAD}`)).toEqual([
      'two.yml:1:10: version: files of different versions cannot be merged: 3.8 and 3.9',
    ]);
    expect(problems(`version: "3.8"\n${HEAD}`, HEAD)).toEqual([
      'two.yml:1:1: version: files of different versions cannot be merged: 3.8 and 3.13',
    ]);
    expect(web(`version: "3.13"\n${HEAD}`, HEAD)).toBeDefined();
  });

  it('may say the same twice in a list', () => {
    expect(web(service('dns: 1.1.1.1'), service('dns: [1.1.1.1, 2.2.2.2]'))).toMatchObject({
      dns: ['1.1.1.1', '1.1.1.1', '2.2.2.2'],
    });
  });

  it('must keep ports that only look like the same: unpublished ones, and one of each protocol', () => {
    const ports = (...given: string[]) =>
      web(...given.map((list) => service(`ports: ${list}`)))?.ports?.map(
        ({ target, published, protocol, mode }) =>
          `${published ?? ''}:${target ?? ''}/${protocol ?? 'tcp'} ${mode ?? ''}`,
      );
    const base = "['53:53/udp', '53:53/tcp', '90', '91']";
    expect(ports(base, '[]')).toHaveLength(4);
    expect(ports(base, "['53:54/udp', '90']")).toHaveLength(4);
    expect(ports(base, '[{target: 54, published: 53, mode: host}]')).toHaveLength(4);
    expect(ports("['8000-8002:80-82']", "['8001:90']")).toHaveLength(3);
  });

  it('must keep two mounts of one secret that the later file does not name', () => {
    const secrets =
      '    secrets: [{source: s, target: a}, {source: s, target: b}]\nsecrets: {s: {external: true}}\n';
    expect(web(HEAD + secrets, service('tty: true'))?.secrets).toHaveLength(2);
    expect(web(HEAD + secrets, service('secrets: [s]'))?.secrets).toHaveLength(1);
  });

  it("must replace a health check's test", () => {
    const test = web(service('healthcheck: {test: [CMD, a]}'), service('healthcheck: {test: [CMD, b]}'));
    expect(test?.healthcheck).toEqual({ test: ['CMD', 'b'] });
  });

  it('must merge the short and the long form of depends_on', () => {
    const more = '  a: {image: a}\n  b: {image: b}\n';
    const base = `services:\n  web: {image: nginx, depends_on: [a]}\n${more}`;
    const over = 'services: {web: {depends_on: {b: {condition: service_healthy}}}}\n';
    expect(Object.keys(web(base, over)?.depends_on ?? {})).toEqual(['a', 'b']);
  });

  it('must say where an empty value replaces nothing', () => {
    const { services, warnings } = load(
      service('tty: true', 'user: root'),
      service('tty: false', "user: ''"),
    );
    expect(services['web']).toMatchObject({ tty: true, user: 'root' });
    expect(warnings).toEqual([
      'two.yml:4:10: services.web.tty: false does not replace what an earlier file says, as with docker; write !override before it to insist',
      'two.yml:5:11: services.web.user: an empty text does not replace what an earlier file says, as with docker; write !override before it to insist',
    ]);
  });

  it('must keep what the third file does not touch', () => {
    expect(web(service('user: a'), service('user: b'), service('tty: true'))).toMatchObject({
      user: 'b',
      tty: true,
    });
  });

  it('must take the name of the last file that has one', () => {
    expect(load(`name: a\n${HEAD}`, HEAD).name).toBe('a');
    expect(load(`name: a\n${HEAD}`, `name: "b\${TAG}"\n${HEAD}`).name).toBe('b1');
  });
});

describe('!reset and !override', () => {
  it('must drop, and replace, what was there', () => {
    const base = service('ports: ["80:80", "81:81"]', 'labels: {a: 1, b: 2}', 'tty: true');
    const over = service('ports: !override ["90:90"]', 'labels: {a: !reset null}', 'tty: !override false');
    expect(web(base, over)).toMatchObject({ ports: [{ target: 90 }], labels: { b: '2' }, tty: false });
    expect(web(base, service('ports: !reset []', 'labels: !reset null'))).toEqual({
      image: 'nginx',
      tty: true,
    });
  });

  it('must leave a whole service, network or volume out', () => {
    const stack = load(
      `${HEAD}  api: {image: api}\nvolumes: {a: , b: }\n`,
      'services: {api: !reset {}}\nvolumes: {a: !reset }\n',
    );
    expect(Object.keys(stack.services)).toEqual(['web']);
    expect(Object.keys(stack.file.volumes ?? {})).toEqual(['b']);
  });

  it('must do no harm in a single file', () => {
    expect(web(service('ports: !override ["80:80"]', 'tty: !reset true'))).toMatchObject({
      ports: [{ target: 80 }],
    });
  });

  it('must mean nothing where docker is followed strictly', () => {
    const sources = [service('cap_add: [KILL]'), service('cap_add: !override [CHOWN]')];
    const stack = loadStack(
      sources.map((text, index) => ({ name: `${index}.yml`, text })),
      { env: {}, strict: true },
    );
    expect(stack.services['web']).toMatchObject({ cap_add: ['KILL', 'CHOWN'] });
  });
});
