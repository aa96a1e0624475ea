import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { loadStack } from './load.js';

const load = (text: string, env: Record<string, string> = {}) =>
  loadStack([{ name: 'stack.yml', text }], { env });
const problems = (text: string, env?: Record<string, string>) => problemsOf(errorOf(() => load(text, env)));

/** A file with one service of these lines, which begin at line 4. */
const service = (...lines: string[]) =>
  ['services:', '  web:', '    image: nginx', ...lines.map((line) => `    ${line}`)].join('\n');

describe('a stack file', () => {
  it('must name everything that is wrong with it at once, each with its place', () => {
    const text = [
      'services:',
      '  web:',
      '    imge: nginx',
      '    ports: 80',
      '    deploy:',
      '      replicas: two',
      '      mode: globl',
      '      resources: {limits: {memory: lots, cpus: many}}',
      '    healthcheck: {interval: 5}',
      '    networks: [frnt]',
      '    secrets: [password]',
      '    volumes: ["data:/data"]',
      'networks: {front: }',
      'volume: {}',
    ].join('\n');
    expect(problems(text)).toEqual([
      'stack.yml:3:11: services.web.imge: unknown key',
      'stack.yml:4:12: services.web.ports: must be a list, got 80',
      'stack.yml:6:17: services.web.deploy.replicas: must be a whole number, got "two"',
      'stack.yml:7:13: services.web.deploy.mode: must be one of replicated, global, replicated-job, global-job, got "globl"',
      'stack.yml:8:36: services.web.deploy.resources.limits.memory: must be a size, got "lots"',
      'stack.yml:8:48: services.web.deploy.resources.limits.cpus: must be a number of cores, got "many"',
      'stack.yml:9:29: services.web.healthcheck.interval: must be a duration, got 5',
      'stack.yml:14:1: volume: unknown key',
      'stack.yml:2:3: services.web: "image" is missing',
      'stack.yml:10:16: services.web.networks.frnt: there is no network "frnt" in this file',
      'stack.yml:11:15: services.web.secrets.0: there is no secret "password" in this file',
      'stack.yml:12:15: services.web.volumes.0: there is no volume "data" in this file',
    ]);
  });

  it.each([
    ['{}', 'stack.yml:1:1: "services" is missing'],
    ['services: {}', 'stack.yml:1:1: services: there is no service'],
    ['services: []', 'stack.yml:1:1: services: must be a mapping, got []'],
    ['services: {web: nginx}', 'stack.yml:1:17: services.web: must be a mapping, got "nginx"'],
    ['services: {"we b": {image: x}}', 'stack.yml:1:12: services.we b: "we b" is no service name'],
  ])('%j must be refused', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  it.each([
    ['extends: {service: base}', 'extends: there is no service "base" in stack.yml'],
    ['mem_limit: 64m', 'mem_limit: is not supported in a Swarm'],
    ['cpus: 2', 'cpus: is not supported in a Swarm'],
    ['constructor: 1', 'constructor: unknown key'],
    ['init: yes', 'init: must be true or false, got "yes"'],
    ['environment: {A: [1]}', 'environment.A: must be text or a number, got [1]'],
    ['environment: [1]', 'environment.0: must be text, got 1'],
    ['ports: [{published: 80}]', 'ports.0: "target" is missing'],
    ['ports: [{target: 70000}]', 'ports.0.target: must be from 1 to 65535, got 70000'],
    ['volumes: [{type: bind, target: /x}]', 'volumes.0: "source" is missing'],
    ['volumes: [{type: cluster, target: /x}]', 'volumes.0: "source" is missing'],
    ['secrets: [{source: a, mode: -1}]', 'secrets.0.mode: must be from 0 to 4294967295, got -1'],
    ['deploy: {replicas: -1}', 'deploy.replicas: must be from 0 to 1000000, got -1'],
    ['deploy: {replicas: 1.5}', 'deploy.replicas: must be a whole number, got 1.5'],
    [
      'deploy: {update_config: {order: start}}',
      'deploy.update_config.order: must be one of stop-first, start-first, got "start"',
    ],
    [
      'deploy: {mode: global, replicas: 2}',
      'deploy.replicas: a global service has one task per node, not a number of replicas',
    ],
    ['healthcheck: {disable: true, test: x}', 'healthcheck: "disable" and "test" exclude each other'],
    [
      'labels: {scalectl.min: "2"}',
      'labels.scalectl.min: a policy belongs to the service, not to its containers',
    ],
    [
      'labels: ["scalectl.min=2"]',
      'labels.scalectl.min: a policy belongs to the service, not to its containers',
    ],
  ])('with %s must be refused', (line, problem) => {
    const [first = ''] = problems(service(line));
    expect(first.replace(/^stack\.yml:\d+:\d+: services\.web\./, '')).toBe(problem);
  });

  it('must say what was probably meant', () => {
    expect(errorOf(() => load(service('helthcheck: {}'))).hint).toBe('Did you mean "healthcheck"?');
    expect(errorOf(() => load(`${service('networks: [frnt]')}\nnetworks: {front: }`)).hint).toBe(
      'Did you mean "front"?',
    );
    expect(errorOf(() => load(service('networks: [front]'))).hint).toBe(
      'Declare it under the top-level "networks:".',
    );
  });

  it('must take numbers and booleans out of variables, and not out of quotes', () => {
    const text = service('deploy: {replicas: "${N}"}', 'init: "${I}"', 'healthcheck: {retries: "${N}"}');
    const { services } = load(text, { N: '3', I: 'true' });
    expect(services['web']).toMatchObject({
      deploy: { replicas: 3 },
      init: true,
      healthcheck: { retries: 3 },
    });
    expect(problems(service('deploy: {replicas: "3"}'))).toEqual([
      'stack.yml:4:24: services.web.deploy.replicas: must be a whole number, got "3"',
    ]);
    expect(problems(text, { N: '', I: 'maybe' })).toEqual([
      'stack.yml:4:24: services.web.deploy.replicas: must be a whole number, got ""',
      'stack.yml:5:11: services.web.init: must be true or false, got "maybe"',
      'stack.yml:6:28: services.web.healthcheck.retries: must be a number, got ""',
    ]);
  });

  it('must be refused for its variables before its shape is looked at', () => {
    expect(problems(service('imge: "${X:?set it}"'))).toEqual([
      'stack.yml:4:11: services.web.imge: required variable X is missing a value: set it',
    ]);
  });

  it('must be taken with extensions and empty values', () => {
    const { services } = load(
      `x-common: &c {image: x}\nservices:\n  web:\n    <<: *c\n    x-note: 1\n    ports:\n`,
    );
    expect(services).toEqual({ web: { image: 'x' } });
  });
});

describe('warnings of a stack file', () => {
  it('must name unset variables and keys without effect, each once', () => {
    const text = `services:
  a: {image: "x$TAG", privileged: true, network_mode: host}
  b: {image: "x$TAG", privileged: true}
`;
    expect(load(text).warnings).toEqual([
      'stack.yml:2:14: variable TAG is not set: an empty text stands in for it',
      'stack.yml:2:35: "privileged" has no effect in a Swarm',
      'stack.yml:2:55: "network_mode" has no effect in a Swarm: use networks',
    ]);
  });

  it('must say that a port is not bound to one address', () => {
    expect(load(service('ports: ["127.0.0.1:8080:80", "81:81"]')).warnings).toEqual([
      'stack.yml:4:13: the address 127.0.0.1 has no effect: a Swarm publishes a port on every address of a node',
    ]);
  });
});
