/** All that the daemon remembers of itself, and those it tells: the journal, the metrics, the webhook. */

import type { DecisionBasis } from '../autoscale/thresholds.js';
import { whatWouldAct, type Outlook } from '../autoscale/outlook.js';
import type { Clock } from './clock.js';
import { Journal } from './journal.js';
import { Metrics } from './metrics.js';
import { Notices } from './notices.js';
import { journalPath } from './state-dir.js';
import type { RuntimePlace } from './runtime-dir.js';
import type { DaemonEvent, DaemonLog, Evaluation } from './types.js';
import { Webhook } from './webhook.js';

export interface RecordOptions {
  clock: Clock;
  version?: string;
  /** Absent: the journal is kept in memory alone. */
  place?: RuntimePlace;
  /** Absent or null: nobody is notified. */
  webhookUrl?: string | null;
  /** where trouble with the journal or the webhook is told */
  log?: DaemonLog;
}

export class DaemonRecord {
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly #options: RecordOptions;
  readonly #webhook: Webhook | null;
  readonly #notices: Notices | null;
  readonly #bases = new Map<string, DecisionBasis>();
  #clusterId: string | null = null;

  constructor(options: RecordOptions) {
    const { clock, version = 'development', webhookUrl = null } = options;
    this.#options = options;
    const { monotonicMs } = clock;
    this.journal = new Journal({
      monotonicMs,
      onFailure: (message) => this.#trouble('journal-lost', message),
    });
    this.metrics = new Metrics({ version, monotonicMs });
    this.#webhook =
      webhookUrl === null
        ? null
        : new Webhook({
            url: webhookUrl,
            clock,
            about: () => ({ clusterId: this.#clusterId }),
            onResult: (result, message) => {
              this.metrics.notification(result);
              if (result !== 'sent') this.#trouble('webhook-failed', message);
            },
          });
    const webhook = this.#webhook;
    this.#notices = webhook === null ? null : new Notices((notice) => webhook.notify(notice));
  }

  /** Once, as soon as it is known which Swarm this is. Does not throw: what cannot be read is as if it were not there. */
  async begin(clusterId: string): Promise<void> {
    this.#clusterId = clusterId;
    const { place } = this.#options;
    if (place !== undefined) await this.journal.begin(journalPath(clusterId, place));
  }

  event(event: DaemonEvent): void {
    this.journal.record(event);
    this.metrics.event(event);
    this.#notices?.event(event);
  }

  tick(evaluation: Evaluation, durationMs: number): void {
    this.metrics.tick(evaluation, durationMs);
    this.#notices?.tick(evaluation, this.#options.clock.monotonicMs());
    const present = new Set(evaluation.outcomes.map(({ serviceId }) => serviceId));
    for (const id of this.#bases.keys()) if (!present.has(id)) this.#bases.delete(id);
  }

  decided(serviceId: string, basis: DecisionBasis): void {
    this.#bases.set(serviceId, basis);
  }

  /** What would change it now; null for a service without a decision. */
  outlook(serviceId: string): Outlook | null {
    const basis = this.#bases.get(serviceId);
    return basis === undefined ? null : whatWouldAct(basis);
  }

  #trouble(type: 'journal-lost' | 'webhook-failed', message: string): void {
    const at = new Date(this.#options.clock.wallMs()).toISOString();
    const event: DaemonEvent = { level: 'warn', at, type, message };
    this.#options.log?.(event);
    this.event(event);
  }

  async close(): Promise<void> {
    await Promise.all([this.journal.close(), this.#webhook?.close()]);
  }
}
