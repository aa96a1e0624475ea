/** The shape of a stack file: the keys of Compose v3 that mean something in a Swarm. */

import {
  anyNumber,
  by,
  duration,
  flag,
  isRecord,
  listOf,
  mapOf,
  object,
  oneOf,
  orNull,
  scalarText,
  show,
  size,
  text,
  wholeNumber,
  type Check,
  type Checked,
} from './check.js';

const MAX_REPLICAS = 1_000_000;

const textOrList = by<string | string[]>((value) => (Array.isArray(value) ? listOf(scalarText) : text));
const oneOrManyTexts = by<string[]>((value) =>
  Array.isArray(value)
    ? listOf(text)
    : (one, path, checking) => {
        const checked = text(one, path, checking);
        return checked === undefined ? undefined : [checked];
      },
);

/** `KEY=value` entries or a mapping; a key without a value is null. */
const pairs = by<Record<string, string | null>>((value) =>
  Array.isArray(value)
    ? (list, path, checking) => {
        const entries = listOf(text)(list, path, checking) ?? [];
        return Object.fromEntries(
          entries.map((entry) => {
            const at = entry.indexOf('=');
            return at < 0 ? [entry, null] : [entry.slice(0, at), entry.slice(at + 1)];
          }),
        );
      }
    : mapOf(orNull(scalarText)),
);

const healthcheck = object({
  test: textOrList,
  interval: duration,
  timeout: duration,
  start_period: duration,
  start_interval: duration,
  retries: wholeNumber(),
  disable: flag,
});

const updateConfig = object({
  parallelism: wholeNumber(),
  delay: duration,
  failure_action: oneOf('pause', 'continue', 'rollback'),
  monitor: duration,
  max_failure_ratio: anyNumber,
  order: oneOf('stop-first', 'start-first'),
});

const rollbackConfig = object({
  parallelism: wholeNumber(),
  delay: duration,
  failure_action: oneOf('pause', 'continue'),
  monitor: duration,
  max_failure_ratio: anyNumber,
  order: oneOf('stop-first', 'start-first'),
});

/** NanoCPUs. */
const cpus: Check<number> = (value, path, checking) => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0
    ? Math.round(number * 1e9)
    : checking.report(path, `must be a number of cores, got ${show(value)}`, 'Write it as text: "0.5".');
};

const deploy = object({
  mode: oneOf('replicated', 'global', 'replicated-job', 'global-job'),
  replicas: wholeNumber(0, MAX_REPLICAS),
  labels: pairs,
  endpoint_mode: oneOf('vip', 'dnsrr'),
  update_config: updateConfig,
  rollback_config: rollbackConfig,
  resources: object({
    limits: object({ cpus, memory: size, pids: wholeNumber() }),
    reservations: object({ cpus, memory: size }),
  }),
  restart_policy: object({
    condition: oneOf('none', 'on-failure', 'any'),
    delay: duration,
    max_attempts: wholeNumber(),
    window: duration,
  }),
  placement: object({
    constraints: listOf(text),
    preferences: listOf(object({ spread: text })),
    max_replicas_per_node: wholeNumber(),
  }),
});

const longPort = object(
  {
    target: wholeNumber(1, 65_535),
    published: wholeNumber(1, 65_535),
    protocol: oneOf('tcp', 'udp', 'sctp'),
    mode: oneOf('ingress', 'host'),
  },
  { required: ['target'] },
);
export type LongPort = Checked<typeof longPort>;

const port = by<string | LongPort>((value) => (isRecord(value) ? longPort : scalarText));

const longVolume = object(
  {
    type: oneOf('volume', 'bind', 'tmpfs'),
    source: text,
    target: text,
    read_only: flag,
    bind: object({ propagation: text }),
    volume: object({ nocopy: flag }),
    tmpfs: object({ size }),
  },
  { required: ['type', 'target'] },
);
export type LongVolume = Checked<typeof longVolume>;

const fileReference = by<{ source?: string; target?: string; uid?: string; gid?: string; mode?: number }>(
  (value) =>
    isRecord(value)
      ? object(
          { source: text, target: text, uid: text, gid: text, mode: wholeNumber(0, 0o7777) },
          { required: ['source'] },
        )
      : (short, path, checking) => {
          const source = text(short, path, checking);
          return source === undefined ? undefined : { source };
        },
);
export type FileReference = Checked<typeof fileReference>;

