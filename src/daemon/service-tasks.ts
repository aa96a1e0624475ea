/** The tasks of each service, with what follows from them alone: reckoned anew only where one of them has changed. */

import type { UsageQuery } from '../signals/types.js';
import { isRunning, usageQueries } from '../signals/usage.js';
import type { SwarmTask } from '../swarm/objects.js';

/** For this long after a task began to run, what it uses is its start and not its load. */
const WARM_UP_MS = 10_000;
/** Of so many of the youngest tasks, since images and nodes change. */
const STARTS_LOOKED_AT = 5;

/** Those of one service that are meant to run. */
export class ServiceTasks {
  readonly all: readonly SwarmTask[];
  readonly running: readonly SwarmTask[];
  readonly healthyAfterMs: number | null;
  /** of `running`, in its order: when each began to */
  readonly #beganMs: readonly number[];
  #queries: { nodeId: string; queries: readonly UsageQuery[] } | null = null;

  constructor(all: readonly SwarmTask[]) {
    this.all = all;
    this.running = all.filter(isRunning);
    this.healthyAfterMs = healthyAfterMs(this.running);
    this.#beganMs = this.running.map(({ Status }) => Date.parse(Status.Timestamp));
  }

  warm(wallMs: number): readonly SwarmTask[] {
    return this.#beganMs.every((beganMs) => isWarm(beganMs, wallMs))
      ? this.running
      : this.running.filter((_, index) => isWarm(this.#beganMs[index] ?? NaN, wallMs));
  }

  /** See `usageQueries`. */
  queries(nodeId: string): readonly UsageQuery[] {
    if (this.#queries?.nodeId !== nodeId) this.#queries = { nodeId, queries: usageQueries(this.all, nodeId) };
    return this.#queries.queries;
  }
}

export const NO_TASKS = new ServiceTasks([]);

/** By the first of them. A task that has not changed is the same object at every look. */
const before = new WeakMap<SwarmTask, ServiceTasks>();

export function tasksByService(tasks: readonly SwarmTask[]): Map<string, ServiceTasks> {
  const found = new Map<string, SwarmTask[]>();
  for (const task of tasks) {
    const own = found.get(task.ServiceID);
    if (own === undefined) found.set(task.ServiceID, [task]);
    else own.push(task);
  }
  return new Map(Array.from(found, ([id, own]) => [id, reckoned(own)]));
}

function reckoned(own: readonly SwarmTask[]): ServiceTasks {
  const [first] = own;
  if (first === undefined) return NO_TASKS;
  const last = before.get(first);
  if (last?.all.length === own.length && last.all.every((task, index) => task === own[index])) return last;
  const tasks = new ServiceTasks(own);
  before.set(first, tasks);
  return tasks;
}

/**
 * How long the youngest tasks took from creation until they ran, the median. Swarm calls a task running when its health
 * check passes, where it has one. Null without a task.
 */
function healthyAfterMs(running: readonly SwarmTask[]): number | null {
  const starts = [...running]
    // As text: the Engine writes all times in UTC, and the fraction of a second does not matter here.
    .sort((a, b) => (a.CreatedAt < b.CreatedAt ? 1 : -1))
    .slice(0, STARTS_LOOKED_AT)
    .map(({ CreatedAt, Status }) => Date.parse(Status.Timestamp) - Date.parse(CreatedAt))
    .filter((ms) => ms >= 0)
    .sort((a, b) => a - b);
  return starts[Math.floor(starts.length / 2)] ?? null;
}

/** A task whose clock is ahead of ours has an age below zero; it is taken as warm, since nothing can be told. */
function isWarm(beganMs: number, wallMs: number): boolean {
  const ageMs = wallMs - beganMs;
  return !(ageMs >= 0 && ageMs < WARM_UP_MS);
}
