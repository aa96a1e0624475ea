/** Sources of measurements. A source says `null` where it does not know: never zero, never an old number. */

export interface ReadOptions {
  signal?: AbortSignal;
}

/**
 * One source of measurements. `read` takes all queries of a tick at once, answers within its own deadline, in the
 * order of the queries, and does not throw for a measurement that is not to be had.
 */
export interface Source<Query, Reading> {
  /** What is read, for a person, without secrets: `list "orders" at redis://redis:6379/0`. */
  describe(query: Query): string;
  read(queries: readonly Query[], options?: ReadOptions): Promise<Reading[]>;
  close(): Promise<void>;
}

export interface QueueQuery {
  /** `redis://` or `rediss://`, without a password */
  url: string;
  key: string;
}

export interface QueueLength {
  /** null when unknown, with the reason in `note` */
  length: number | null;
  /** wall clock, milliseconds since 1970; null when unknown */
  at: number | null;
  note?: string;
}

/** One running task of this Engine's node, with what its use is measured against. */
export interface UsageQuery {
  taskId: string;
  serviceId: string;
  containerId: string;
  /** process id on the Engine's machine, where the Engine tells it */
  pid: number | null;
  /** cores that are 100 %: the limit, else the reservation, else 1 */
  cores: number;
  /** bytes that are 100 %: the limit; null without one */
  memoryLimitBytes: number | null;
}

export interface TaskUsage {
  taskId: string;
  serviceId: string;
  /** null until there are two readings of the same container, and when a reading failed */
  cpuPercent: number | null;
  /** null without a memory limit, and when the reading failed */
  memoryPercent: number | null;
  memoryBytes: number | null;
}

/** What is known of one service's use. */
export interface ServiceUsage {
  serviceId: string;
  /** mean over the measured tasks; null when none was */
  cpuPercent: number | null;
  memoryPercent: number | null;
  /** tasks whose CPU use is known */
  sampled: number;
  /** the service's running tasks on all nodes */
  running: number;
  tasks: readonly TaskUsage[];
}
