/** The shape of a service in a stack file. */

import {
  anyNumber,
  anyText,
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
  setOf,
  show,
  text,
  wholeNumber,
  type Check,
  type Checked,
} from './check.js';
import { deploy, MAX_REPLICAS } from './compose-deploy.js';
import { IGNORED, IGNORED_NEWER, IGNORED_SHAPE } from './ignored-keys.js';
import { pairs } from './pairs.js';
import { ports } from './ports.js';
import { shellWords } from './shell-words.js';
import { volumes } from './volumes.js';

/** Words of a command; text is split as a shell would do it. */
const words = by<string[]>((value) => (Array.isArray(value) ? listOf(anyText) : commandLine));

const commandLine: Check<string[]> = (value, path, checking) => {
  const line = anyText(value, path, checking);
  if (line === undefined) return undefined;
  return (
    shellWords(line) ??
    checking.report(path, `a quote is never closed: ${line}`, 'Close it, or write the command as a list.')
  );
};

const oneOrManyTexts = by<string[]>((value) =>
  Array.isArray(value)
    ? setOf(text)
    : (one, path, checking) => {
        const checked = text(one, path, checking);
        return checked === undefined ? undefined : [checked];
      },
);

const HEALTH_TESTS = ['CMD', 'CMD-SHELL', 'NONE'];

const healthTest: Check<string[]> = (value, path, checking) => {
  if (!Array.isArray(value)) {
    const line = anyText(value, path, checking);
    return line === undefined ? undefined : ['CMD-SHELL', line];
  }
  const list = listOf(anyText)(value, path, checking);
  const [first] = list ?? [];
  if (first !== undefined && !HEALTH_TESTS.includes(first)) {
    checking.warn(
      path,
      `${path.join('.')}: ${show(first)} is none of ${HEALTH_TESTS.join(', ')}: an Engine runs no such health check`,
    );
  }
  return list;
};

const healthcheckShape = object(
  {
    test: healthTest,
    interval: duration,
    timeout: duration,
    start_period: duration,
    start_interval: duration,
    retries: anyNumber,
    disable: flag,
  },
  { since: { start_period: 4, start_interval: 12 } },
);
const healthcheck: Check<Checked<typeof healthcheckShape>> = (value, path, checking) => {
  const checked = healthcheckShape(value, path, checking);
  if (checked?.retries === undefined) return checked;
  if (checked.retries < 0)
    checking.report([...path, 'retries'], `must be at least 0, got ${checked.retries}`);
  return { ...checked, retries: Math.trunc(checked.retries) };
};

export interface FileReference {
  source?: string;
  target?: string;
  uid?: string;
  gid?: string;
  mode?: number;
}

const fileMode: Check<number> = (value, path, checking) => {
  const mode = wholeNumber(0, 0xffff_ffff)(value, path, checking);
  if (mode !== undefined && mode > 0o7777) {
    checking.warn(
      path,
      `${path.join('.')}: ${show(value)} is no mode of a file: write it with a leading zero, 0440`,
    );
  }
  return mode;
};

const longReference = object(
  { source: text, target: text, uid: anyText, gid: anyText, mode: fileMode },
  { required: ['source'], open: true },
);

const fileReference = by<FileReference>((value) =>
  isRecord(value)
    ? longReference
    : (short, path, checking) => {
        const source = text(short, path, checking);
        return source === undefined ? undefined : { source };
      },
);

const ADDRESS = 'Swarm gives addresses itself';

const attachment = object(
  { aliases: setOf(text), driver_opts: mapOf(scalarText) },
  {
    since: {
      driver_opts: 13,
      link_local_ips: null,
      priority: null,
      gw_priority: null,
      mac_address: null,
      interface_name: null,
    },
    ignored: {
      ipv4_address: ADDRESS,
      ipv6_address: ADDRESS,
      link_local_ips: ADDRESS,
      mac_address: ADDRESS,
      priority: true,
      gw_priority: true,
      interface_name: true,
    },
  },
);

