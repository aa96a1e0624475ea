/** Stack files as they should be: every key of Compose v3 in every form, and the newer keys people write for a Swarm. */

import type { Dice } from './dice.js';
import { copyOf, Raw } from './yaml-writer.js';

type Maker = (dice: Dice) => unknown;
type Mapping = Record<string, unknown>;

const SERVICES = ['web', 'api', 'db', 'worker'];
const NETWORKS = ['front', 'back'];
const VOLUMES = ['data', 'cache'];
const SECRETS = ['password', 'key'];
const CONFIGS = ['settings', 'site'];

/** Files that a stack file may refer to; cases.ts writes them. */
export const ENV_FILES = ['web.env', 'more.env'];
export const COMMON_FILE = 'common.yml';
export const INCLUDED_FILE = 'included.yml';

const oneOf =
  (...choices: unknown[]): Maker =>
  (dice) => {
    const choice = dice.pick(choices);
    return typeof choice === 'function' ? (choice as Maker)(dice) : choice;
  };
const listOf =
  (item: Maker, most = 3): Maker =>
  (dice) =>
    Array.from({ length: 1 + dice.below(most) }, () => item(dice));
/** The same with nothing in it twice. */
const setOf =
  (...items: unknown[]): Maker =>
  (dice) =>
    dice.some(items, 0.5).map((item) => (typeof item === 'function' ? (item as Maker)(dice) : item));
/** Each key with even chances. */
const mapOf =
  (
    shape: Record<string, Maker>,
    probability = 0.5,
    always: readonly string[] = [],
  ): ((dice: Dice) => Mapping) =>
  (dice) =>
    Object.fromEntries(
      Object.entries(shape)
        .filter(([key]) => always.includes(key) || dice.chance(probability))
        .map(([key, make]) => [key, make(dice)]),
    );

const flag = oneOf(true, false);
const count: Maker = (dice) => dice.below(8);
const duration = oneOf('10s', '1m30s', '500ms', '1h', '0s', '2us', '1.5h');
/** A health check is made at most once a millisecond. */
const span = oneOf('10s', '1m30s', '500ms', '0s');
const size = oneOf('64M', '1G', '5120k', '1gb', '20mb');
const id = oneOf('0', '1000', '103');
const variable = oneOf(
  '$TAG',
  '${TAG}',
  '${TAG:-x}',
  '${EMPTY-y}',
  '${UNSET:-z}',
  'a$$b',
  '${TAG}-${NUMBER}',
);

const pairs = (value: Maker): Maker =>
  oneOf(
    (dice: Dice) =>
      Object.fromEntries(dice.some(['A', 'B_C', 'd.e', 'f/g'], 0.6).map((key) => [key, value(dice)])),
    (dice: Dice) => dice.some(['A', 'B_C', 'd.e'], 0.6).map((key) => `${key}=${dice.pick(['1', 'b=c', ''])}`),
  );
const labels = pairs(oneOf('x', '', 'a b', variable));
const command = oneOf(
  'sleep 3600',
  `sh -c 'echo "a b"'`,
  'a\\ b c',
  listOf(oneOf('sh', '-c', 'echo $$HOME', '--x=1')),
);

const ports = setOf(
  '80',
  '8080:80',
  '53:53/udp',
  '3000-3002',
  '9000-9002:80-82',
  '127.0.0.1:8001:8001',
  8000,
  mapOf(
    {
      target: oneOf(80, 443),
      published: oneOf(8443, 30000),
      protocol: oneOf('tcp', 'udp'),
      mode: oneOf('host', 'ingress'),
    },
    0.6,
    ['target'],
  ),
);

const longMount = oneOf(
  mapOf(
    {
      type: oneOf('bind'),
      source: oneOf('/etc', './conf'),
      target: oneOf('/a', '/b'),
      read_only: flag,
      bind: mapOf({ propagation: oneOf('rprivate', 'shared', 'rslave') }),
    },
    0.6,
    ['type', 'source', 'target'],
  ),
  mapOf(
    {
      type: oneOf('volume'),
      source: oneOf(...VOLUMES),
      target: oneOf('/a', '/b'),
      read_only: flag,
      volume: mapOf({ nocopy: flag }),
    },
    0.6,
    ['type', 'target'],
  ),
  mapOf({ type: oneOf('tmpfs'), target: oneOf('/t'), tmpfs: mapOf({ size: oneOf(1024, 65536) }) }, 0.6, [
    'type',
    'target',
  ]),
);
const mount = oneOf(
  'data:/data',
  'cache:/cache:ro',
  './conf:/conf:ro',
  '/etc:/host:rslave',
  '/anonymous',
  '~/x:/y',
  longMount,
);

const healthcheck = oneOf(
  { disable: true },
  mapOf(
    {
      test: oneOf('curl -f http://localhost', ['CMD', 'true'], ['CMD-SHELL', 'exit 0'], ['NONE']),
      interval: span,
      timeout: span,
      retries: count,
      start_period: span,
    },
    0.6,
    ['test'],
  ),
);

