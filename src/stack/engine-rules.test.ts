import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { convertStack } from './convert.js';
import { loadStack } from './load.js';

const service = (keys: string, name = 'web') => `services:\n  ${name}: {image: nginx, ${keys}}`;
const load = (text: string) => loadStack([{ name: 'f.yml', text }], { env: {} });

describe('what every Engine refuses', () => {
  it.each([
    ['volumes: ["/a:/x", "/b:/x"]', 'volumes.1: there is a mount at "/x" already'],
    [
      'volumes: [{type: bind, source: /a, target: /a, bind: {propagation: z}}]',
      'volumes.0.bind.propagation: must be one of rprivate, private, rshared, shared, rslave, slave, got "z"',
    ],
    ['ports: ["80:80", "80:81"]', 'ports: port 80/tcp is published twice'],
    [
      'ports: ["80:80"], deploy: {endpoint_mode: dnsrr}',
      'ports: a port in ingress mode does not go with "endpoint_mode: dnsrr"',
    ],
    ['healthcheck: {interval: 1us}', 'healthcheck.interval: must be at least 1ms'],
    [
      'deploy: {placement: {constraints: [node.role]}}',
      'deploy.placement.constraints.0: cannot read the constraint "node.role"',
    ],
    [
      'deploy: {mode: replicated-job, update_config: {}}',
      'deploy.update_config: a job is not updated bit by bit',
    ],
  ])('must be said of %s', (keys, problem) => {
    const [first = ''] = problemsOf(errorOf(() => load(service(keys))));
    expect(first.replace(/^f\.yml:\d+:\d+: services\.web\./, '')).toBe(problem);
  });

  it.each(['a.b', 'a-', 'a_'])('must be said of the name %s', (name) => {
    expect(problemsOf(errorOf(() => load(service('', name))))).toEqual([
      `f.yml:2:3: services.${name}: "${name}" is no service name`,
    ]);
  });

  it('must be said of a name that is too long together with that of its stack', () => {
    const name = 'a'.repeat(60);
    const options = { resolvePath: (path: string) => path, secretNames: {}, configNames: {}, env: {} };
    const loaded = load(service('', name));
    expect(convertStack(loaded, { ...options, stack: 'ab' }).services).toHaveLength(1);
    expect(errorOf(() => convertStack(loaded, { ...options, stack: 'abc' })).message).toBe(
      `services.${name}: "abc_${name}" is longer than the 63 characters that Swarm takes`,
    );
  });

  it.each(['["80:80/tcp", "80:80/udp"]', '["80", "80/udp"]', '[{target: 80}, {target: 81}]'])(
    'must not be said of the ports %s',
    (ports) => {
      expect(Object.keys(load(service(`ports: ${ports}`)).services)).toEqual(['web']);
    },
  );
});