const attachments = by<Record<string, { aliases?: string[] } | null>>((value) =>
  Array.isArray(value)
    ? (list, path, checking) =>
        Object.fromEntries((listOf(text)(list, path, checking) ?? []).map((name) => [name, null]))
    : mapOf(orNull(object({ aliases: listOf(text) }))),
);

const ulimits = mapOf(
  by<{ soft?: number; hard?: number }>((value) =>
    isRecord(value)
      ? object({ soft: wholeNumber(-1), hard: wholeNumber(-1) }, { required: ['soft', 'hard'] })
      : (one, path, checking) => {
          const limit = wholeNumber(-1)(one, path, checking);
          return limit === undefined ? undefined : { soft: limit, hard: limit };
        },
  ),
);

const extraHosts = by<string[]>((value) =>
  Array.isArray(value)
    ? listOf(text)
    : (map, path, checking) =>
        Object.entries(mapOf(text)(map, path, checking) ?? {})
          .map(([host, address]) => `${host}:${address}`)
          .sort(),
);

/** Service keys that a Swarm does not look at, to warn about. */
export const WITHOUT_EFFECT: readonly string[] = [
  'build',
  'cgroup_parent',
  'container_name',
  'depends_on',
  'devices',
  'domainname',
  'expose',
  'external_links',
  'ipc',
  'links',
  'mac_address',
  'network_mode',
  'pid',
  'privileged',
  'restart',
  'security_opt',
  'shm_size',
  'userns_mode',
];

const service = object(
  {
    image: text,
    command: textOrList,
    entrypoint: textOrList,
    environment: pairs,
    hostname: text,
    user: scalarText,
    working_dir: text,
    init: flag,
    read_only: flag,
    tty: flag,
    stdin_open: flag,
    stop_signal: text,
    stop_grace_period: duration,
    labels: pairs,
    healthcheck,
    deploy,
    ports: listOf(port),
    volumes: listOf(by<string | LongVolume>((value) => (isRecord(value) ? longVolume : text))),
    networks: attachments,
    secrets: listOf(fileReference),
    configs: listOf(fileReference),
    cap_add: listOf(text),
    cap_drop: listOf(text),
    dns: oneOrManyTexts,
    dns_search: oneOrManyTexts,
    extra_hosts: extraHosts,
    sysctls: pairs,
    ulimits,
    logging: object({ driver: text, options: mapOf(scalarText) }),
  },
  {
    required: ['image'],
    refused: {
      extends: 'Write the keys out, or share them by a YAML anchor: "<<: *common".',
      volume_driver: 'Name the driver at the top-level volume.',
      volumes_from: 'Mount a named volume in both services.',
      cpu_quota: 'Use deploy.resources.limits.cpus.',
      cpu_shares: 'Use deploy.resources.reservations.cpus.',
      cpuset: 'Use deploy.resources.limits.cpus.',
      mem_limit: 'Use deploy.resources.limits.memory.',
      memswap_limit: 'Use deploy.resources.limits.memory.',
      env_file: 'This version reads no env_file: write the values under environment.',
      credential_spec: 'This version does not support credential_spec.',
    },
    ignored: WITHOUT_EFFECT,
  },
);
export type ComposeService = Checked<typeof service>;

const external = by<boolean | { name?: string }>((value) =>
  isRecord(value) ? object({ name: text }) : flag,
);

const network = object({
  name: text,
  external,
  driver: text,
  driver_opts: mapOf(scalarText),
  attachable: flag,
  internal: flag,
  labels: pairs,
  ipam: object({ driver: text, config: listOf(object({ subnet: text })) }),
});
export type ComposeNetwork = Checked<typeof network>;

const volume = object({ name: text, external, driver: text, driver_opts: mapOf(scalarText), labels: pairs });
export type ComposeVolume = Checked<typeof volume>;

const secret = object({
  name: text,
  external,
  file: text,
  labels: pairs,
  'x-scalectl-generate': flag,
});
const config = object({ name: text, external, file: text, labels: pairs, template_driver: oneOf('golang') });
export type ComposeFileObject = Checked<typeof secret> & Checked<typeof config>;

export const composeFile = object(
  {
    version: text,
    services: mapOf(service),
    networks: mapOf(orNull(network)),
    volumes: mapOf(orNull(volume)),
    secrets: mapOf(secret),
    configs: mapOf(config),
  },
  { required: ['services'] },
);
export type ComposeFile = Checked<typeof composeFile>;
