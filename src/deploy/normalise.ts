/**
 * Service specs in a form that can be compared: the Engine's defaults filled in, what it adds by itself left out, lists
 * without an order sorted or keyed, ids turned into names.
 */

import { STATE_LABELS } from '../policy/keys.js';
import type {
  ContainerSpec,
  Mount,
  NetworkAttachment,
  PortConfig,
  ServiceMode,
  ServiceSpec,
  TaskSpec,
  UpdateConfig,
} from '../swarm/objects.js';

/** The names of what a spec refers to by id; what is a name already stays. */
export interface Names {
  network: (idOrName: string) => string;
  config: (idOrName: string) => string;
}

// Source: swarmkit api/defaults/service.go
const DEFAULT_STOP_GRACE_PERIOD = 10e9;
const DEFAULT_RESTART = { Condition: 'any', Delay: 5e9 };
/** How a service is updated, or rolled back, that says nothing about it. */
export const USUAL_UPDATE = { FailureAction: 'pause', Monitor: 5e9, Order: 'stop-first', Parallelism: '1' };

export function normalise(spec: ServiceSpec, names: Names): Record<string, unknown> {
  return prune({
    Labels: Object.fromEntries(Object.entries(spec.Labels).filter(([key]) => !STATE_LABELS.has(key))),
    TaskTemplate: normaliseTask(spec.TaskTemplate, names),
    Mode: mode(spec.Mode),
    UpdateConfig: update(spec.UpdateConfig),
    RollbackConfig: update(spec.RollbackConfig),
    EndpointSpec: normaliseEndpoint(spec.EndpointSpec),
  }) as Record<string, unknown>;
}

export function normaliseEndpoint(endpoint: ServiceSpec['EndpointSpec']): unknown {
  return prune({ Mode: endpoint?.Mode ?? 'vip', Ports: endpoint?.Ports?.map(portText).sort() });
}

/** `8080:80/tcp`, `53:53/udp (host)`, `80/tcp` where the Swarm chooses. */
function portText({ Protocol, TargetPort, PublishedPort, PublishMode }: Partial<PortConfig>): string {
  const published = PublishedPort === undefined || PublishedPort === 0 ? '' : `${PublishedPort}:`;
  const protocol = Protocol ?? 'tcp';
  return `${published}${TargetPort ?? 0}/${protocol}${PublishMode === 'host' ? ' (host)' : ''}`;
}

export function normaliseTask(task: TaskSpec, names: Names): unknown {
  const { ContainerSpec: container = {}, Placement: placement = {} } = task;
  return prune({
    ContainerSpec: normaliseContainer(container, names),
    Resources: task.Resources,
    RestartPolicy: restart(task.RestartPolicy),
    Placement: {
      Constraints: placement.Constraints,
      Preferences: placement.Preferences?.map(({ Spread }) => Spread.SpreadDescriptor),
      MaxReplicas: placement.MaxReplicas,
    },
    Networks: networks(task.Networks ?? [], names),
    LogDriver: task.LogDriver,
  });
}

function normaliseContainer(container: ContainerSpec, names: Names): unknown {
  const { Isolation, Init, Privileges, Secrets = [], Configs = [] } = container;
  const credentials = Privileges?.CredentialSpec ?? undefined;
  return {
    ...container,
    Isolation: Isolation === 'default' ? undefined : Isolation,
    // Unlike other switches this one has a third position: what the node's Engine is set to.
    Init: typeof Init === 'boolean' ? String(Init) : undefined,
    Privileges: undefined,
    CredentialSpec: credentials && { ...credentials, Config: names.config(credentials.Config) },
    Env: sorted(container.Env),
    CapabilityAdd: sorted(container.CapabilityAdd),
    CapabilityDrop: sorted(container.CapabilityDrop),
    Ulimits: Object.fromEntries(
      (container.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, `${Soft}:${Hard}`]),
    ),
    StopGracePeriod: container.StopGracePeriod ?? DEFAULT_STOP_GRACE_PERIOD,
    Mounts: Object.fromEntries(
      (container.Mounts ?? []).map((mount) => [mount.Target, normaliseMount(mount)]),
    ),
    Secrets: Object.fromEntries(
      Secrets.map(({ File, SecretName }) => [File.Name, { ...File, Name: SecretName }]),
    ),
    Configs: Object.fromEntries(
      Configs.map(({ File, ConfigName }) => [File?.Name ?? 'credential spec', { ...File, Name: ConfigName }]),
    ),
  };
}

function normaliseMount({ Target: _, ...mount }: Mount): unknown {
  return { ...mount, Consistency: mount.Consistency === 'default' ? undefined : mount.Consistency };
}

function networks(attachments: readonly NetworkAttachment[], names: Names): unknown {
  return Object.fromEntries(
    attachments.map(({ Target, Aliases, DriverOpts }) => {
      const Name = names.network(Target);
      return [Name, { Name, Aliases: sorted(Aliases), DriverOpts }];
    }),
  );
}

function restart(policy: TaskSpec['RestartPolicy']): unknown {
  const { Condition, Delay, ...others } = policy ?? {};
  return {
    ...others,
    Condition: Condition ?? DEFAULT_RESTART.Condition,
    // No pause at all is not the same as none given.
    Delay: String(Delay ?? DEFAULT_RESTART.Delay),
  };
}

function mode(given: ServiceMode): unknown {
  if (given.Replicated !== undefined) return { Replicated: String(given.Replicated.Replicas ?? 1) };
  if (given.ReplicatedJob !== undefined) {
    const { MaxConcurrent = 1, TotalCompletions = MaxConcurrent } = given.ReplicatedJob;
    return {
      ReplicatedJob: { MaxConcurrent: String(MaxConcurrent), TotalCompletions: String(TotalCompletions) },
    };
  }
  return Object.fromEntries(Object.keys(given).map((name) => [name, 'set']));
}

function update(config: UpdateConfig | undefined): unknown {
  if (config === undefined) return undefined;
  return {
    ...config,
    FailureAction: orUsual(config.FailureAction, USUAL_UPDATE.FailureAction),
    Monitor: orUsual(config.Monitor, USUAL_UPDATE.Monitor),
    Order: orUsual(config.Order, USUAL_UPDATE.Order),
    // All at once is not the same as not given.
    Parallelism: String(config.Parallelism),
  };
}

/** The docker CLI sends zero and the empty text for what a file does not say. */
function orUsual<T extends string | number>(value: T | undefined, usual: T): T {
  return value === undefined || value === 0 || value === '' ? usual : value;
}

function sorted(list: readonly string[] | undefined): string[] {
  return [...(list ?? [])].sort();
}

/** Leaves out what the Engine treats as "not given": null, false, 0, empty texts, lists and mappings. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) {
    // An empty text in a list is an argument like any other.
    const items = value
      .map((item: unknown) => (item === '' ? item : prune(item)))
      .filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .map(([key, item]) => [key, TEXTS_BY_NAME.has(key) ? textsByName(item) : prune(item)] as const)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  return value === null || value === false || value === 0 || value === '' ? undefined : value;
}

const TEXTS_BY_NAME = new Set(['Labels', 'Options', 'DriverOpts', 'Sysctls']);

/** One without a value is still there. Sorted, as the Engine returns them, for lists are compared whole. */
function textsByName(value: unknown): unknown {
  const entries = Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
