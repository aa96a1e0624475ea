import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Delay before attempt `n` (from 0): doubling, capped, with up to a quarter of it taken off by chance, so that ten
 * replicas which lost the same database do not all come back in the same millisecond.
 *
 * @param {number} attempt
 * @param {{ firstMs?: number, mostMs?: number, random?: () => number }} [options]
 */
export function backoffMs(attempt, { firstMs = 200, mostMs = 3000, random = Math.random } = {}) {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 20));
  return Math.round(full * (1 - random() / 4));
}

/**
 * Calls `action` until it succeeds or `signal` is aborted.
 *
 * @template T
 * @param {() => Promise<T>} action
 * @param {{ signal: AbortSignal, onFailure?: (error: unknown, attempt: number) => void }} options
 * @returns {Promise<T>}
 */
export async function untilDone(action, { signal, onFailure }) {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      onFailure?.(error, attempt);
      await sleep(backoffMs(attempt), undefined, { signal });
    }
  }
}
