/** Says when it is certain that a service will not come up by itself, and why. */

import type { SwarmService, SwarmTask } from '../swarm/objects.js';
import {
  failedAt,
  isAlive,
  isFailed,
  isGlobal,
  isMeantToEnd,
  isOnDown,
  placeOf,
  taskName,
  type ServiceView,
} from './service-view.js';
import { isEligible } from './wanted.js';

export interface Failure {
  reason: string;
  /** the task that shows it best; null where it is about no task */
  task: SwarmTask | null;
}

/** A place whose tasks failed again and again, with nothing in between that stays up. */
export interface FailureRow {
  times: number;
  /** when each was seen to have failed, newest first */
  at: readonly number[];
  last: SwarmTask;
  /** whether Swarm has made another task for the place */
  replaced: boolean;
}

/** Swarm makes the next task in the same moment in which it hears of the last one's end. */
const REPLACED_WITHIN_MS = 1_000;
/** Room that is missing may come when other tasks leave; after this long without any leaving, it does not. */
const NO_ROOM_MS = 10_000;
/** Constraints and platforms do not change by waiting. */
const NO_MATCH_MS = 2_000;
/** What may pass by itself, among the reasons for which the scheduler finds no node. */
const MAY_PASS = /insufficient resources|port already in use|max replicas|not available/;

/**
 * @param current tasks of the present spec
 * @param complete whether as many as asked for are up and no others
 */
export function failureOf(
  view: ServiceView,
  current: readonly SwarmTask[],
  complete: boolean,
  now: number,
): Failure | null {
  return (
    rolloutFailure(view, complete) ??
    lostTask(view, current) ??
    placementFailure(view, current, now) ??
    taskFailure(view, current, now)
  );
}

/** What Swarm itself says of the rollout. A pause that was outlived, or is an earlier deploy's, is none of ours. */
function rolloutFailure(view: ServiceView, complete: boolean): Failure | null {
  const { service, written, rollbackCause } = view;
  const { State, Message } = service.UpdateStatus ?? {};
  const message = Message ?? 'a task failed';
  const task = culprit(view, rollbackCause ?? message);
  if (State === 'paused' && (written || !complete)) {
    return { reason: `the rollout is paused: ${message}`, task };
  }
  if (!written) return null;
  if (State === 'rollback_completed') {
    // What it says then is that it is done; why, it said while it was at it.
    return { reason: `Swarm rolled the service back: ${rollbackCause ?? 'a task failed'}`, task };
  }
  if (State === 'rollback_paused') {
    const why = rollbackCause === null ? '' : ` (${rollbackCause})`;
    return { reason: `Swarm began to roll the service back${why}, and that is paused too: ${message}`, task };
  }
  return null;
}

/** The task that the message names, else the last that failed, of whatever spec: Swarm may have gone back already. */
function culprit(view: ServiceView, message: string): SwarmTask | null {
  const id = /\btask (\w{20,})/.exec(message)?.[1];
  const failed = view.tasks.filter((task) => isFailed(view.service, task) && failedAt(task) >= view.since);
  return (
    failed.find(({ ID }) => ID === id) ??
    failed.reduce<SwarmTask | null>(
      (best, task) => (best === null || failedAt(task) > failedAt(best) ? task : best),
      null,
    )
  );
}

/**
 * A node that goes down takes a rollout with it: Swarm makes another task elsewhere, but the rollout goes on waiting for
 * the one that never came up, until the node is back or a day has passed. Seen on Engine 20.10 and in swarmkit's updater.
 */
function lostTask(view: ServiceView, current: readonly SwarmTask[]): Failure | null {
  const { service, written, lost, nodes } = view;
  const isHeldUp = (task: SwarmTask) =>
    service.UpdateStatus?.State === 'updating' && task.Status.State !== 'running' && isOnDown(task, nodes);
  const alive = current.filter(isAlive);
  const task =
    alive.find((one) => isHeldUp(one) && (written || one.DesiredState === 'shutdown')) ??
    (written ? alive.find(({ NodeID }) => NodeID !== undefined && lost.has(NodeID)) : undefined);
  if (task === undefined) return null;
  const node = nodes.find(({ ID }) => ID === task.NodeID)?.Description.Hostname ?? task.NodeID ?? '?';
  const name = taskName(service, task, nodes);
  const way = `Swarm waits until ${node} is back, or removed with: docker node rm --force ${node}`;
  const reason = lost.has(task.NodeID ?? '')
    ? `node ${node} was lost during the rollout, with ${name} on it`
    : `the rollout waits for ${name} on node ${node}, which is down`;
  return { reason: isHeldUp(task) ? `${reason}; ${way}` : reason, task };
}

