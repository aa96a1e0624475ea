/** CPU and memory use of running tasks, in percent of what each task may use. */

import type { ContainerReader } from '../swarm/engine.js';
import type { SwarmTask } from '../swarm/objects.js';
import { CgroupReader } from './cgroup-reader.js';
import { startDeadline, type Deadline } from './deadline.js';
import { EngineReader } from './engine-reader.js';
import type { MissingUsage, ReadOptions, Source, TaskUsage, UsageQuery } from './types.js';
import type { ContainerReading, UsageReader } from './usage-reader.js';

/** An Engine before 23 answers a one-shot at its next one-second tick: 1.1 s were measured for 50 containers. */
const READ_DEADLINE_MS = 2_500;

/** Closer readings say more about the clock than about the container. */
const SHORTEST_SPAN_MS = 100;

/** How far the Engine's clock may go another way than ours between two readings before we call it a jump. */
const CLOCK_SLACK_MS = 2_500;

export interface UsageSamplerOptions {
  /** Tried in this order for each container. Default: the kernel where the Engine is local, agents, the Engine. */
  readers?: readonly UsageReader[];
  /** those of other nodes, where there are any */
  agents?: UsageReader | null;
  deadlineMs?: number;
  /** milliseconds of a clock that does not jump */
  clock?: () => number;
}

/**
 * What is remembered of a container's last reading. The next one is written over it: of ten thousand containers, fresh
 * objects at every look would be most of what V8 has to move from one look to the next.
 */
interface Last extends Omit<ContainerReading, 'memoryBytes'> {
  /** our own clock, when the reading arrived */
  arrivedMs: number;
}

/** Keeps the last reading of each container; a percentage needs two. Not for overlapping calls of `read`. */
export class UsageSampler implements Source<UsageQuery, TaskUsage> {
  readonly #readers: readonly UsageReader[];
  readonly #deadlineMs: number;
  readonly #clock: () => number;
  readonly #last = new Map<string, Last>();

  constructor(
    engine: Pick<ContainerReader, 'containerStats'> & { readonly local: boolean },
    options: UsageSamplerOptions = {},
  ) {
    this.#readers = options.readers ?? [
      ...(engine.local ? [new CgroupReader()] : []),
      ...(options.agents == null ? [] : [options.agents]),
      new EngineReader(engine),
    ];
    this.#deadlineMs = options.deadlineMs ?? READ_DEADLINE_MS;
    this.#clock = options.clock ?? (() => performance.now());
  }

  describe(query: UsageQuery): string {
    return `use of task ${query.taskId}`;
  }

  /** Reads all tasks at once. What is not answered within the deadline is null, as is CPU on the first reading. */
  async read(
    queries: readonly UsageQuery[],
    options: ReadOptions & { deadlineMs?: number } = {},
  ): Promise<TaskUsage[]> {
    const live = new Set(queries.map(({ containerId }) => containerId));
    for (const reader of this.#readers) reader.keepOnly(live);
    for (const id of this.#last.keys()) if (!live.has(id)) this.#last.delete(id);

    const deadlineMs = options.deadlineMs ?? this.#deadlineMs;
    await this.#begin(queries, startDeadline(deadlineMs, options.signal));
    // What was waited for there must not be missing here: an old Engine needs its second.
    const deadline = startDeadline(deadlineMs, options.signal);
    try {
      // Thousands of promises for what is there already would be most of the work.
      const found = queries.map((query) => this.#readOne(query, deadline.signal));
      return found.every(isThere) ? found : await Promise.all(found.map((one) => Promise.resolve(one)));
    } finally {
      deadline.clear();
      for (const reader of this.#readers) reader.end?.();
    }
  }

  close(): Promise<void> {
    this.#last.clear();
    return Promise.resolve();
  }

  async #begin(queries: readonly UsageQuery[], deadline: Deadline): Promise<void> {
    try {
      await Promise.all(this.#readers.map(async (reader) => reader.begin?.(queries, deadline.signal)));
    } finally {
      deadline.clear();
    }
  }

  #readOne(query: UsageQuery, signal: AbortSignal): TaskUsage | Promise<TaskUsage> {
    const reading = this.#firstReading(query, signal);
    return isThere(reading)
      ? this.#usageOf(query, reading)
      : reading.then((one) => this.#usageOf(query, one));
  }

  #usageOf(query: UsageQuery, reading: ContainerReading | null): TaskUsage {
    const { taskId, serviceId } = query;
    if (reading === null) {
      const missing = this.#whyMissing(query);
      return {
        taskId,
        serviceId,
        cpuPercent: null,
        memoryPercent: null,
        memoryBytes: null,
        throttledPercent: null,
        ...(missing === null ? {} : { missing }),
      };
    }
    const arrivedMs = this.#clock();
    const last = this.#last.get(query.containerId);
    const cores = coresUsed(last, reading, arrivedMs);
    const throttled = cores === null ? null : throttledPercent(last, reading);
    this.#remember(query.containerId, last, reading, arrivedMs);
    return {
      taskId,
      serviceId,
      cpuPercent: cores === null ? null : (cores / query.cores) * 100,
      memoryPercent:
        reading.memoryBytes === null || query.memoryLimitBytes === null
          ? null
          : (reading.memoryBytes / query.memoryLimitBytes) * 100,
      memoryBytes: reading.memoryBytes,
      throttledPercent: throttled,
    };
  }

  #remember(containerId: string, last: Last | undefined, reading: ContainerReading, arrivedMs: number): void {
    const { reader, atMs, cpuNs, throttling } = reading;
    if (last === undefined) {
      this.#last.set(containerId, { reader, atMs, cpuNs, throttling, arrivedMs });
      return;
    }
    last.reader = reader;
    last.atMs = atMs;
    last.cpuNs = cpuNs;
    last.throttling = throttling;
    last.arrivedMs = arrivedMs;
  }

  #firstReading(
    query: UsageQuery,
    signal: AbortSignal,
    from = 0,
  ): ContainerReading | null | Promise<ContainerReading | null> {
    for (let index = from; index < this.#readers.length; index++) {
      const reading = this.#readers[index]?.read(query, signal) ?? null;
      if (!isThere(reading))
        return reading.then((one) => one ?? this.#firstReading(query, signal, index + 1));
      if (reading !== null) return reading;
    }
    return null;
  }

  #whyMissing(query: UsageQuery): MissingUsage | null {
    for (const reader of this.#readers) {
      const why = reader.whyNot?.(query) ?? null;
      if (why !== null) return why;
    }
    return null;
  }
}

