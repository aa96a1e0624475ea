/** Sources of measurements. A source says `null` where it does not know: never zero, never an old number. */

export interface ReadOptions {
  signal?: AbortSignal;
  /** A look between two ticks: the rates of the next tick still begin at the last one. */
  between?: boolean;
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

/** What a source found for one signal. */
export interface Measurement {
  /** null when unknown, with the reason in `note`. Of a queue: the jobs that wait and those in flight. */
  value: number | null;
  /** How old the number already was when it was read, milliseconds; 0 where the source does not tell. */
  ageMs?: number;
  note?: string;
  /** Why the number may be too small: `only 1 of 2 balancers answered`. */
  partial?: string;
  /** requests that wait for a server at this moment, beside those that arrive; null when unknown */
  queued?: number | null;
  /** more about a queue */
  work?: QueueWork;
}

export interface QueueWork {
  waiting: number;
  /** being worked at; null where that cannot be seen */
  inFlight: number | null;
  /** nobody takes from the queue for now, because somebody said so */
  paused: boolean;
  /** jobs finished since some moment in the past, of which only the growth means something; null where not counted */
  done: number | null;
}

/** One running task, with what its use is measured against. */
export interface UsageQuery {
  taskId: string;
  serviceId: string;
  nodeId: string;
  /** whether it runs on the Engine's own node, whose containers alone the Engine tells of */
  isLocal: boolean;
  containerId: string;
  /** process id on the Engine's machine, where the Engine tells it */
  pid: number | null;
  /** cores that are 100 %: the limit, else the reservation, else 1 */
  cores: number;
  /** bytes that are 100 %: the limit; null without one */
  memoryLimitBytes: number | null;
}

/** Why a task could not be measured: `2 on node3, whose agent does not answer`. */
export interface MissingUsage {
  /** host name of the node, or its id where no name is to be had */
  node: string;
  /** completes "… on NODE, " */
  why: string;
}

export interface TaskUsage {
  taskId: string;
  serviceId: string;
  /** null until there are two readings of the same container, and when a reading failed */
  cpuPercent: number | null;
  /** null without a memory limit, and when the reading failed */
  memoryPercent: number | null;
  memoryBytes: number | null;
  /** periods in which the CPU limit held the task back, in percent of those in which it ran; null like `cpuPercent` */
  throttledPercent: number | null;
  /** why there is no reading, where that is known */
  missing?: MissingUsage;
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
