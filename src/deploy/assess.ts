/** Says of one service whether it is what was asked for, on the way there, or certain not to get there. */

import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';

export interface ServiceView {
  service: SwarmService;
  /** every task of the service that the Swarm still knows */
  tasks: readonly SwarmTask[];
  /** ids of the tasks that carry the service's present spec */
  upToDate: ReadonlySet<string>;
  nodes: readonly SwarmNode[];
  /** whether it was just written: a rollback of an earlier write is over and done with */
  written: boolean;
}

export interface Progress {
  /** tasks that carry the present spec and run (and are healthy, where there is a health check) */
  running: number;
  wanted: number;
  /** tasks of an earlier spec, or too many ones, that are not gone yet */
  leaving: number;
}

export type Assessment =
  | ({ state: 'there' } & Progress)
  | ({
      state: 'moving';
      waitingFor: string;
      /** whether that is out of the ordinary */
      trouble: boolean;
    } & Progress)
  | ({ state: 'failed'; reason: string; task: SwarmTask | null } & Progress);

/** One slot (or node) that failed this often without running in between will not come up by itself. */
const CRASH_LOOP = 3;
/** A missing image is asked for again by Swarm; twice rules out a hiccup of the registry. */
const MISSING_IMAGE = 2;
/** "no suitable node" may pass while other tasks leave; after this long it is a fact. */
const UNSCHEDULABLE_MS = 10_000;

/** Failures that are older say nothing about how the service does now. */
const RECENT_MS = 5 * 60_000;

const ALIVE = new Set([
  'new',
  'allocated',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
]);

/** @param now milliseconds since the epoch, on the Swarm's clock */
export function assess(view: ServiceView, now: number): Assessment {
  const { service, tasks, upToDate, nodes } = view;
  const fresh = tasks.filter(({ ID }) => upToDate.has(ID));
  const mayEnd = isMeantToEnd(service);
  const running = fresh.filter(
    (task) =>
      (task.DesiredState === 'running' && task.Status.State === 'running') ||
      (mayEnd && task.Status.State === 'complete'),
  );
  const progress: Progress = {
    running: new Set(running.map(slotOf)).size,
    wanted: wantedTasks(view),
    leaving: tasks.filter(
      (task) =>
        ALIVE.has(task.Status.State) &&
        !isOnLostNode(task, nodes) &&
        (!upToDate.has(task.ID) || !['running', 'ready', 'complete'].includes(task.DesiredState)),
    ).length,
  };
  const failure = failureOf(view, fresh, now);
  if (failure !== null) return { state: 'failed', ...failure, ...progress };
  if (progress.running !== progress.wanted) {
    return { state: 'moving', ...waitingFor(fresh), ...progress };
  }
  if (progress.leaving > 0)
    return { state: 'moving', waitingFor: `${progress.leaving} to stop`, trouble: false, ...progress };
  if (['updating', 'rollback_started'].includes(service.UpdateStatus?.State ?? '')) {
    return { state: 'moving', waitingFor: 'the rollout to end', trouble: false, ...progress };
  }
  return { state: 'there', ...progress };
}

/** Ending well is what it is for, or at least no reason for Swarm to start it again. */
function isMeantToEnd({ Spec: { Mode, TaskTemplate } }: SwarmService): boolean {
  const condition = TaskTemplate.RestartPolicy?.Condition ?? 'any';
  return (Mode.ReplicatedJob ?? Mode.GlobalJob) !== undefined || condition !== 'any';
}

function wantedTasks({ service, tasks, upToDate, nodes }: ServiceView): number {
  const { Mode } = service.Spec;
  if (Mode.Replicated !== undefined) return Mode.Replicated.Replicas ?? 1;
  if (Mode.ReplicatedJob !== undefined)
    return Mode.ReplicatedJob.TotalCompletions ?? Mode.ReplicatedJob.MaxConcurrent ?? 1;
  // Which nodes a global service belongs on, Swarm has decided by giving it tasks there.
  const ready = new Set(nodes.filter(({ Status }) => Status.State === 'ready').map(({ ID }) => ID));
  const isWanted = ({ ID, DesiredState, Status }: SwarmTask) =>
    DesiredState === 'running' ||
    (upToDate.has(ID) &&
      isMeantToEnd(service) &&
      (DesiredState === 'complete' || Status.State === 'complete'));
  return new Set(
    tasks
      .filter((task) => isWanted(task) && task.NodeID !== undefined && ready.has(task.NodeID))
      .map(({ NodeID }) => NodeID),
  ).size;
}

