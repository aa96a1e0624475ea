/** One service as one look found it, and which of its tasks count for what. */

import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';

/** All times are milliseconds since the epoch on the Swarm's clock. */
export interface ServiceView {
  service: SwarmService;
  /** every task of the service that the Swarm still knows, and those that ended while we watched */
  tasks: readonly SwarmTask[];
  /** ids of the tasks that the Engine calls up to date */
  upToDate: ReadonlySet<string>;
  nodes: readonly SwarmNode[];
  /** whether it was just written: what became of an earlier write is over and done with */
  written: boolean;
  /** whether others wait for its end: then it is not enough that it runs */
  mustComplete: boolean;
  /** failures before it are not of this deploy */
  since: number;
  /** until when something that this service may depend on was still on its way in an ordinary manner */
  quietSince: number;
  /** until when a task was stopping, or about to be, somewhere: it may make room, or give back a port */
  roomSince: number;
  /** ids of the nodes that were lost while we waited */
  lost: ReadonlySet<string>;
  /** why Swarm began to roll it back; null where it did not, or nobody has seen it */
  rollbackCause: string | null;
}

/** Swarm's states of a task that has not ended, in the order in which a task goes through them. */
export const ALIVE: readonly string[] = [
  'new',
  'allocated',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
];

export function isAlive({ Status }: SwarmTask): boolean {
  return ALIVE.includes(Status.State);
}

export function isJob({ Spec: { Mode } }: SwarmService): boolean {
  return (Mode.ReplicatedJob ?? Mode.GlobalJob) !== undefined;
}

export function isGlobal({ Spec: { Mode } }: SwarmService): boolean {
  return (Mode.Global ?? Mode.GlobalJob) !== undefined;
}

/** Ending well is what it is for, or at least no reason for Swarm to start it again. */
export function isMeantToEnd(service: SwarmService): boolean {
  return isJob(service) || (service.Spec.TaskTemplate.RestartPolicy?.Condition ?? 'any') !== 'any';
}

/** The Engine counts the tasks of a job's earlier runs as up to date; they say nothing about this run. */
export function isOfThisRun(service: SwarmService, task: SwarmTask): boolean {
  return !isJob(service) || (task.JobIteration?.Index ?? 0) === (service.JobStatus?.JobIteration?.Index ?? 0);
}

/** Where a task belongs: tasks of one place replace each other. Slot 0, a job's first, is left out of the API. */
export function placeOf(service: SwarmService, task: SwarmTask): string {
  return isGlobal(service) ? `node ${task.NodeID ?? '?'}` : `slot ${task.Slot ?? 0}`;
}

/** As the docker CLI calls it: `shop_web.2`, or for one of a global service `shop_agent@node1`. */
export function taskName(service: SwarmService, task: SwarmTask, nodes: readonly SwarmNode[]): string {
  const { Name } = service.Spec;
  if (!isGlobal(service)) return `${Name}.${task.Slot ?? 0}`;
  const node = nodes.find(({ ID }) => ID === task.NodeID)?.Description.Hostname;
  return node === undefined ? Name : `${Name}@${node}`;
}

/** The tasks that carry the service's present spec, and belong to a job's present run. */
export function currentTasks({ service, tasks, upToDate }: ServiceView): SwarmTask[] {
  return tasks.filter((task) => upToDate.has(task.ID) && isOfThisRun(service, task));
}

/** Tasks that were told to stop and have not. What they hold, nobody else can have. */
export function stoppingTasks({ tasks, nodes }: ServiceView): SwarmTask[] {
  return tasks.filter(
    (task) => isAlive(task) && ['shutdown', 'remove'].includes(task.DesiredState) && !isOnDown(task, nodes),
  );
}

/** Nobody hears what becomes of its tasks; Swarm has replaced them elsewhere and keeps them listed as they were. */
export function isOnDown(task: SwarmTask, nodes: readonly SwarmNode[]): boolean {
  return nodes.some(({ ID, Status }) => ID === task.NodeID && Status.State === 'down');
}

export function isFailed(service: SwarmService, { Status }: SwarmTask): boolean {
  const bad = ['failed', 'rejected', ...(isMeantToEnd(service) ? [] : ['complete'])];
  return bad.includes(Status.State);
}

/** By the manager's clock: nodes have clocks of their own. */
export function failedAt({ UpdatedAt }: SwarmTask): number {
  return Date.parse(UpdatedAt);
}