const rollout = (actions: unknown[]): Maker =>
  mapOf({
    parallelism: count,
    delay: duration,
    failure_action: oneOf(...actions),
    monitor: duration,
    max_failure_ratio: oneOf(0, 0.1, 1),
    order: oneOf('start-first', 'stop-first'),
  });

const generic = listOf(() => ({ discrete_resource_spec: { kind: 'gpu', value: 1 } }), 2);

/** A global service has no number of replicas. */
const deploy: Maker = (dice) => {
  const made = mapOf(
    {
      mode: oneOf('replicated', 'global'),
      replicas: count,
      labels,
      endpoint_mode: oneOf('vip', 'dnsrr'),
      update_config: rollout(['pause', 'continue', 'rollback']),
      rollback_config: rollout(['pause', 'continue']),
      resources: mapOf({
        limits: mapOf({ cpus: oneOf('0.5', '2'), memory: size, pids: oneOf(10, 100) }),
        reservations: mapOf({ cpus: oneOf('0.25'), memory: size, generic_resources: generic }),
      }),
      restart_policy: mapOf({
        condition: oneOf('none', 'on-failure', 'any'),
        delay: duration,
        max_attempts: count,
        window: duration,
      }),
      placement: mapOf({
        constraints: listOf(oneOf('node.role == manager', 'node.labels.zone != a')),
        preferences: listOf(() => ({ spread: 'node.labels.zone' })),
        max_replicas_per_node: count,
      }),
    },
    0.35,
  )(dice);
  if (made['mode'] === 'global') delete made['replicas'];
  return made;
};

const references = (names: readonly string[]): Maker =>
  oneOf(
    (dice: Dice) => [dice.pick(names)],
    (dice: Dice) => [
      mapOf(
        {
          source: () => dice.pick(names),
          target: oneOf('/run/x', 'y'),
          uid: id,
          gid: id,
          mode: oneOf(0o444, new Raw('0440')),
        },
        0.6,
        ['source'],
      )(dice),
    ],
  );

const attachment = oneOf(
  null,
  {},
  mapOf({ aliases: setOf('a', 'some-thing', 'größe'), ipv4_address: oneOf('10.1.2.3') }),
);

const service: Record<string, Maker> = {
  image: oneOf(
    'nginx',
    'nginx:1.27',
    'registry.test:5000/shop/web:2@sha256:' + 'ab'.repeat(32),
    '${TAG}',
    '${UNSET:-z}:${NUMBER}',
  ),
  command,
  entrypoint: command,
  environment: pairs(oneOf('x', 1, 2.5, null, variable)),
  env_file: oneOf(...ENV_FILES, (dice: Dice) => dice.some(ENV_FILES, 0.7)),
  hostname: oneOf('h', '{{.Node.Hostname}}'),
  user: oneOf('root', '1000:1000'),
  working_dir: oneOf('/srv'),
  init: flag,
  read_only: flag,
  tty: flag,
  stdin_open: flag,
  stop_signal: oneOf('SIGINT', 'SIGTERM'),
  stop_grace_period: duration,
  labels,
  healthcheck,
  deploy,
  ports,
  volumes: listOf(mount),
  networks: oneOf(
    (dice: Dice) => [dice.pick(NETWORKS)],
    (dice: Dice) => Object.fromEntries(dice.some(NETWORKS, 0.7).map((name) => [name, attachment(dice)])),
    ['default'],
    ['host'],
  ),
  secrets: references(SECRETS),
  configs: references(CONFIGS),
  cap_add: setOf('NET_ADMIN', 'CAP_SYS_TIME', 'ALL'),
  cap_drop: setOf('ALL', 'MKNOD'),
  dns: oneOf('8.8.8.8', ['8.8.8.8', '9.9.9.9']),
  dns_search: oneOf('example.test', ['a.test', 'b.test']),
  extra_hosts: oneOf(['db:10.0.0.1', 'six:::1'], { db: '10.0.0.1' }),
  sysctls: oneOf({ 'net.core.somaxconn': 1024 }, ['net.core.somaxconn=1024']),
  ulimits: oneOf({ nproc: 65535 }, { nofile: { soft: 20000, hard: 40000 } }),
  logging: mapOf({
    driver: oneOf('json-file', 'none'),
    options: oneOf({ 'max-size': '10m', 'max-file': 3 }, {}),
  }),
  isolation: oneOf('default'),
  extends: (dice) => ({ file: COMMON_FILE, service: dice.pick(['base', 'other']) }),
  credential_spec: oneOf({ file: 'spec.json' }, { registry: 'key' }),
  depends_on: oneOf(['db'], { db: { condition: 'service_healthy' } }, []),
  build: oneOf('.', { context: '.', args: ['A=1'] }),
  container_name: oneOf('fixed'),
  restart: oneOf('always', 'unless-stopped'),
  privileged: flag,
  links: oneOf(['db'], ['db:database']),
  expose: oneOf(['80', 81]),
  devices: oneOf(['/dev/a:/dev/b']),
  network_mode: oneOf('bridge'),
  security_opt: oneOf(['no-new-privileges']),
  tmpfs: oneOf('/run', ['/run', '/tmp']),
  shm_size: oneOf('64M', 1024),
  profiles: oneOf(['debug'], []),
  'x-note': oneOf('anything', { a: [1] }),
};