/** Nobody hears what becomes of its tasks; Swarm has replaced them elsewhere and keeps them listed as they were. */
function isOnLostNode(task: SwarmTask, nodes: readonly SwarmNode[]): boolean {
  return nodes.some(({ ID, Status }) => ID === task.NodeID && Status.State === 'down');
}

function slotOf(task: SwarmTask): string {
  return task.Slot === undefined || task.Slot === 0 ? `node ${task.NodeID ?? '?'}` : String(task.Slot);
}

function failureOf(
  { service, written }: ServiceView,
  fresh: readonly SwarmTask[],
  now: number,
): { reason: string; task: SwarmTask | null } | null {
  const bad = ['failed', 'rejected', ...(isMeantToEnd(service) ? [] : ['complete'])];
  const failed = fresh.filter(
    ({ Status }) => bad.includes(Status.State) && now - Date.parse(Status.Timestamp) < RECENT_MS,
  );
  const newest = failed.reduce<SwarmTask | null>(
    (best, task) => (best === null || task.Status.Timestamp > best.Status.Timestamp ? task : best),
    null,
  );
  const update = service.UpdateStatus;
  if (update?.State === 'paused') {
    return { reason: `the rollout is paused: ${update.Message ?? 'a task failed'}`, task: newest };
  }
  if (written && update?.State?.startsWith('rollback') === true) {
    return { reason: `Swarm rolled the service back: ${update.Message ?? 'a task failed'}`, task: newest };
  }
  const unplaced = fresh.find(
    ({ Status }) =>
      Status.State === 'pending' &&
      Status.Err?.startsWith('no suitable node') === true &&
      now - Date.parse(Status.Timestamp) > UNSCHEDULABLE_MS,
  );
  if (unplaced !== undefined) return { reason: unplaced.Status.Err ?? 'no suitable node', task: unplaced };

  const restart = service.Spec.TaskTemplate.RestartPolicy;
  for (const [slot, tasks] of groupBySlot(failed)) {
    if (fresh.some((task) => slotOf(task) === slot && task.Status.State === 'running')) continue;
    const [last] = [...tasks].sort((a, b) => (a.Status.Timestamp < b.Status.Timestamp ? 1 : -1));
    if (last === undefined) continue;
    const missing = /no such image|pull access denied|manifest unknown|not found: manifest/i.test(
      last.Status.Err ?? '',
    );
    if (missing && tasks.length >= MISSING_IMAGE)
      return { reason: last.Status.Err ?? 'no such image', task: last };
    const attempts = restart?.MaxAttempts ?? 0;
    const givenUp = restart?.Condition === 'none' || (attempts > 0 && tasks.length > attempts);
    if (givenUp || tasks.length >= CRASH_LOOP) {
      return {
        reason: `it ended ${tasks.length} time${tasks.length === 1 ? '' : 's'} without staying up`,
        task: last,
      };
    }
  }
  return null;
}

function groupBySlot(tasks: readonly SwarmTask[]): Map<string, SwarmTask[]> {
  const groups = new Map<string, SwarmTask[]>();
  for (const task of tasks) groups.set(slotOf(task), [...(groups.get(slotOf(task)) ?? []), task]);
  return groups;
}

/** The least advanced state among the tasks that are still on their way, in Swarm's own words. */
function waitingFor(fresh: readonly SwarmTask[]): { waitingFor: string; trouble: boolean } {
  const onTheWay = fresh.filter(
    ({ DesiredState, Status }) =>
      ['running', 'complete'].includes(DesiredState) && Status.State !== DesiredState,
  );
  const failing = onTheWay.find(({ Status }) => (Status.Err ?? '') !== '');
  if (failing !== undefined) return { waitingFor: failing.Status.Err ?? '', trouble: true };
  const states = [...ALIVE];
  const least = onTheWay.reduce<string | null>((best, { Status }) => {
    if (!ALIVE.has(Status.State)) return best;
    return best === null || states.indexOf(Status.State) < states.indexOf(best) ? Status.State : best;
  }, null);
  return { waitingFor: least === null ? 'tasks to be placed' : `tasks that are ${least}`, trouble: false };
}
