import { setImmediate as yieldToLoop } from 'node:timers/promises';

const SLICE_MS = 5;

/** @type {Promise<void>} */
let last = Promise.resolve();

/**
 * Uses `ms` of processor time: time used, not time passed, so a throttled container needs longer for the same work.
 *
 * One burn at a time and in small slices: between two slices the event loop answers everything else, so a replica
 * that is at its limit still answers its health check. Without that, load would get replicas killed.
 *
 * @param {number} ms
 * @param {AbortSignal} signal  stops early, because nobody waits for the answer of a client that is gone
 * @returns {Promise<void>}
 */
export function burn(ms, signal) {
  const mine = last.then(() => spin(ms, signal));
  last = mine.catch(() => undefined);
  return mine;
}

/** @param {number} ms @param {AbortSignal} signal */
async function spin(ms, signal) {
  const start = process.cpuUsage();
  while (!signal.aborted) {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until);
    const used = process.cpuUsage(start);
    if ((used.user + used.system) / 1000 >= ms) return;
    await yieldToLoop();
  }
}
