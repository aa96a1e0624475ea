/** A number from Prometheus, or from anything that answers instant queries as it does. */

import type { HttpAnswer } from '../http-get.js';
import type { PrometheusSignal } from '../policy/policy.js';
import { HttpSource, type HttpSourceOptions } from './http-source.js';
import { parseInstant } from './prometheus-answer.js';
import type { Measurement } from './types.js';

const READ_DEADLINE_MS = 3_000;

export class PrometheusQueries extends HttpSource<PrometheusSignal> {
  protected override readonly server = 'Prometheus';

  constructor(options: HttpSourceOptions) {
    super(options, READ_DEADLINE_MS);
  }

  describe({ query, url }: PrometheusSignal): string {
    return `${query} at ${url}`;
  }

  protected address({ url, query }: PrometheusSignal): string {
    const address = new URL(`${url.replace(/\/$/, '')}/api/v1/query`);
    address.searchParams.set('query', query);
    address.searchParams.set('timeout', `${this.deadlineMs}ms`);
    return address.href;
  }

  protected measure({ status, body, dateMs }: HttpAnswer): Measurement {
    if (status === 401 || status === 403) {
      return { value: null, note: `Prometheus refuses (${status}); see SCALECTL_PROMETHEUS_AUTH_FILE` };
    }
    return parseInstant(status, body, dateMs);
  }
}