const attachments = by<Record<string, Checked<typeof attachment> | null>>((value) =>
  Array.isArray(value)
    ? (list, path, checking) =>
        Object.fromEntries((setOf(text)(list, path, checking) ?? []).map((name) => [name, null]))
    : mapOf(orNull(attachment)),
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

/** `host:address` entries. */
const extraHosts = by<string[]>((value) =>
  Array.isArray(value)
    ? setOf(text)
    : (map, path, checking) =>
        Object.entries(mapOf(orNull(text))(map, path, checking) ?? {})
          .flatMap(([host, address]) => (address === null ? [] : `${host}:${address}`))
          .sort(),
);

export type DependencyCondition = 'started' | 'healthy' | 'completed';

const CONDITIONS: Readonly<Record<string, DependencyCondition>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

const dependency = object({
  condition: oneOf('service_started', 'service_healthy', 'service_completed_successfully'),
  /** whether it is a fault when there is no such service */
  required: flag,
  restart: flag,
});

export interface Dependency {
  condition: DependencyCondition;
  /** false for all of the short form */
  required: boolean;
}

const dependencies: Check<Record<string, Dependency>> = (value, path, checking) => {
  if (!isRecord(value)) {
    const names = oneOrManyTexts(value, path, checking);
    return (
      names && Object.fromEntries(names.map((name) => [name, { condition: 'started', required: false }]))
    );
  }
  if (!checking.tolerate(path, 'a list', value)) return undefined;
  const long = mapOf(orNull(dependency))(value, path, checking) ?? {};
  return Object.fromEntries(
    Object.entries(long).map(([name, declared]) => [
      name,
      {
        condition: CONDITIONS[declared?.condition ?? 'service_started'] ?? 'started',
        required: declared?.required ?? true,
      },
    ]),
  );
};

const envFileForm = object({ path: text, required: flag, format: oneOf('raw') }, { required: ['path'] });

export interface EnvFile {
  path?: string;
  required?: boolean;
  format?: 'raw';
}

const envFile: Check<EnvFile> = (value, path, checking) => {
  if (isRecord(value)) {
    return checking.tolerate(path, 'text', value) ? envFileForm(value, path, checking) : undefined;
  }
  const name = text(value, path, checking);
  return name === undefined ? undefined : { path: name };
};

const envFiles = by<EnvFile[]>((value) =>
  Array.isArray(value)
    ? setOf(envFile)
    : (one, path, checking) => {
        const file = envFile(one, path, checking);
        return file === undefined ? undefined : [file];
      },
);

const CPUS = 'Use deploy.resources.limits.cpus.';
const MEMORY = 'Use deploy.resources.limits.memory.';

export const service = object(
  {
    image: text,
    command: words,
    entrypoint: words,
    environment: pairs,
    env_file: envFiles,
    depends_on: dependencies,
    hostname: anyText,
    user: anyText,
    working_dir: text,
    init: flag,
    isolation: text,
    read_only: flag,
    restart: text,
    tty: flag,
    stdin_open: flag,
    stop_signal: anyText,
    stop_grace_period: duration,
    labels: pairs,
    healthcheck,
    deploy,
    ports,
    volumes,
    networks: attachments,
    secrets: listOf(fileReference),
    configs: listOf(fileReference),
    credential_spec: object({ config: text, file: text, registry: text }, { since: { config: 8 } }),
    cap_add: setOf(text),
    cap_drop: setOf(text),
    dns: oneOrManyTexts,
    dns_search: oneOrManyTexts,
    extra_hosts: extraHosts,
    sysctls: pairs,
    ulimits,
    logging: object({ driver: text, options: mapOf(orNull(scalarText)) }),
    /** replicas, where deploy does not say them */
    scale: wholeNumber(0, MAX_REPLICAS),
    profiles: listOf(text),
  },
  {
    refused: {
      extends: 'Write the keys out, or share them by a YAML anchor: "<<: *common".',
      volume_driver: 'Name the driver at the top-level volume.',
      volumes_from: 'Mount a named volume in both services.',
      cpu_count: CPUS,
      cpu_percent: CPUS,
      cpu_period: CPUS,
      cpu_quota: CPUS,
      cpu_rt_period: CPUS,
      cpu_rt_runtime: CPUS,
      cpu_shares: 'Use deploy.resources.reservations.cpus.',
      cpus: CPUS,
      cpuset: CPUS,
      mem_limit: MEMORY,
      mem_reservation: 'Use deploy.resources.reservations.memory.',
      mem_swappiness: MEMORY,
      memswap_limit: MEMORY,
      pids_limit: 'Use deploy.resources.limits.pids.',
      provider: 'Run it outside of the stack.',
      models: 'Run it as a service of the stack.',
      label_file: 'Write the labels out.',
    },
    ignored: { ...IGNORED, ...IGNORED_NEWER },
    strictly: IGNORED_SHAPE,
    since: {
      ...Object.fromEntries(Object.keys(IGNORED_NEWER).map((key) => [key, null])),
      scale: null,
      profiles: null,
      secrets: 1,
      configs: 3,
      credential_spec: 3,
      isolation: 5,
      init: 7,
      cgroupns_mode: 9,
      oom_score_adj: 13,
    },
    nullable: ['deploy', 'pid'],
    extensions: 7,
  },
);
export type ComposeService = Checked<typeof service>;
