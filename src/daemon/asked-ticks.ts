/** Those who ask for a tick at once, and get what the next whole one brings. */

import type { Evaluation } from './types.js';

interface Waiting {
  resolve: (evaluation: Evaluation) => void;
  reject: (reason: Error) => void;
}

export class AskedTicks {
  readonly #hint: () => void;
  /** asked since the last tick began; one that was under way then has not seen what they want seen */
  #next: Waiting[] = [];
  #current: Waiting[] = [];

  /** @param hint ends the wait for the next tick */
  constructor(hint: () => void) {
    this.#hint = hint;
  }

  ask(): Promise<Evaluation> {
    const answer = new Promise<Evaluation>((resolve, reject) => this.#next.push({ resolve, reject }));
    this.#hint();
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
