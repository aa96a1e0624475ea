/** What the daemon counts of itself, and what it saw last of the services, for Prometheus. docs/why.md has the table. */

import { Counter, Histogram, renderMetrics, type Family, type Labels, type Sample } from './metrics-text.js';
import type { DaemonEvent, Evaluation, ServiceOutcome } from './types.js';

const TICK_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Metrics {
  readonly #decisions = new Counter();
  readonly #scales = new Counter();
  readonly #errors = new Counter();
  readonly #notifications = new Counter();
  readonly #ticks = new Histogram(TICK_SECONDS);
  readonly #version: string;
  readonly #monotonicMs: () => number;
  #last: { evaluation: Evaluation; atMs: number } | null = null;
  #engineUp: boolean | null = null;
  /** Whether this daemon is the one that acts; null while there is none to choose from. */
  leader: boolean | null = null;

  constructor({ version, monotonicMs }: { version: string; monotonicMs: () => number }) {
    this.#version = version;
    this.#monotonicMs = monotonicMs;
    // A counter that begins with its first error hides that error from rate().
    for (const kind of ['engine', 'write', 'policy', 'journal', 'webhook']) this.#errors.add({ kind }, 0);
  }

  event(event: DaemonEvent): void {
    switch (event.type) {
      case 'decision':
        this.#count(event.outcome);
        break;
      case 'engine-lost':
        this.#engineUp = false;
        this.#errors.add({ kind: 'engine' });
        break;
      case 'engine-back':
        this.#engineUp = true;
        break;
      case 'invalid-policy':
        this.#errors.add({ kind: 'policy' });
        break;
      case 'journal-lost':
        this.#errors.add({ kind: 'journal' });
        break;
      case 'webhook-failed':
        this.#errors.add({ kind: 'webhook' });
        break;
      default:
    }
  }

  tick(evaluation: Evaluation, durationMs: number): void {
    this.#engineUp = true;
    this.#last = { evaluation, atMs: this.#monotonicMs() };
    this.#ticks.observe(durationMs / 1000);
  }

  notification(result: 'sent' | 'failed' | 'dropped'): void {
    this.#notifications.add({ result });
  }

  render(): string {
    return renderMetrics([
      gauge('scalectl_build_info', 'Version of scalectl; always 1.', [
        { labels: { version: this.#version }, value: 1 },
      ]),
      gauge('scalectl_engine_up', '1 while the Docker Engine answers.', flag(this.#engineUp)),
      gauge('scalectl_leader', '1 while this daemon is the one that scales.', flag(this.leader)),
      counter(
        'scalectl_decisions_total',
        'Decisions, by outcome and by the rule that had the last word.',
        this.#decisions,
      ),
      counter('scalectl_scales_total', 'Changes of replica counts that were written.', this.#scales),
      counter('scalectl_errors_total', 'Errors, by what they were of.', this.#errors),
      counter(
        'scalectl_notifications_total',
        'Notifications of the webhook, by what became of them.',
        this.#notifications,
      ),
      {
        name: 'scalectl_tick_duration_seconds',
        type: 'histogram',
        help: 'Time of one evaluation of all services.',
        samples: this.#ticks.samples(),
      },
      ...this.#services(),
    ]);
  }

  #count({ service, decision, action }: ServiceOutcome): void {
    const rule = decision.adjustments.at(-1)?.rule ?? 'none';
    this.#decisions.add({ service, outcome: decision.outcome, rule });
    if (action.kind === 'scaled')
      this.#scales.add({ service, direction: action.to > action.from ? 'up' : 'down' });
    if (action.kind === 'failed') this.#errors.add({ kind: 'write' });
  }

  /** Nothing while the Engine is lost: what was true then is not known now. */
  #services(): Family[] {
    if (this.#last === null || this.#engineUp !== true) return [];
    const { evaluation, atMs } = this.#last;
    const { outcomes, invalid, usage } = evaluation;
    const ageMs = this.#monotonicMs() - atMs;
    const each = (value: (one: ServiceOutcome) => number | null | undefined): Sample[] =>
      outcomes.flatMap((one) => sample({ service: one.service }, value(one)));
    const verdicts = outcomes.flatMap(({ service, decision }) =>
      decision.signals.map((verdict) => ({ verdict, labels: { service, signal: verdict.signal } })),
    );
    const governed = new Set(outcomes.map(({ service }) => service));
    const sampled = usage.filter(({ service }) => governed.has(service));
    return [
      gauge('scalectl_desired_replicas', 'Replicas that the service asks for.', each(desiredOf)),
      gauge(
        'scalectl_running_replicas',
        'Tasks of the service that run.',
        each(({ standing }) => standing?.running),
      ),
      gauge(
        'scalectl_min_replicas',
        'Lower bound of the policy.',
        each(({ standing }) => standing?.min),
      ),
      gauge(
        'scalectl_max_replicas',
        'Upper bound of the policy.',
        each(({ standing }) => standing?.max),
      ),
      gauge(
        'scalectl_pending_tasks',
        'Tasks that no node has taken yet.',
        each(({ standing }) => (standing === undefined ? null : (standing.pending?.tasks ?? 0))),
      ),
      gauge(
        'scalectl_paused',
        '1 while somebody has paused the service.',
        each(({ standing }) => (standing === undefined ? null : Number(standing.paused !== null))),
      ),
      gauge('scalectl_policy_invalid', '1 for a service whose policy cannot be carried out.', [
        ...invalid.map(({ service }) => ({ labels: { service }, value: 1 })),
        ...each(() => 0),
      ]),
      gauge(
        'scalectl_raw_need',
        'Replicas that a signal asks for, before windows and bounds.',
        verdicts.flatMap(({ verdict, labels }) => sample(labels, verdict.need)),
      ),
      gauge(
        'scalectl_signal_value',
        'What a signal measured; absent when unknown.',
        verdicts.flatMap(({ verdict, labels }) => sample({ ...labels, unit: verdict.unit }, verdict.value)),
      ),
      gauge(
        'scalectl_signal_known',
        '1 while the value of a signal is known.',
        verdicts.map(({ verdict, labels }) => ({ labels, value: Number(verdict.value !== null) })),
      ),
      gauge(
        'scalectl_signal_age_seconds',
        'Age of what a signal measured.',
        verdicts.flatMap(({ verdict, labels }) =>
          sample(
            labels,
            verdict.ageMs === null || verdict.value === null ? null : (verdict.ageMs + ageMs) / 1000,
          ),
        ),
      ),
      gauge(
        'scalectl_coverage_sampled',
        'Running tasks whose CPU could be measured.',
        sampled.map(({ service, sampled: value }) => ({ labels: { service }, value })),
      ),
      gauge(
        'scalectl_coverage_running',
        'Running tasks that were to be measured.',
        sampled.map(({ service, running: value }) => ({ labels: { service }, value })),
      ),
    ];
  }
}

function desiredOf({ decision, action }: ServiceOutcome): number {
  return action.kind === 'scaled' ? action.to : decision.from;
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'gauge', help, samples };
}

function counter(name: string, help: string, counts: Counter): Family {
  return { name, type: 'counter', help, samples: counts.samples() };
}

function flag(value: boolean | null): Sample[] {
  return value === null ? [] : [{ value: Number(value) }];
}

function sample(labels: Labels, value: number | null | undefined): Sample[] {
  return value === null || value === undefined ? [] : [{ labels, value }];
}
