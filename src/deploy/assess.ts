/** Says of one service whether it is what was asked for, on the way there, or certain not to get there. */

import { hasHealthcheck, type SwarmService, type SwarmTask } from '../swarm/objects.js';
import { failureOf, failuresInARow, isUnplaced, lastFailure } from './failure.js';
import {
  ALIVE,
  currentTasks,
  isAlive,
  isJob,
  isMeantToEnd,
  isOfThisRun,
  isOnDown,
  placeOf,
  type ServiceView,
} from './service-view.js';
import { wantedTasks } from './wanted.js';

export interface Progress {
  /** tasks that carry the present spec and run (and are healthy, where there is a health check), or are done */
  running: number;
  wanted: number;
  /** tasks of an earlier spec, or too many ones, that are not gone yet */
  leaving: number;
}

/**
 * What a service that is moving is about:
 * - `way`: the ordinary steps to being up
 * - `work`: a job's tasks run
 * - `proof`: it is up and has to stay so; with the last task that did not, if any
 * - `failing`: tasks failed, and Swarm tries again
 * - `blocked`: a task finds no node
 * - `rollback`: Swarm takes the change back, which will be a failure when it is over
 */
export type Stage = 'way' | 'work' | 'proof' | 'failing' | 'blocked' | 'rollback';

export type Assessment =
  | ({ state: 'there' } & Progress)
  | ({
      state: 'moving';
      stage: Stage;
      waitingFor: string;
      task: SwarmTask | null;
      /** whether it may well be up soon, so that what fails for want of it has to be given time */
      busy: boolean;
    } & Progress)
  | ({ state: 'failed'; reason: string; task: SwarmTask | null } & Progress);

/** Source: docker CLI and swarmkit, for services that say nothing. */
const DEFAULT_MONITOR_MS = 5_000;
/** Source: moby, for health checks that say nothing. */
const DEFAULT_INTERVAL_MS = 30_000;

/** One that failed this often in a row is not believed to come up soon, although it may. */
const STUCK_AFTER = 3;

/** @param now on the Swarm's clock */
export function assess(view: ServiceView, now: number): Assessment {
  const { service, tasks, nodes } = view;
  const current = currentTasks(view);
  const progress: Progress = {
    running: new Set(current.filter((task) => isUp(view, task)).map((task) => placeOf(service, task))).size,
    wanted: wantedTasks(service, current, nodes),
    leaving: tasks.filter((task) => isLeaving(task, view)).length,
  };
  const complete = progress.running === progress.wanted && progress.leaving === 0;
  const failure = failureOf(view, current, complete, now);
  if (failure !== null) return { state: 'failed', ...failure, ...progress };
  const moving: Moving = (stage, waitingFor, task = null, busy = stage === 'way') => ({
    state: 'moving',
    stage,
    waitingFor,
    task,
    busy,
    ...progress,
  });
  const update = service.UpdateStatus;
  if (view.written && update?.State === 'rollback_started') {
    return moving('rollback', `Swarm to roll it back (${update.Message ?? 'a task failed'})`);
  }
  if (progress.running !== progress.wanted) return onTheWay(view, current, moving);
  if (progress.leaving > 0) return moving('way', `${progress.leaving} to stop`);
  if (['updating', 'rollback_started'].includes(update?.State ?? ''))
    return moving('way', 'the rollout to end');
  const proofMs = proofNeededMs(service);
  if (now - youngestMs(view, current) < proofMs) {
    return moving('proof', 'proof that it stays up', lastFailure(view, current));
  }
  return { state: 'there', ...progress };
}

function isUp(view: ServiceView, { DesiredState, Status }: SwarmTask): boolean {
  if (Status.State === 'complete') return isMeantToEnd(view.service);
  return !isToFinish(view) && DesiredState === 'running' && Status.State === 'running';
}

function isLeaving(task: SwarmTask, { service, upToDate, nodes }: ServiceView): boolean {
  const stays =
    upToDate.has(task.ID) &&
    isOfThisRun(service, task) &&
    ['running', 'ready', 'complete'].includes(task.DesiredState);
  return isAlive(task) && !stays && !isOnDown(task, nodes);
}

/** Whether only its end is what it is run for. */
function isToFinish({ service, mustComplete }: ServiceView): boolean {
  return isJob(service) || mustComplete;
}

/**
 * How long a task has to be up before it is believed. A health check that passed says more than a process that has not
 * ended yet: then it is enough that the next check passes as well. A check that the image brings is not known here; such
 * a service is up only when it is healthy all the same, and is then watched like one without.
 */
function proofNeededMs(service: SwarmService): number {
  const monitorNs = service.Spec.UpdateConfig?.Monitor ?? 0;
  const monitorMs = monitorNs > 0 ? monitorNs / 1e6 : DEFAULT_MONITOR_MS;
  if (!hasHealthcheck(service)) return monitorMs;
  const intervalNs = service.Spec.TaskTemplate.ContainerSpec?.Healthcheck?.Interval ?? 0;
  return Math.min(monitorMs, intervalNs > 0 ? intervalNs / 1e6 : DEFAULT_INTERVAL_MS);
}

/** When the last of the running tasks came up. By the manager's clock: nodes have clocks of their own. */
function youngestMs(view: ServiceView, current: readonly SwarmTask[]): number {
  return Math.max(
    ...current
      .filter((task) => isUp(view, task) && task.Status.State === 'running')
      .map(({ UpdatedAt }) => Date.parse(UpdatedAt)),
    -Infinity,
  );
}

type Moving = (stage: Stage, waitingFor: string, task?: SwarmTask | null, busy?: boolean) => Assessment;

/** What stands out most: a task without a node, failures, else the least advanced state, in Swarm's own words. */
function onTheWay(view: ServiceView, current: readonly SwarmTask[], moving: Moving): Assessment {
  const unplaced = current.find((task) => isUnplaced(task, view));
  if (unplaced !== undefined) return moving('blocked', unplaced.Status.Err ?? 'a node', unplaced);
  const rows = failuresInARow(view, current);
  const [worst] = [...rows].sort((a, b) => b.times - a.times);
  if (worst !== undefined) {
    const times = worst.times === 1 ? 'once' : `${worst.times} times`;
    return moving('failing', `a task that stays up (ended ${times})`, worst.last, worst.times < STUCK_AFTER);
  }
  const wanted = current.filter(
    ({ DesiredState, Status }) =>
      ['running', 'complete'].includes(DesiredState) && ALIVE.includes(Status.State),
  );
  const troubled = wanted.find(({ Status }) => (Status.Err ?? '') !== '');
  if (troubled !== undefined) return moving('failing', troubled.Status.Err ?? '', troubled, true);
  const ended = (task: SwarmTask) => !isToFinish(view) && task.Status.State === 'running';
  const states = wanted.filter((task) => !ended(task)).map(({ Status }) => Status.State);
  const least = ALIVE.find((state) => states.some((one) => one === state));
  if (least === undefined) return moving('way', 'tasks to be placed');
  return isToFinish(view) && least === 'running'
    ? moving('work', `${states.length} to finish`)
    : moving('way', `tasks that are ${least}`);
}
