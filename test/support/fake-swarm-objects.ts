/** What a Swarm makes of what it is given: defaults filled in, empty things left out, networks by id. */

import type { ServiceSpec, TaskSpec, UpdateConfig } from '../../src/swarm/objects.js';

export interface NetworkOnCreate {
  Name: string;
  Driver: string;
  Scope?: string;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  EnableIPv6?: boolean;
  Options?: Record<string, string>;
  Labels?: Record<string, string>;
  IPAM?: { Driver?: string; Options?: unknown; Config?: { Subnet?: string }[] | null };
}

/** @param networkIds names and ids -> ids */
export function specAsKept(spec: ServiceSpec, networkIds: ReadonlyMap<string, string>): ServiceSpec {
  const { UpdateConfig: update, RollbackConfig: rollback, EndpointSpec: endpoint } = spec;
  return {
    Name: spec.Name,
    Labels: sorted(spec.Labels),
    TaskTemplate: taskAsKept(spec.TaskTemplate, networkIds),
    Mode: modeAsKept(spec.Mode),
    ...(update && { UpdateConfig: updateAsKept(update) }),
    ...(rollback && { RollbackConfig: updateAsKept(rollback) }),
    EndpointSpec: {
      Mode: endpoint?.Mode ?? 'vip',
      ...(endpoint?.Ports?.length ? { Ports: endpoint.Ports } : {}),
    },
  };
}

/** What is told beside the spec of a service whose tasks are found by DNS. */
export function endpointOf({ EndpointSpec: { Mode, Ports } = {} }: ServiceSpec): unknown {
  return Ports === undefined ? { Spec: {} } : { Spec: { Mode, Ports }, Ports };
}

function taskAsKept(task: TaskSpec, networkIds: ReadonlyMap<string, string>): TaskSpec {
  const { ContainerSpec: container = {}, RestartPolicy: restart, Networks: networks } = task;
  const kept = withoutEmpty(container as Record<string, unknown>, CONTAINER_KEPT_EMPTY);
  return {
    ...withoutEmpty(task as Record<string, unknown>, [
      'Resources',
      'Placement',
      'RestartPolicy',
      'LogDriver',
    ]),
    ContainerSpec: {
      ...kept,
      ...(container.Labels && { Labels: sorted(container.Labels) }),
      Isolation: container.Isolation ?? 'default',
    },
    ...(task.Placement && { Placement: withoutEmpty(task.Placement as Record<string, unknown>, []) }),
    ...(restart && { RestartPolicy: { Condition: 'any', MaxAttempts: 0, ...restart } }),
    ...(networks?.length
      ? { Networks: networks.map((one) => ({ ...one, Target: networkIds.get(one.Target) ?? one.Target })) }
      : {}),
    ForceUpdate: task.ForceUpdate ?? 0,
    Runtime: task.Runtime ?? 'container',
  };
}

/** Given, they come back even if there is nothing in them. */
const CONTAINER_KEPT_EMPTY = ['DNSConfig', 'Init', 'Privileges', 'StopGracePeriod'];

function modeAsKept(mode: ServiceSpec['Mode']): ServiceSpec['Mode'] {
  if (mode.ReplicatedJob === undefined) return mode;
  const { MaxConcurrent = 1, TotalCompletions = MaxConcurrent } = mode.ReplicatedJob;
  return { ReplicatedJob: { MaxConcurrent, TotalCompletions } };
}

function updateAsKept(config: UpdateConfig): UpdateConfig {
  return {
    ...(withoutEmpty(config as unknown as Record<string, unknown>, [
      'Parallelism',
      'MaxFailureRatio',
    ]) as object),
    Parallelism: config.Parallelism,
    FailureAction: config.FailureAction ?? 'pause',
    MaxFailureRatio: config.MaxFailureRatio ?? 0,
    Order: config.Order ?? 'stop-first',
  };
}

function withoutEmpty(given: Record<string, unknown>, kept: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).filter(([key, value]) => kept.includes(key) || !isEmpty(value)),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}

function sorted(labels: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const LOCAL = { Scope: 'local', Internal: false, Attachable: false, Options: {}, Labels: {} };

/** Every Engine in a Swarm has these. */
export const PREDEFINED_NETWORKS: readonly (NetworkOnCreate & { Id: string })[] = [
  { ...LOCAL, Id: 'idofnone', Name: 'none', Driver: 'null' },
  { ...LOCAL, Id: 'idofhost', Name: 'host', Driver: 'host' },
  { ...LOCAL, Id: 'idofbridge', Name: 'bridge', Driver: 'bridge' },
  { ...LOCAL, Id: 'idofgwbridge', Name: 'docker_gwbridge', Driver: 'bridge' },
  { ...LOCAL, Id: 'idofingress', Name: 'ingress', Driver: 'overlay', Scope: 'swarm', Ingress: true },
];