/** A task that the scheduler has looked at and found no node for. */
export function isUnplaced(task: SwarmTask, { service, nodes }: ServiceView): boolean {
  if (task.Status.State !== 'pending' || task.Status.Err?.startsWith('no suitable node') !== true)
    return false;
  if (!['running', 'ready', 'complete'].includes(task.DesiredState)) return false;
  // A global service gets a task also for a node that takes none at present, such as a paused one.
  const own = nodes.find(({ ID }) => ID === task.NodeID);
  return !isGlobal(service) || own === undefined || isEligible(own, service, []);
}

function placementFailure(view: ServiceView, current: readonly SwarmTask[], now: number): Failure | null {
  const task = current.find((one) => isUnplaced(one, view));
  if (task === undefined) return null;
  const reason = task.Status.Err ?? 'no suitable node';
  const seen = Date.parse(task.UpdatedAt);
  const certain = MAY_PASS.test(reason)
    ? now - Math.max(seen, view.roomSince, view.since) > NO_ROOM_MS
    : now - Math.max(seen, view.since) > NO_MATCH_MS;
  return certain ? { reason: `${reason}${demandOf(view, reason)}`, task } : null;
}

/** What the service asks for that no node has. */
function demandOf({ service, nodes }: ServiceView, reason: string): string {
  const { Placement, Resources } = service.Spec.TaskTemplate;
  const { NanoCPUs = 0, MemoryBytes = 0 } = Resources?.Reservations ?? {};
  const demands = [
    ...(reason.includes('constraints') ? (Placement?.Constraints ?? []) : []),
    ...(reason.includes('resources') && NanoCPUs > 0 ? [`${NanoCPUs / 1e9} CPUs reserved`] : []),
    ...(reason.includes('resources') && MemoryBytes > 0
      ? [`${Math.round(MemoryBytes / 2 ** 20)} MiB of memory reserved`]
      : []),
    ...(reason.includes('port')
      ? (service.Spec.EndpointSpec?.Ports ?? [])
          .filter(({ PublishMode }) => PublishMode === 'host')
          .map(({ PublishedPort, Protocol }) => `port ${PublishedPort ?? '?'}/${Protocol}`)
      : []),
    ...(reason.includes('max replicas') ? [`${Placement?.MaxReplicas ?? '?'} per node`] : []),
  ];
  const away = nodes
    .filter(({ Status }) => Status.State === 'down')
    .map(({ Description }) => Description.Hostname);
  const facts = [
    ...(demands.length > 0 ? [`it asks for ${demands.join(', ')}`] : []),
    ...(away.length > 0 ? [`down: ${away.join(', ')}`] : []),
  ];
  return facts.length > 0 ? `; ${facts.join('; ')}` : '';
}

type Kind = 'image' | 'start' | 'unhealthy' | 'end';

/**
 * How often in a row makes it certain. An image or a command that is not there stays away whatever the other services
 * do, and twice rules out a hiccup of the registry, or another node that has it.
 */
const CERTAIN: Readonly<Record<Kind, number>> = { image: 2, start: 2, unhealthy: 2, end: 3 };
/** What waits for other services has to fail this often after they are up: the first may have begun before. */
const CERTAIN_IN_QUIET = 2;

/** A rollout that Swarm is to pause or to take back when tasks fail: what it does is the better answer. */
const SWARM_DECIDES_MS = 10_000;

const IMAGE = /no such image|pull access denied|manifest unknown|not found: manifest/i;
/** Ports and networks of a task that has just gone are given back a moment later. */
const START_MAY_PASS =
  /port is already allocated|address already in use|network .*not found|no such network/i;

