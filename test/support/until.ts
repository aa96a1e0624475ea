/** Reads until the answer pleases or the time is over, and gives the last answer, so that a test can say what it was. */

import { setTimeout as delay } from 'node:timers/promises';

export async function until<T>(
  read: () => Promise<T>,
  pleases: (value: T) => boolean,
  withinMs = 8_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (pleases(value) || performance.now() > deadline) return value;
    await delay(50);
  }
}
