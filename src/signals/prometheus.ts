/** A number from Prometheus, or from anything that answers instant queries as it does. */

import { httpGet } from '../http-get.js';
import type { PrometheusSignal } from '../policy/policy.js';
import type { AuthorizationSource } from './authorization.js';
import { startDeadline } from './deadline.js';
import { parseInstant } from './prometheus-answer.js';
import type { Measurement, ReadOptions, Source } from './types.js';

const READ_DEADLINE_MS = 3_000;

export class PrometheusQueries implements Source<PrometheusSignal, Measurement> {
  readonly #authorization: AuthorizationSource;
  readonly #deadlineMs: number;

  constructor(options: { authorization: AuthorizationSource; deadlineMs?: number }) {
    this.#authorization = options.authorization;
    this.#deadlineMs = options.deadlineMs ?? READ_DEADLINE_MS;
  }

  describe({ query, url }: PrometheusSignal): string {
    return `${query} at ${url}`;
  }

  async read(queries: readonly PrometheusSignal[], options: ReadOptions = {}): Promise<Measurement[]> {
    const deadline = startDeadline(this.#deadlineMs, options.signal);
    try {
      return await Promise.all(queries.map((query) => this.#ask(query, deadline.signal)));
    } finally {
      deadline.clear();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #ask({ url, query }: PrometheusSignal, signal: AbortSignal): Promise<Measurement> {
    try {
      const header = await this.#authorization();
      const address = new URL(`${url.replace(/\/$/, '')}/api/v1/query`);
      address.searchParams.set('query', query);
      address.searchParams.set('timeout', `${this.#deadlineMs}ms`);
      const { status, body, dateMs } = await httpGet(address.href, {
        signal,
        headers: { accept: 'application/json', ...(header === null ? {} : { authorization: header }) },
      });
      if (status === 401 || status === 403) {
        return { value: null, note: `Prometheus refuses (${status}); see SCALECTL_PROMETHEUS_AUTH_FILE` };
      }
      return parseInstant(status, body, dateMs);
    } catch (error) {
      return { value: null, note: `Prometheus: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
}
