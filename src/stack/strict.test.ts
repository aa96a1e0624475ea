import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { loadStack } from './load.js';

const load = (text: string, strict: boolean) => loadStack([{ name: 'f.yml', text }], { env: {}, strict });

/** A file of this version with one service of these keys, written in braces. */
const file = (keys: string, version = '3.13', top = '') =>
  `version: "${version}"\nservices: {web: {image: nginx${keys === '' ? '' : `, ${keys}`}}}\n${top}`;

describe('a strict reading', () => {
  it.each([
    ['scale: 2', 'scale: unknown key in Compose 3'],
    ['annotations: {a: b}', 'annotations: unknown key in Compose 3'],
    ['pull_policy: always', 'pull_policy: unknown key in Compose 3'],
    ['platform: linux/amd64', 'platform: unknown key in Compose 3'],
    ['develop: {}', 'develop: unknown key in Compose 3'],
    ['depends_on: {db: {required: false}}', 'depends_on: must be a list, got {"db":{"required":false}}'],
    ['environment: {A: true}', 'environment.A: must be text or a number, got true'],
    ['labels: {A: false}', 'labels.A: must be text or a number, got false'],
    ['ports: [{target: 80, published: "80"}]', 'ports.0.published: must be a whole number, got "80"'],
    ['ports: [{target: 80, host_ip: 127.0.0.1}]', 'ports.0.host_ip: unknown key in Compose 3'],
    ['deploy: {resources: {limits: {cpus: 0.5}}}', 'deploy.resources.limits.cpus: must be text, got 0.5'],
    [
      'deploy: {resources: {limits: {memory: 5000000}}}',
      'deploy.resources.limits.memory: must be text, got 5000000',
    ],
    [
      'deploy: {resources: {reservations: {devices: []}}}',
      'deploy.resources.reservations.devices: unknown key in Compose 3',
    ],
    ['user: 1000', 'user: must be text, got 1000'],
    ['command: [1]', 'command.0: must be text, got 1'],
    [
      'volumes: [{type: tmpfs, target: /t, tmpfs: {size: 64M}}]',
      'volumes.0.tmpfs.size: must be a whole number of bytes, got "64M"',
    ],
    ['networks: [host]', 'networks.host: there is no network "host" in this file'],
    ['ports: ', 'ports: is empty'],
    ['privileged: "yes"', 'privileged: must be true or false, got "yes"'],
  ])('with %s must be refused, and a plain one must take it', (keys, problem) => {
    const [first = ''] = problemsOf(errorOf(() => load(file(keys), true)));
    expect(first.replace(/^f\.yml:\d+:\d+: services\.web\./, '')).toBe(problem);
    expect(Object.keys(load(file(keys), false).services)).toEqual(['web']);
  });

  it.each([
    ['3.6', 'init: true', 'init', '3.7'],
    ['3.4', 'isolation: process', 'isolation', '3.5'],
    ['3.2', 'credential_spec: {file: x}', 'credential_spec', '3.3'],
    ['3.6', 'deploy: {rollback_config: {}}', 'deploy.rollback_config', '3.7'],
    [
      '3.7',
      'deploy: {placement: {max_replicas_per_node: 1}}',
      'deploy.placement.max_replicas_per_node',
      '3.8',
    ],
    ['3.8', 'deploy: {resources: {limits: {pids: 1}}}', 'deploy.resources.limits.pids', '3.9'],
    ['3.11', 'healthcheck: {start_interval: 1s}', 'healthcheck.start_interval', '3.12'],
    ['3.12', 'networks: {default: {driver_opts: {}}}', 'networks.default.driver_opts', '3.13'],
    ['3.6', 'x-note: 1', 'x-note', '3.7'],
  ])('of version %s must refuse %s', (version, keys, path, since) => {
    const error = errorOf(() => load(file(keys, version), true));
    expect(error.message).toBe(`services.web.${path}: unknown key in Compose ${version}`);
    expect(error.hint).toBe(`Write version: "${since}" or later. Without --strict it is taken.`);
    expect(Object.keys(load(file(keys, since), true).services)).toEqual(['web']);
    expect(Object.keys(load(file(keys, version), false).services)).toEqual(['web']);
  });

  it.each([
    ['name: shop', 'name: unknown key in Compose 3'],
    ['configs: {a: {content: x}}', 'configs.a.content: unknown key in Compose 3'],
    ['configs: {a: {environment: X}}', 'configs.a.environment: unknown key in Compose 3'],
    ['secrets: {a: {environment: X}}', 'secrets.a.environment: unknown key in Compose 3'],
    ['networks: {a: {enable_ipv6: true}}', 'networks.a.enable_ipv6: unknown key in Compose 3'],
    [
      'networks: {a: {ipam: {config: [{gateway: 10.0.0.1}]}}}',
      'networks.a.ipam.config.0.gateway: unknown key in Compose 3',
    ],
  ])('must refuse the top-level %s', (top, problem) => {
    const [first = ''] = problemsOf(errorOf(() => load(file('', '3.13', top), true)));
    expect(first.replace(/^f\.yml:\d+:\d+: /, '')).toBe(problem);
    expect(Object.keys(load(file('', '3.13', top), false).services)).toEqual(['web']);
  });

  it.each(['2', '2.4', '3.14', '4', 'x'])('and a plain one must refuse version %s', (version) => {
    for (const strict of [true, false]) {
      expect(errorOf(() => load(file('', version), strict)).message).toBe(
        `version: unsupported Compose file version: "${version}"`,
      );
    }
  });
});

