/** The task template of a service: what each of its containers is made from. */

import { UserError } from '../errors.js';
import type { Healthcheck, NetworkAttachment, TaskSpec } from '../swarm/objects.js';
import type { ComposeFile, ComposeService, FileReference } from './compose.js';
import type { LoadedStack } from './load.js';
import { convertMounts } from './mounts.js';
import { externalName, NAMESPACE_LABEL } from './names.js';
import { shellWords } from './shell-words.js';

export interface ConvertOptions {
  stack: string;
  /** a path as written in the stack file, made absolute */
  resolvePath: (path: string) => string;
  /** secret and config keys -> names in the Swarm; contents decide the names, and reading is not done here */
  secretNames: Readonly<Record<string, string>>;
  configNames: Readonly<Record<string, string>>;
  /** what stands in for a key without a value under `environment` */
  env: Readonly<Record<string, string | undefined>>;
}

export const PREDEFINED_NETWORKS = new Set(['host', 'bridge', 'none']);

/** A service that names no network is on the stack's default one. */
export function networkKeys(service: ComposeService): string[] {
  const keys = Object.keys(service.networks ?? {});
  return keys.length === 0 ? ['default'] : keys;
}

function networkName(key: string, file: ComposeFile, stack: string): string {
  if (PREDEFINED_NETWORKS.has(key)) return key;
  const declared = file.networks?.[key] ?? {};
  return externalName(declared, key) ?? declared.name ?? `${stack}_${key}`;
}

/** @throws UserError for a mount, command or health check that cannot be understood */
export function convertTask(
  key: string,
  service: ComposeService,
  loaded: LoadedStack,
  options: ConvertOptions,
): TaskSpec {
  const deploy = service.deploy ?? {};
  const place = (...path: (string | number)[]) => loaded.place(['services', key, ...path]);
  const { limits, reservations } = deploy.resources ?? {};
  const restart = deploy.restart_policy;
  const placement = deploy.placement;
  return {
    ContainerSpec: {
      Image: service.image ?? '',
      Labels: { ...withValues(service.labels), [NAMESPACE_LABEL]: options.stack },
      ...maybe('Command', words(service.entrypoint, place('entrypoint'))),
      ...maybe('Args', words(service.command, place('command'))),
      ...maybe('Hostname', service.hostname),
      Env: environment(service.environment ?? {}, options.env),
      ...maybe('Dir', service.working_dir),
      ...maybe('User', service.user),
      ...maybe('TTY', service.tty),
      ...maybe('OpenStdin', service.stdin_open),
      ...maybe('ReadOnly', service.read_only),
      ...maybe('Init', service.init),
      ...maybe('StopSignal', service.stop_signal),
      ...maybe('StopGracePeriod', service.stop_grace_period),
      ...maybe('Healthcheck', convertHealthcheck(service.healthcheck, place('healthcheck', 'test'))),
      ...maybe(
        'Hosts',
        service.extra_hosts?.map((entry) => hostsLine(entry)),
      ),
      ...maybe('CapabilityAdd', service.cap_add?.map(capability).sort()),
      ...maybe('CapabilityDrop', service.cap_drop?.map(capability).sort()),
      ...maybe('Sysctls', service.sysctls === undefined ? undefined : withValues(service.sysctls)),
      ...maybe(
        'Ulimits',
        service.ulimits === undefined
          ? undefined
          : Object.entries(service.ulimits)
              .map(([Name, { soft = 0, hard = 0 }]) => ({ Name, Soft: soft, Hard: hard }))
              .sort((a, b) => (a.Name < b.Name ? -1 : 1)),
      ),
      ...((service.dns ?? service.dns_search) !== undefined && {
        DNSConfig: { ...maybe('Nameservers', service.dns), ...maybe('Search', service.dns_search) },
      }),
      Mounts: convertMounts(service.volumes ?? [], {
        stack: options.stack,
        volumes: loaded.file.volumes ?? {},
        resolvePath: options.resolvePath,
        place: (index) => place('volumes', index),
      }),
      Secrets: fileTargets(service.secrets).map((File, index) => ({
        File,
        SecretID: '',
        SecretName: options.secretNames[service.secrets?.[index]?.source ?? ''] ?? '',
      })),
      Configs: fileTargets(service.configs).map((File, index) => ({
        File,
        ConfigID: '',
        ConfigName: options.configNames[service.configs?.[index]?.source ?? ''] ?? '',
      })),
    },
    Resources: {
      Limits: {
        ...maybe('NanoCPUs', limits?.cpus),
        ...maybe('MemoryBytes', limits?.memory),
        ...maybe('Pids', limits?.pids),
      },
      Reservations: {
        ...maybe('NanoCPUs', reservations?.cpus),
        ...maybe('MemoryBytes', reservations?.memory),
      },
    },
    ...(restart !== undefined && {
      RestartPolicy: {
        ...maybe('Condition', restart.condition),
        ...maybe('Delay', restart.delay),
        ...maybe('MaxAttempts', restart.max_attempts),
        ...maybe('Window', restart.window),
      },
    }),
    Placement: {
      ...maybe('Constraints', placement?.constraints),
      ...maybe(
        'Preferences',
        placement?.preferences?.map(({ spread = '' }) => ({ Spread: { SpreadDescriptor: spread } })),
      ),
      ...maybe('MaxReplicas', placement?.max_replicas_per_node),
    },
    Networks: networkKeys(service)
      .map((name): NetworkAttachment => ({
        Target: networkName(name, loaded.file, options.stack),
        ...(!PREDEFINED_NETWORKS.has(name) && {
          Aliases: [...(service.networks?.[name]?.aliases ?? []), key],
        }),
      }))
      .sort((a, b) => (a.Target < b.Target ? -1 : 1)),
    ...(service.logging !== undefined && {
      LogDriver: { ...maybe('Name', service.logging.driver), ...maybe('Options', service.logging.options) },
    }),
  };
}

