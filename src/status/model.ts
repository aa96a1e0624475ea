/** What stands in a stack, as one picture. A number that is not known is null. */

import { decodeService } from '../policy/labels.js';
import { readLastScale } from '../policy/last-scale.js';
import { readPause, type Pause } from '../policy/pause.js';
import type { LastScale, SignalPolicy } from '../policy/policy.js';
import { IMAGE_LABEL, NAMESPACE_LABEL } from '../stack/names.js';
import { hasHealthcheck, type SwarmNode, type SwarmService, type SwarmTask } from '../swarm/objects.js';

export interface Usage {
  /** mean percent over the sampled tasks */
  cpuPercent: number | null;
  memoryPercent: number | null;
  /** tasks that could be measured, of those that run on any node */
  sampled: number;
  running: number;
}

export interface StatusNode {
  name: string;
  role: 'manager' | 'worker';
  leader: boolean;
  state: string;
  availability: string;
  address: string | null;
  engineVersion: string | null;
}

export interface StatusService {
  /** short, inside its stack */
  name: string;
  fullName: string;
  mode: string;
  image: string;
  replicas: {
    /** null for a global service: the number of nodes decides */
    desired: number | null;
    running: number;
    /** null where there is no health check to know it from */
    healthy: number | null;
  };
  cpuPercent: number | null;
  memoryPercent: number | null;
  coverage: { sampled: number; running: number };
  policy: { min: number; max: number; signals: SignalPolicy[] } | null;
  /** why a policy that is there cannot be used */
  policyProblems: string[];
  /** the autoscaler leaves it alone for now */
  paused: Pause | null;
  lastScale: LastScale | null;
  /** state of the last rollout, null when there was none */
  update: string | null;
}

export interface Status {
  apiVersion: 'scalectl/v1';
  kind: 'Status';
  stack: string;
  nodes: StatusNode[];
  services: StatusService[];
}

export interface StatusInput {
  stack: string;
  nodes: readonly SwarmNode[];
  services: readonly SwarmService[];
  tasks: readonly SwarmTask[];
  /** by service id; absent where nothing was sampled */
  usage: ReadonlyMap<string, Usage>;
  /** the time, milliseconds since 1970 */
  wallMs: number;
}

export function statusOf(input: StatusInput): Status {
  return {
    apiVersion: 'scalectl/v1',
    kind: 'Status',
    stack: input.stack,
    nodes: input.nodes.map(nodeStatus).sort((a, b) => (a.name < b.name ? -1 : 1)),
    services: input.services.map((service) => serviceStatus(service, input)),
  };
}

function nodeStatus(node: SwarmNode): StatusNode {
  return {
    name: node.Description.Hostname,
    role: node.Spec.Role,
    leader: node.ManagerStatus?.Leader ?? false,
    state: node.Status.State,
    availability: node.Spec.Availability,
    address: node.Status.Addr ?? null,
    engineVersion: node.Description.Engine?.EngineVersion ?? null,
  };
}

function serviceStatus(service: SwarmService, { stack, tasks, usage, wallMs }: StatusInput): StatusService {
  const { Spec } = service;
  const running = runningTasks(service, tasks).length;
  const used = usage.get(service.ID);
  const decoded = decodeService(Spec);
  const prefix = `${stack}_`;
  return {
    name:
      Spec.Name.startsWith(prefix) && Spec.Labels[NAMESPACE_LABEL] === stack
        ? Spec.Name.slice(prefix.length)
        : Spec.Name,
    fullName: Spec.Name,
    mode: modeName(service),
    image: Spec.Labels[IMAGE_LABEL] ?? (Spec.TaskTemplate.ContainerSpec?.Image ?? '').replace(/@.*$/, ''),
    replicas: {
      desired: Spec.Mode.Replicated?.Replicas ?? null,
      running,
      healthy: hasHealthcheck(service) ? running : null,
    },
    cpuPercent: used?.cpuPercent ?? null,
    memoryPercent: used?.memoryPercent ?? null,
    coverage: { sampled: used?.sampled ?? 0, running },
    policy:
      decoded.kind === 'policy'
        ? { min: decoded.value.min, max: decoded.value.max, signals: [...decoded.value.signals] }
        : null,
    policyProblems:
      decoded.kind === 'invalid' ? decoded.problems.map(({ place, message }) => `${place} ${message}`) : [],
    paused: readPause(Spec.Labels, wallMs),
    lastScale: readLastScale(Spec.Labels),
    update: service.UpdateStatus?.State ?? null,
  };
}

/** Swarm reports a task as running only once its health check has passed, and kills it when it no longer does. */
export function runningTasks(service: SwarmService, tasks: readonly SwarmTask[]): SwarmTask[] {
  return tasks.filter(
    ({ ServiceID, DesiredState, Status }) =>
      ServiceID === service.ID && DesiredState === 'running' && Status.State === 'running',
  );
}

function modeName({ Spec: { Mode } }: SwarmService): string {
  if (Mode.Global !== undefined) return 'global';
  if (Mode.ReplicatedJob !== undefined) return 'replicated-job';
  return Mode.GlobalJob !== undefined ? 'global-job' : 'replicated';
}
