/** Time and chance, as arguments. */

import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** milliseconds since 1970; may jump */
  wallMs: () => number;
  /** milliseconds of a clock that never jumps */
  monotonicMs: () => number;
  /** Resolves after `ms`, or at once when the signal aborts. Does not throw. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** in [0, 1) */
  random: () => number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
  random: () => Math.random(),
};