function isThere<T>(one: T | Promise<T>): one is T {
  return !(one instanceof Promise);
}

/** Cores used between two readings: CPU time over time. Null when the two cannot be compared. */
function coresUsed(before: Last | undefined, now: ContainerReading, arrivedMs: number): number | null {
  if (before?.reader !== now.reader) return null;
  const span = now.atMs - before.atMs;
  const used = now.cpuNs - before.cpuNs;
  if (span < SHORTEST_SPAN_MS || used < 0) return null;
  if (Math.abs(span - (arrivedMs - before.arrivedMs)) > CLOCK_SLACK_MS) return null;
  return used / (span * 1e6);
}

/** A task that did not run between the two readings was not held back either. */
function throttledPercent(before: Last | undefined, now: ContainerReading): number | null {
  const earlier = before?.throttling;
  if (!earlier || now.throttling === null) return null;
  const periods = now.throttling.periods - earlier.periods;
  const throttled = now.throttling.throttled - earlier.throttled;
  if (periods < 0 || throttled < 0) return null;
  return periods === 0 ? 0 : (throttled / periods) * 100;
}

/**
 * Queries for those of the tasks that run in a container, on whatever node, with what their use is a percentage of.
 * @param nodeId the Engine's own node
 */
export function usageQueries(tasks: readonly SwarmTask[], nodeId: string): UsageQuery[] {
  return tasks.flatMap((task) => {
    const container = task.Status.ContainerStatus;
    const containerId = container?.ContainerID;
    if (task.NodeID === undefined || !isRunning(task) || containerId === undefined || containerId === '')
      return [];
    const { Limits: limits, Reservations: reservations } = task.Spec.Resources ?? {};
    const nanoCores = positive(limits?.NanoCPUs) ?? positive(reservations?.NanoCPUs) ?? 1e9;
    return [
      {
        taskId: task.ID,
        serviceId: task.ServiceID,
        nodeId: task.NodeID,
        isLocal: task.NodeID === nodeId,
        containerId,
        pid: positive(container?.PID),
        cores: nanoCores / 1e9,
        memoryLimitBytes: positive(limits?.MemoryBytes),
      },
    ];
  });
}

/** Runs, and is meant to go on running. */
export function isRunning(task: SwarmTask): boolean {
  return task.DesiredState === 'running' && task.Status.State === 'running';
}

function positive(value: number | undefined): number | null {
  return value !== undefined && value > 0 ? value : null;
}
