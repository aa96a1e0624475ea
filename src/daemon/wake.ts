/** Ends the wait between two ticks early when something happened in the Swarm. Events are hints: a tick looks itself. */

import type { EventReader } from '../swarm/engine.js';
import type { Clock } from './clock.js';

/** At least this long between the beginnings of two ticks, however much happens. */
const LEAST_GAP_MS = 1_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

const TYPES = ['service', 'node', 'container'];
const ACTIONS = ['create', 'update', 'remove', 'die'];

export class Wake {
  readonly #clock: Clock;
  #pending = false;
  #sleeper: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something happened. Any number of them before the next wait, or within it, end it once. */
  hint(): void {
    this.#pending = true;
    this.#sleeper?.abort();
  }

  /** Waits until `ms` are over, a hint ends it, or the signal aborts; never less than the least gap since `tickAt`. */
  async sleep(ms: number, tickAt: number, signal: AbortSignal): Promise<void> {
    const least = Math.min(ms, tickAt + LEAST_GAP_MS - this.#clock.monotonicMs());
    if (least > 0) await this.#clock.sleep(least, signal);
    const rest = ms - Math.max(0, least);
    if (!this.#pending && rest > 0 && !signal.aborted) {
      const sleeper = new AbortController();
      this.#sleeper = sleeper;
      await this.#clock.sleep(rest, AbortSignal.any([signal, sleeper.signal]));
      this.#sleeper = null;
    }
    this.#pending = false;
  }

  /** Listens until the signal aborts; a stream that breaks is no error, and is opened again after a while. */
  async listen(engine: EventReader, signal: AbortSignal): Promise<void> {
    let attempts = 0;
    while (!signal.aborted) {
      try {
        for await (const { Type, Action } of engine.events({ type: TYPES }, { signal })) {
          attempts = 0;
          // `health_status: healthy` carries its outcome in its name.
          if (ACTIONS.includes(Action) && (Type !== 'container' || Action === 'die')) this.hint();
          else if (Action.startsWith('health_status')) this.hint();
        }
      } catch {
        // Ticks come at their interval all the same.
      }
      const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempts++, 8));
      await this.#clock.sleep(backoff / 2 + (backoff / 2) * this.#clock.random(), signal);
    }
  }
}
