/** A daemon that is killed while it scales, at moments that nobody chose, and started anew. */

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { waitFor, type Running } from './harness.js';
import { lastLines, PER_REPLICA, type Stage } from './three-managers.js';

/** The new daemon waits for the lease of the dead one to lapse, 10 s, before it acts. */
const DEADLINE_MS = 40_000;
/** From the arrival of jobs to a moment after the update that answers them: both sides of it must be hit. */
const LONGEST_LIFE_MS = 1_500;

/**
 * Changes the number of jobs, kills the daemon within the next moments, starts another, and waits for the count that
 * the jobs need: again and again. Each change of the count must have been made, whole, and once.
 * @returns in how many rounds the daemon died before its update, and in how many after it
 */
export async function killAtRandom(
  stage: Stage,
  rounds: number,
  random: () => number,
): Promise<{ before: number; after: number }> {
  const watch = new AbortController();
  let daemon: Running = stage.startDaemon(1);
  const died = { before: 0, after: 0 };
  try {
    const settled = (need: number): Promise<unknown> =>
      waitFor(
        `${need} workers`,
        async () => ({ now: await stage.desired('worker'), daemon: lastLines(daemon) }),
        ({ now }) => now === need,
        DEADLINE_MS,
      );
    await stage.jobs(0);
    await settled(1);
    let from = 1;
    const seen = stage.watchCounts(watch.signal);
    const expected: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const need = from === 6 ? 1 : from + 1 + Math.floor(random() * (6 - from));
      await stage.jobs(need * PER_REPLICA);
      // The chosen moment is the point of it; no state is waited for here.
      await delay(random() * LONGEST_LIFE_MS);
      daemon.child.kill('SIGKILL');
      await daemon.ended;
      died[(await stage.desired('worker')) === need ? 'after' : 'before']++;
      daemon = stage.startDaemon(1);
      await settled(need);
      expected.push(`worker ${from}-${need}`);
      from = need;
    }
    await waitFor(
      'the last change to be seen',
      () => Promise.resolve(seen.filter((one) => one.startsWith('worker'))),
      (now) => now.length >= expected.length,
    );
    expect(seen.filter((one) => !one.startsWith('api') && !one.startsWith('web'))).toEqual(expected);
  } finally {
    watch.abort();
    await daemon.stop();
  }
  return died;
}
