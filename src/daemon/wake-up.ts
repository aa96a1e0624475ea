/** Cuts the wait between two ticks short when somebody asks, and gives them what the next whole tick brings. */

import type { Clock } from './clock.js';
import type { Evaluation } from './types.js';

interface Waiting {
  resolve: (evaluation: Evaluation) => void;
  reject: (reason: Error) => void;
}

export class WakeUp {
  #nudge: AbortController | null = null;
  /** asked since the last tick began; one that was under way then has not seen what they want seen */
  #next: Waiting[] = [];
  #current: Waiting[] = [];

  /** Ends early when somebody asks, or the signal aborts. */
  async sleep(ms: number, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<void> {
    if (this.#next.length > 0 || signal.aborted) return;
    const nudge = new AbortController();
    const stop = (): void => nudge.abort();
    this.#nudge = nudge;
    signal.addEventListener('abort', stop, { once: true });
    await clock.sleep(ms, nudge.signal);
    signal.removeEventListener('abort', stop);
    this.#nudge = null;
  }

  ask(): Promise<Evaluation> {
    const answer = new Promise<Evaluation>((resolve, reject) => this.#next.push({ resolve, reject }));
    this.#nudge?.abort();
    return answer;
  }

  began(): void {
    this.#current.push(...this.#next.splice(0));
  }

  ended(evaluation: Evaluation): void {
    for (const { resolve } of this.#current.splice(0)) resolve(evaluation);
  }

  /** Those who ask while there is nothing to be had are told so at once. */
  failed(reason: Error): void {
    for (const { reject } of [...this.#current.splice(0), ...this.#next.splice(0)]) reject(reason);
  }
}