describe('keys that contradict each other', () => {
  it.each([
    ['volumes: {v: {external: true, driver: x}}', 'volumes.v.driver: contradicts "external"'],
    ['volumes: {v: {external: true, labels: [a]}}', 'volumes.v.labels: contradicts "external"'],
    ['networks: {n: {external: {name: a}, name: b}}', 'networks.n.external.name: contradicts "name"'],
    ['secrets: {s: {file: a, driver: b}}', 'secrets.s.driver: contradicts "file"'],
    ['configs: {c: {file: a, content: b}}', 'configs.c.content: contradicts "file"'],
  ])('must be refused: %s', (top, problem) => {
    const [first = ''] = problemsOf(errorOf(() => load(file('', '3.13', top), false)));
    expect(first.replace(/^f\.yml:\d+:\d+: /, '')).toBe(problem);
  });

  it.each([
    ['volumes: [{type: tmpfs, source: a, target: /a}]', 'volumes.0.source: a tmpfs has no source'],
    [
      'volumes: [{type: bind, source: /a, target: /a, volume: {nocopy: true}}]',
      'volumes.0.volume: does not go with "type: bind"',
    ],
    ['volumes: ["./a:/a:nocopy"]', 'volumes.0.volume: does not go with "type: bind"'],
    ['credential_spec: {file: a, registry: b}', 'credential_spec: "file" and "registry" exclude each other'],
    ['credential_spec: {config: a}', 'credential_spec.config: there is no config "a" in this file'],
    ['restart: sometimes', 'restart: unknown restart policy "sometimes"'],
    ['restart: "on-failure:x"', 'restart: unknown restart policy "on-failure:x"'],
    ['image: "NO image"', 'image: "NO image" is no image'],
    ['cap_add: [a, a]', 'cap_add.1: "a" is in this list already'],
    ['ports: [80, 80]', 'ports.1: 80 is in this list already'],
    [
      'deploy: {resources: {limits: {memory: 1M}}}',
      'deploy.resources.limits.memory: must be at least 4M, got "1M"',
    ],
    [
      'deploy: {resources: {limits: {cpus: "0.0001"}}}',
      'deploy.resources.limits.cpus: must be at least 0.001, got "0.0001"',
    ],
    [
      'deploy: {resources: {limits: {cpus: "0.0012345678901"}}}',
      'deploy.resources.limits.cpus: is finer than a billionth of a core: "0.0012345678901"',
    ],
    [
      'deploy: {update_config: {max_failure_ratio: 2}}',
      'deploy.update_config.max_failure_ratio: must be from 0 to 1, got 2',
    ],
  ])('must be refused in a service: %s', (keys, problem) => {
    const [first = ''] = problemsOf(
      errorOf(() =>
        load(
          `services:\n  web:\n    image: nginx\n    ${keys}`.replace(/image: nginx\n {4}(?=image)/, ''),
          false,
        ),
      ),
    );
    expect(first.replace(/^f\.yml:\d+:\d+: services\.web\./, '')).toBe(problem);
  });
});
