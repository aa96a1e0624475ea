/**
 * How fast workers work, from how a queue changes between readings: jobs per second that a busy replica gets done,
 * and jobs that it works at at once. Only times count in which jobs waited from beginning to end, since then every
 * worker was busy. Where the queue does not count what is done, jobs that came meanwhile hide some of it: the rate is
 * then too low, which asks for too many workers and not for too few.
 */

import type { QueueWork } from './types.js';

export interface WorkRate {
  /** null until measured */
  ratePerReplica: number | null;
  concurrency: number | null;
}

interface Sample extends QueueWork {
  atMs: number;
  running: number;
}

interface Measured {
  atMs: number;
  /** jobs done; replicas x seconds in which they were */
  done: number;
  replicaSeconds: number;
  /** the queue itself counted them */
  counted: boolean;
  concurrency: number | null;
}

/** What was measured is forgotten after this long, so that it follows other jobs and other code. */
const KEPT_MS = 600_000;
const SHORTEST_SPAN_MS = 1_000;
const LONGEST_SPAN_MS = 60_000;

/** Keeps the readings of each queue. Not for overlapping ticks. */
export class WorkRates {
  readonly #last = new Map<string, Sample>();
  readonly #measured = new Map<string, Measured[]>();

  /**
   * @param id of the queue and the service that works at it
   * @param running replicas that run
   * @param atMs of a clock that does not jump
   */
  observe(id: string, work: QueueWork, running: number, atMs: number): WorkRate {
    const last = this.#last.get(id);
    const now: Sample = { ...work, running, atMs };
    const kept = (this.#measured.get(id) ?? []).filter((one) => one.atMs > atMs - KEPT_MS);
    const span = last === undefined ? 0 : atMs - last.atMs;
    // Readings of one moment are one reading.
    if (last === undefined || span >= SHORTEST_SPAN_MS) this.#last.set(id, now);
    if (last !== undefined && span >= SHORTEST_SPAN_MS && span <= LONGEST_SPAN_MS) {
      const measured = measure(last, now);
      if (measured !== null) kept.push(measured);
    }
    this.#measured.set(id, kept);
    return summarise(kept);
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#last.keys()) {
      if (ids.has(id)) continue;
      this.#last.delete(id);
      this.#measured.delete(id);
    }
  }
}

function measure(before: Sample, now: Sample): Measured | null {
  const { running } = before;
  const busy = before.waiting > 0 && now.waiting > 0 && running > 0 && now.running === running;
  if (!busy || before.paused || now.paused) return null;
  const counted = before.done !== null && now.done !== null;
  const left = (sample: Sample): number => sample.waiting + (sample.inFlight ?? 0);
  const done = counted ? (now.done ?? 0) - (before.done ?? 0) : left(before) - left(now);
  // Counters that began anew, or more jobs that came than were done: nothing to be learnt of the rate.
  const seconds = done > 0 ? (now.atMs - before.atMs) / 1000 : 0;
  return {
    atMs: now.atMs,
    done: Math.max(0, done),
    replicaSeconds: seconds * running,
    counted,
    concurrency: now.inFlight === null || now.inFlight === 0 ? null : now.inFlight / running,
  };
}

function summarise(measured: readonly Measured[]): WorkRate {
  const rated = measured.filter(({ replicaSeconds }) => replicaSeconds > 0);
  const counted = rated.filter((one) => one.counted);
  const rates = rated.map(({ done, replicaSeconds }) => done / replicaSeconds);
  const sum = (of: (one: Measured) => number): number => counted.reduce((total, one) => total + of(one), 0);
  const concurrencies = measured.flatMap(({ concurrency }) => (concurrency === null ? [] : [concurrency]));
  return {
    ratePerReplica:
      counted.length > 0
        ? sum(({ done }) => done) / sum(({ replicaSeconds }) => replicaSeconds)
        : rates.length > 0
          ? Math.max(...rates)
          : null,
    concurrency: concurrencies.length > 0 ? Math.max(...concurrencies) : null,
  };
}
