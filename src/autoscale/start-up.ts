/** What it takes until a replica that was asked for makes a difference. */

import type { History, Snapshot } from './types.js';

/** Until a task's way to health was measured. */
const DEFAULT_HEALTHY_AFTER_MS = 30_000;
/** Tasks that took longer than this waited for a node or an image. */
const LONGEST_HEALTHY_AFTER_MS = 5 * 60_000;
/** As far back as a signal looks (5xx answers): before that a replica that serves has not changed all of it. */
const UNTIL_SEEN_MS = 30_000;

/** A growth is remembered for so long at most. */
export const LONGEST_UNTIL_SEEN_MS = LONGEST_HEALTHY_AFTER_MS + UNTIL_SEEN_MS;

/** From a task's creation until it serves, milliseconds. */
export function healthyAfterMs({ healthyAfterMs: measured }: Snapshot): number {
  return Math.min(LONGEST_HEALTHY_AFTER_MS, measured ?? DEFAULT_HEALTHY_AFTER_MS);
}

/**
 * Replicas before a growth that cannot show in the signals yet; infinity where there was none. Signals that are
 * multiplied by, or added to, what runs are reckoned from no more than these: as the new replicas begin to run one by
 * one, a queue or a latency that is still the old one would ask for the same again on top of each. At least 1: nothing
 * is a multiple of none, and a service that was woken may grow as soon as it runs.
 */
export function replicasBeforeGrowth(snapshot: Snapshot, { scales }: History, now: number): number {
  const untilMs = healthyAfterMs(snapshot) + UNTIL_SEEN_MS;
  const recent = scales.filter(({ at, from, to }) => to > from && at > now - untilMs);
  return Math.min(Infinity, ...recent.map(({ from }) => Math.max(1, from)));
}
