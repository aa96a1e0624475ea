/**
 * Service specs in a form that can be compared: the Engine's defaults filled in, what it adds by itself left out,
 * lists without an order sorted, network ids turned into names.
 */

import type { ServiceSpec, TaskSpec, UpdateConfig } from '../swarm/objects.js';

/** Labels that hold scalectl's own notes about a service, not anything that a person asked for. */
export const STATE_LABELS: readonly string[] = ['scalectl.last-scale'];

// Source: swarmkit api/defaults/service.go
const DEFAULT_STOP_GRACE_PERIOD = 10e9;
const DEFAULT_RESTART = { Condition: 'any', Delay: 5e9 };
const DEFAULT_UPDATE = { FailureAction: 'pause', Monitor: 5e9, Order: 'stop-first' };

export function normalise(
  spec: ServiceSpec,
  networkName: (idOrName: string) => string,
): Record<string, unknown> {
  return prune({
    Labels: Object.fromEntries(Object.entries(spec.Labels).filter(([key]) => !STATE_LABELS.includes(key))),
    TaskTemplate: normaliseTask(spec.TaskTemplate, networkName),
    Mode: mode(spec),
    UpdateConfig: update(spec.UpdateConfig),
    RollbackConfig: update(spec.RollbackConfig),
    EndpointSpec: {
      Mode: spec.EndpointSpec?.Mode ?? 'vip',
      Ports: spec.EndpointSpec?.Ports?.map((port) => ({ ...port })),
    },
  }) as Record<string, unknown>;
}

export function normaliseTask(task: TaskSpec, networkName: (idOrName: string) => string): unknown {
  const { ContainerSpec: container = {} } = task;
  return prune({
    ContainerSpec: {
      ...container,
      Privileges: undefined,
      Isolation: undefined,
      Env: [...(container.Env ?? [])].sort(),
      StopGracePeriod: container.StopGracePeriod ?? DEFAULT_STOP_GRACE_PERIOD,
      Secrets: container.Secrets?.map(({ File, SecretName }) => ({ File, SecretName })),
      Configs: container.Configs?.map(({ File, ConfigName }) => ({ File, ConfigName })),
    },
    Resources: task.Resources,
    RestartPolicy: { ...DEFAULT_RESTART, ...task.RestartPolicy },
    Placement: { ...task.Placement, Platforms: undefined },
    Networks: task.Networks?.map(({ Target, Aliases }) => ({
      Target: networkName(Target),
      Aliases: [...(Aliases ?? [])].sort(),
    })).sort((a, b) => (a.Target < b.Target ? -1 : 1)),
    LogDriver: task.LogDriver,
  });
}

function mode(spec: ServiceSpec): unknown {
  if (spec.Mode.Replicated !== undefined) return { replicated: String(spec.Mode.Replicated.Replicas ?? 1) };
  return Object.fromEntries(
    Object.entries(spec.Mode).map(([name, value]) => [name, { is: 'set', ...value }]),
  );
}

function update(config: UpdateConfig | undefined): unknown {
  if (config === undefined) return undefined;
  return { ...DEFAULT_UPDATE, ...config, Parallelism: String(config.Parallelism) };
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
      .map(([key, item]) => [key, key === 'Labels' ? labels(item) : prune(item)] as const)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  return value === null || value === false || value === 0 || value === '' ? undefined : value;
}

/** A label without a value is still a label. Sorted, as the Engine returns them, for lists are compared whole. */
function labels(value: unknown): unknown {
  const entries = Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
