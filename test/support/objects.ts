/** Engine objects as a test needs them: what it says, and something plausible for the rest. */

import type {
  ServiceSpec,
  SwarmNetwork,
  SwarmNode,
  SwarmSecret,
  SwarmService,
  SwarmTask,
  TaskState,
} from '../../src/swarm/objects.js';

export const NOW = Date.parse('2026-01-01T12:00:00Z');
const secondsAgo = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

export function serviceSpec(given: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    Name: 'shop_web',
    Labels: { 'com.docker.stack.namespace': 'shop' },
    TaskTemplate: { ContainerSpec: { Image: 'nginx:latest' } },
    Mode: { Replicated: { Replicas: 2 } },
    ...given,
  };
}

export function swarmService(given: Partial<SwarmService> = {}): SwarmService {
  return {
    ID: `id-of-${given.Spec?.Name ?? 'shop_web'}`,
    Version: { Index: 11 },
    CreatedAt: secondsAgo(600),
    UpdatedAt: secondsAgo(600),
    Spec: serviceSpec(),
    ...given,
  };
}

/**
 * A spec as Engine 20.10 hands it out after it was written: defaults filled in, networks by id, objects with the keys
 * of their mappings sorted. Seen on a real one; test/e2e asserts the same against it.
 */
export function asTheEngineReturns(
  spec: ServiceSpec,
  networkIds: Readonly<Record<string, string>>,
): ServiceSpec {
  const { TaskTemplate: task } = spec;
  return sortKeys({
    ...spec,
    TaskTemplate: {
      ...task,
      ContainerSpec: {
        ...task.ContainerSpec,
        Isolation: task.ContainerSpec?.Isolation ?? 'default',
        DNSConfig: task.ContainerSpec?.DNSConfig ?? {},
        Privileges: {
          CredentialSpec: task.ContainerSpec?.Privileges?.CredentialSpec ?? null,
          SELinuxContext: null,
        },
        Secrets: task.ContainerSpec?.Secrets?.map((secret) => ({ ...secret, SecretID: 'some-id' })),
      },
      RestartPolicy: { Condition: 'any', Delay: 5e9, MaxAttempts: 0, ...task.RestartPolicy },
      Placement: { ...task.Placement, Platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
      Networks: task.Networks?.map((network) => ({
        ...network,
        Target: networkIds[network.Target] ?? network.Target,
      })),
      ForceUpdate: 0,
      Runtime: 'container',
    },
    EndpointSpec: { Mode: 'vip', ...spec.EndpointSpec },
    ...(spec.UpdateConfig !== undefined && {
      UpdateConfig: {
        FailureAction: 'pause',
        Monitor: 5e9,
        MaxFailureRatio: 0,
        Order: 'stop-first',
        ...spec.UpdateConfig,
      },
    }),
  }) as ServiceSpec;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sortKeys(item)]),
  );
}

export function swarmNetwork(Name: string, given: Partial<SwarmNetwork> = {}): SwarmNetwork {
  return { Id: `id-of-${Name}`, Name, Driver: 'overlay', Scope: 'swarm', Labels: {}, ...given };
}

export function swarmSecret(Name: string, Labels: Record<string, string> = {}): SwarmSecret {
  return { ID: `id-of-${Name}`, Version: { Index: 1 }, CreatedAt: secondsAgo(600), Spec: { Name, Labels } };
}

export function swarmNode(Hostname: string, given: Partial<SwarmNode> = {}): SwarmNode {
  return {
    ID: Hostname,
    Spec: { Role: 'manager', Availability: 'active' },
    Description: { Hostname },
    Status: { State: 'ready' },
    ...given,
  };
}

let tasks = 0;

export interface TaskGiven {
  state: TaskState;
  desired?: TaskState;
  slot?: number | undefined;
  node?: string;
  err?: string;
  /** seconds since it came into this state */
  since?: number;
  service?: string;
  /** which run of its job it belongs to */
  run?: number;
}

export function swarmTask(given: TaskGiven): SwarmTask {
  tasks += 1;
  const {
    state,
    desired = 'running',
    slot,
    node = 'node1',
    err,
    since = 60,
    service = 'id-of-shop_web',
    run,
  } = given;
  return {
    ID: `task${tasks}`,
    Version: { Index: tasks },
    CreatedAt: secondsAgo(since),
    UpdatedAt: secondsAgo(since),
    Spec: {},
    ServiceID: service,
    ...(slot !== undefined && { Slot: slot }),
    NodeID: node,
    DesiredState: desired,
    ...(run !== undefined && { JobIteration: { Index: run } }),
    Status: { State: state, Timestamp: secondsAgo(since), ...(err !== undefined && { Err: err }) },
  };
}
