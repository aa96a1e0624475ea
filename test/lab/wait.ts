import { setTimeout as delay } from 'node:timers/promises';
import { LabError, messageOf } from './errors.js';

export interface WaitOptions {
  /** How long to look for the state before giving up. */
  deadlineMs: number;
  /** Pause between two looks; a look itself may take longer. */
  everyMs?: number;
  signal?: AbortSignal | undefined;
  /** What to do when the state does not come; part of the error. */
  hint?: string;
}

/** What one look found: done with a value, or the state as it is now, in words. */
export type Look<T> = { done: true; value: T } | { done: false; state: string };

/**
 * Looks until a state is there. A look that throws counts as "not yet"; its message is the state.
 * @throws LabError with the last state seen, when the deadline passes.
 */
export async function waitFor<T>(
  what: string,
  look: () => Look<T> | Promise<Look<T>>,
  options: WaitOptions,
): Promise<T> {
  const end = Date.now() + options.deadlineMs;
  let state = 'not looked at yet';
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const seen = await look();
      if (seen.done) return seen.value;
      state = seen.state;
    } catch (error) {
      if (error instanceof LabError) throw error;
      state = messageOf(error);
    }
    if (Date.now() >= end) {
      const seconds = Math.round(options.deadlineMs / 1000);
      throw new LabError(
        `${what}: not within ${seconds} s (last seen: ${state})${options.hint ? `; ${options.hint}` : ''}`,
      );
    }
    await delay(options.everyMs ?? 50, undefined, options.signal ? { signal: options.signal } : {});
  }
}