function words(value: string | string[] | undefined, place: string): string[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  const split = shellWords(value);
  if (split === null) {
    throw new UserError(`a quote is never closed: ${value}`, {
      place,
      hint: 'Close it, or give a list of words.',
    });
  }
  return split;
}

function environment(
  entries: Record<string, string | null>,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  return Object.entries(entries)
    .map(([key, value]) => {
      const known = value ?? env[key];
      return known === undefined ? key : `${key}=${known}`;
    })
    .sort();
}

function convertHealthcheck(declared: ComposeService['healthcheck'], place: string): Healthcheck | undefined {
  if (declared === undefined) return undefined;
  if (declared.disable === true) return { Test: ['NONE'] };
  const { test } = declared;
  const list = typeof test === 'string' ? ['CMD-SHELL', test] : test;
  if (list !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(list[0] ?? '')) {
    throw new UserError(`healthcheck.test must begin with CMD, CMD-SHELL or NONE, got "${list[0] ?? ''}"`, {
      place,
      hint: 'Write ["CMD", "program", "argument"], or the command as one text.',
    });
  }
  return {
    ...maybe('Test', list),
    ...maybe('Interval', declared.interval),
    ...maybe('Timeout', declared.timeout),
    ...maybe('StartPeriod', declared.start_period),
    ...maybe('StartInterval', declared.start_interval),
    ...maybe('Retries', declared.retries),
  };
}

/** Compose writes `host:address`, the Engine `address host`. An address may hold colons itself. */
function hostsLine(entry: string): string {
  const at = entry.search(/[:=]/);
  return `${entry.slice(at + 1).replace(/^\[|\]$/g, '')} ${entry.slice(0, at)}`;
}

function capability(name: string): string {
  const upper = name.toUpperCase();
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}

function fileTargets(references: FileReference[] | undefined) {
  return (references ?? []).map(({ source = '', target, uid = '0', gid = '0', mode = 0o444 }) => ({
    Name: target ?? source,
    UID: uid,
    GID: gid,
    Mode: mode,
  }));
}

/** The pair, or nothing: an absent key is not the same as one that is undefined. */
export function maybe<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

/** A label or setting without a value has an empty one. */
export function withValues(entries: Record<string, string | null> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(entries ?? {}).map(([key, value]) => [key, value ?? '']));
}