function kindOf({ Status }: SwarmTask): Kind {
  const error = Status.Err ?? '';
  if (IMAGE.test(error)) return 'image';
  if (/unhealthy container/.test(error)) return 'unhealthy';
  if (START_MAY_PASS.test(error)) return 'end';
  return Status.State === 'rejected' || /^starting container failed/.test(error) ? 'start' : 'end';
}

function taskFailure(view: ServiceView, current: readonly SwarmTask[], now: number): Failure | null {
  for (const row of failuresInARow(view, current)) {
    const kind = kindOf(row.last);
    const givenUp = !row.replaced && mayGiveUp(view.service) && now - failedAt(row.last) > REPLACED_WITHIN_MS;
    const inQuiet = row.at.filter((at) => at > view.quietSince).length;
    const needsOthers = kind === 'unhealthy' || kind === 'end';
    const certain =
      row.times >= CERTAIN[kind] &&
      (!needsOthers || inQuiet >= CERTAIN_IN_QUIET) &&
      (!swarmDecides(view.service) || now - (row.at.at(-CERTAIN[kind]) ?? now) > SWARM_DECIDES_MS);
    if (givenUp || certain) return { reason: reasonOf(view.service, kind, row, givenUp), task: row.last };
  }
  return null;
}

function swarmDecides({ Spec, UpdateStatus }: SwarmService): boolean {
  return UpdateStatus?.State === 'updating' && Spec.UpdateConfig?.FailureAction !== 'continue';
}

function reasonOf(service: SwarmService, kind: Kind, { times, last }: FailureRow, givenUp: boolean): string {
  const error = last.Status.Err ?? '';
  const often = times === 1 ? 'once' : `${times} times`;
  const { Condition = 'any', MaxAttempts = 0 } = service.Spec.TaskTemplate.RestartPolicy ?? {};
  const over = givenUp
    ? `; it is not started again (${Condition === 'none' ? 'restart condition none' : `max_attempts ${MaxAttempts}`})`
    : '';
  switch (kind) {
    case 'image':
      return `its image is missing: ${error} (${often})${over}`;
    case 'start':
      return `it cannot be started: ${withoutRuntime(error)} (${often})${over}`;
    case 'unhealthy':
      return `its health check fails: unhealthy ${often}${over}`;
    case 'end':
      return givenUp ? `it failed ${often}${over}` : `crash loop: it ended ${often} without staying up`;
  }
}

/** The layers through which an error came up, and what they say about themselves. */
function withoutRuntime(error: string): string {
  const layers =
    /\b(starting container failed|failed to create (?:shim )?task(?: for container)?|OCI runtime create failed|runc create failed|unable to start container process|error during container init): /g;
  return error.replace(layers, '').replace(/: unknown$/, '');
}

/** Whether its restart policy has an end. */
function mayGiveUp({ Spec: { TaskTemplate } }: SwarmService): boolean {
  const { Condition = 'any', MaxAttempts = 0 } = TaskTemplate.RestartPolicy ?? {};
  return Condition === 'none' || MaxAttempts > 0;
}

/** One row per place that has nothing up at the moment and had failures. */
export function failuresInARow(view: ServiceView, current: readonly SwarmTask[]): FailureRow[] {
  const { service } = view;
  const places = new Map<string, SwarmTask[]>();
  for (const task of current) {
    const place = placeOf(service, task);
    places.set(place, [...(places.get(place) ?? []), task]);
  }
  const isUp = ({ Status }: SwarmTask) =>
    Status.State === 'running' || (Status.State === 'complete' && isMeantToEnd(service));
  return [...places.values()].flatMap((tasks): FailureRow[] => {
    if (tasks.some(isUp)) return [];
    const failed = failuresSince(view, tasks);
    const [last] = failed;
    return last === undefined
      ? []
      : [{ times: failed.length, at: failed.map(failedAt), last, replaced: tasks.some(isAlive) }];
  });
}

/** The last task that failed in this run, also where its place is up by now. */
export function lastFailure(view: ServiceView, current: readonly SwarmTask[]): SwarmTask | null {
  return failuresSince(view, current)[0] ?? null;
}

/** Latest first. */
function failuresSince({ service, since }: ServiceView, tasks: readonly SwarmTask[]): SwarmTask[] {
  return tasks
    .filter((task) => isFailed(service, task) && failedAt(task) >= since)
    .sort((a, b) => failedAt(b) - failedAt(a));
}
