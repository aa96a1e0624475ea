/** What every source has in common that asks one address of an HTTP server for one number. */

import { httpGet, type HttpAnswer } from '../http-get.js';
import type { AuthorizationSource } from './authorization.js';
import { startDeadline } from './deadline.js';
import type { Measurement, ReadOptions, Source } from './types.js';

export interface HttpSourceOptions {
  authorization: AuthorizationSource;
  deadlineMs?: number;
}

/** All queries are asked at once, under one deadline. What goes wrong with one is unknown, with the reason. */
export abstract class HttpSource<Query> implements Source<Query, Measurement> {
  readonly #authorization: AuthorizationSource;
  protected readonly deadlineMs: number;

  constructor({ authorization, deadlineMs }: HttpSourceOptions, usualDeadlineMs: number) {
    this.#authorization = authorization;
    this.deadlineMs = deadlineMs ?? usualDeadlineMs;
  }

  abstract describe(query: Query): string;
  protected abstract address(query: Query): string;
  protected abstract measure(answer: HttpAnswer, query: Query): Measurement;
  /** whom an error is put down to */
  protected readonly server: string | null = null;
  protected readonly maxBytes: number | null = null;

  async read(queries: readonly Query[], options: ReadOptions = {}): Promise<Measurement[]> {
    const deadline = startDeadline(this.deadlineMs, options.signal);
    try {
      return await Promise.all(queries.map((query) => this.#ask(query, deadline.signal)));
    } finally {
      deadline.clear();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #ask(query: Query, signal: AbortSignal): Promise<Measurement> {
    try {
      const authorization = await this.#authorization();
      const answer = await httpGet(this.address(query), {
        signal,
        ...(this.maxBytes !== null && { maxBytes: this.maxBytes }),
        headers: { accept: 'application/json', ...(authorization !== null && { authorization }) },
      });
      return this.measure(answer, query);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { value: null, note: this.server === null ? why : `${this.server}: ${why}` };
    }
  }
}
