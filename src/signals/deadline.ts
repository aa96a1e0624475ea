/** One abort signal per round of readings: ends with the caller's or at the deadline, and leaves no listener behind. */

import { setMaxListeners } from 'node:events';

export interface Deadline {
  signal: AbortSignal;
  /** To be called when the round is over. */
  clear(): void;
}

export function startDeadline(ms: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  // Every container of a round listens on this one signal, which is no leak.
  setMaxListeners(0, controller.signal);
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

/** The promise's value, or null when it fails or the signal aborts first. */
export function valueOrNull<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.resolve(null);
  }
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(null);
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, giveUp).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
