/** Writes services at once, but each only when what it depends on is written and up. */

import type { ServiceOperation } from './plan.js';

/** A manager takes writes one by one: more at once would only wait there. */
const MOST_AT_ONCE = 8;

interface Writing {
  write: (operation: ServiceOperation) => Promise<void>;
  /** resolves when services that were written are up; absent where only the order counts */
  waitFor?: (names: readonly string[]) => Promise<void>;
  signal: AbortSignal;
}

/**
 * Ends when all that was begun has ended; nothing is begun after a failure.
 * @param operations each after those that it names in `after`
 * @throws what the first that failed was thrown
 */
export async function writeInOrder(
  operations: readonly ServiceOperation[],
  { write, waitFor, signal }: Writing,
): Promise<void> {
  const up = new Map<string, () => Promise<void>>();
  const slots = new Slots(MOST_AT_ONCE);
  let failed = false;
  const outcomes = await Promise.allSettled(
    operations.map((operation) => {
      const { name, after } = operation;
      const awaited = after.map((other) => up.get(other)?.() ?? Promise.resolve());
      const written = (async () => {
        await Promise.all(awaited);
        await slots.run(async () => {
          signal.throwIfAborted();
          if (failed) return;
          try {
            await write(operation);
          } catch (error) {
            // Before the next one gets the slot.
            failed = true;
            throw error;
          }
        });
      })();
      let isUp: Promise<void> | null = null;
      // Only what something depends on is waited for here.
      up.set(name, () => (isUp ??= written.then(() => (failed ? undefined : waitFor?.([name])))));
      return written.catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }),
  );
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

class Slots {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async run(task: () => Promise<void>): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
