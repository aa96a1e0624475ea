/** How one container's counters are read; the sampler makes percentages of two readings. */

import type { MissingUsage, UsageQuery } from './types.js';

export interface Counters {
  /** When the counters had these values, milliseconds of the reader's own clock. */
  atMs: number;
  /** CPU time used since the container began, nanoseconds */
  cpuNs: number;
  /** Memory in use without file cache that could be dropped at once; null when unknown */
  memoryBytes: number | null;
  /** periods of the CPU limit since the container began, and those in which it was held back; null when unknown */
  throttling: { periods: number; throttled: number } | null;
}

export interface ContainerReading extends Counters {
  /** Two readings are compared only when they come from the same reader, whose clock then is one clock. */
  reader: string;
}

export interface UsageReader {
  /** Called once before the readings of a round, for what is asked for all of them together. Does not throw. */
  begin?(queries: readonly UsageQuery[], signal: AbortSignal): Promise<void>;
  /** Called once after them; what was read for this round alone can go. */
  end?(): void;
  /** null when this reader cannot read the container (now). At once where there is nothing to wait for. Does not throw. */
  read(query: UsageQuery, signal: AbortSignal): ContainerReading | null | Promise<ContainerReading | null>;
  /** Why `read` was null, for a person; null where there is nothing to tell. */
  whyNot?(query: UsageQuery): MissingUsage | null;
  /** Drops what is kept for containers that are not in this set any more. */
  keepOnly(containerIds: ReadonlySet<string>): void;
}