const labelled = { labels, name: oneOf('named', 'x-${NUMBER}') };
const network = oneOf(
  null,
  {},
  { external: true },
  { external: true, name: 'outer' },
  { external: { name: 'outer' } },
  mapOf({
    ...labelled,
    driver: oneOf('overlay'),
    driver_opts: oneOf({ encrypted: 'true', x: 1 }),
    attachable: flag,
    internal: flag,
    ipam: mapOf({ driver: oneOf('default'), config: oneOf([{ subnet: '10.9.0.0/24' }]) }),
  }),
);
const volume = oneOf(
  null,
  {},
  { external: true },
  mapOf({ ...labelled, driver: oneOf('local'), driver_opts: oneOf({ type: 'nfs' }) }),
);
const fileObject = (more: Record<string, Maker>): Maker =>
  oneOf(
    { external: true },
    { external: true, name: 'outer' },
    mapOf({ file: oneOf('./file.txt'), ...more }, 0.4, ['file']),
  );

const all =
  (names: readonly string[], make: Maker): Maker =>
  (dice) =>
    Object.fromEntries(names.map((name) => [name, make(dice)]));

export interface Ambition {
  /** how likely each key of a service is */
  density: number;
  version: string | null;
  /** services of an earlier file that this one only changes; null for a file that stands by itself */
  changes: readonly string[] | null;
  /** declares also what it does not use itself */
  everything: boolean;
}

/** A stack file whose references all lead somewhere, given the files before it. */
export function makeStack(dice: Dice, { density, version, changes, everything }: Ambition): Mapping {
  const names = changes === null ? ['web', ...dice.some(SERVICES, 0.2), 'db'] : dice.some(changes, 0.6);
  const services = Object.fromEntries(
    [...new Set(names)].map((name) => {
      const one = mapOf(service, density, changes === null ? ['image'] : [])(dice);
      settle(name, one, changes !== null);
      return [name, one];
    }),
  );
  const text = JSON.stringify(services);
  const used = (names: readonly string[]) =>
    names.filter((name) => everything || text.includes(name) || dice.chance(0.1));
  const declared = {
    networks: all(used(NETWORKS), network)(dice),
    volumes: all(used(VOLUMES), volume)(dice),
    secrets: all(used(SECRETS), fileObject({ labels }))(dice),
    configs: all(used(CONFIGS), fileObject({ labels, template_driver: oneOf('golang') }))(dice),
  };
  return copyOf({
    ...(version !== null && { version }),
    ...(names.length > 0 && { services }),
    ...(changes === null && declared),
    ...(dice.chance(0.1) && { name: 'shop' }),
    ...(changes === null && dice.chance(0.05) && { include: [INCLUDED_FILE] }),
    'x-common': dice.pick<unknown>([null, 'text', { a: [1] }]),
  });
}

/** What services extend. */
export function makeCommon(dice: Dice): Mapping {
  const base = mapOf({ command, environment: service['environment']!, labels, init: flag }, 0.6);
  return { services: { base: { image: 'nginx', ...base(dice) }, other: { image: 'redis', ...base(dice) } } };
}

/** The included file has names of its own. */
export function makeIncluded(dice: Dice): Mapping {
  return {
    services: { included: mapOf({ image: service['image']!, command, labels }, 0.5, ['image'])(dice) },
  };
}

/** Takes out what excludes each other in one service, or would if it were said of two files together. */
function settle(name: string, one: Mapping, isChange: boolean): void {
  const onHost = Array.isArray(one['networks']) && one['networks'][0] === 'host';
  const { endpoint_mode: mode } = (one['deploy'] ?? {}) as Mapping;
  if (onHost || mode === 'dnsrr') delete one['ports'];
  if (isChange || 'credential_spec' in one) delete one['isolation'];
  if (name === 'db') for (const key of ['depends_on', 'links', 'profiles']) Reflect.deleteProperty(one, key);
  if (isChange)
    for (const key of ['credential_spec', 'deploy', 'healthcheck', 'ports', 'secrets', 'configs'])
      Reflect.deleteProperty(one, key);
  const { volumes } = one;
  // Two mounts on one path are refused, as two targets are.
  if (Array.isArray(volumes)) one['volumes'] = isChange ? [] : volumes.slice(0, 1);
}
