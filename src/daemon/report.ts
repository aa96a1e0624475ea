/** Which events are news: a decision that says what the last one said is repeated once a minute, not at every tick. */

import { formatDurationMs } from '../text.js';
import { reasonText, toText } from '../autoscale/text.js';
import type { DaemonEvent, DaemonLog, Evaluation, LogLevel, ServiceOutcome } from './types.js';

const REPEAT_MS = 60_000;

export class Reporter {
  readonly #log: DaemonLog;
  readonly #said = new Map<string, { what: string; at: number }>();
  readonly #invalid = new Map<string, string>();

  constructor(log: DaemonLog) {
    this.#log = log;
  }

  report(evaluation: Evaluation, nowMs: number): void {
    for (const outcome of evaluation.outcomes) {
      this.#log({ level: this.#levelOf(outcome, nowMs), at: outcome.at, type: 'decision', outcome });
    }
    const present = new Map(evaluation.invalid.map(({ service, problems }) => [service, problems]));
    for (const [service, problems] of present) {
      const what = JSON.stringify(problems);
      if (this.#invalid.get(service) === what) continue;
      this.#invalid.set(service, what);
      this.#log({ level: 'error', at: evaluation.at, type: 'invalid-policy', service, problems });
    }
    for (const service of this.#invalid.keys()) {
      if (present.has(service)) continue;
      this.#invalid.delete(service);
      this.#log({ level: 'info', at: evaluation.at, type: 'policy-mended', service });
    }
    const seen = new Set(evaluation.outcomes.map(({ serviceId }) => serviceId));
    for (const id of this.#said.keys()) if (!seen.has(id)) this.#said.delete(id);
  }

  #levelOf(outcome: ServiceOutcome, nowMs: number): LogLevel {
    const what = gist(outcome);
    const last = this.#said.get(outcome.serviceId);
    if (last?.what === what && nowMs - last.at < REPEAT_MS) return 'debug';
    this.#said.set(outcome.serviceId, { what, at: nowMs });
    if (outcome.action.kind === 'failed') return 'error';
    const blind = outcome.decision.signals.some(({ need }) => need === null);
    return blind || outcome.action.kind === 'gone' ? 'warn' : 'info';
  }
}

/** What makes two outcomes the same news: everything but the numbers that were measured. */
export function gist({ decision, action }: Pick<ServiceOutcome, 'decision' | 'action'>): string {
  return JSON.stringify([
    decision.outcome,
    decision.from,
    decision.to,
    action.kind,
    decision.adjustments.map(({ rule }) => rule),
    decision.signals.map(({ need }) => need === null),
  ]);
}

/** One line for people, without time and level. */
export function formatEvent(event: DaemonEvent): string {
  switch (event.type) {
    case 'started':
      return (
        `watching ${event.address} every ${formatDurationMs(event.intervalMs)} as process ${event.pid}` +
        (event.dryRun ? ', writing nothing (dry run)' : '')
      );
    case 'listening':
      return `answers at ${event.socket}`;
    case 'not-listening':
      return `no socket for status: ${event.message}`;
    case 'decision':
      return outcomeText(event.outcome);
    case 'invalid-policy':
      return `${event.service} is left alone: ${event.problems
        .map(({ place, message, hint }) => `${place}: ${message}${hint === undefined ? '' : `. ${hint}`}`)
        .join(' ')}`;
    case 'policy-mended':
      return `${event.service}: its policy is no longer in error`;
    case 'engine-lost':
      return `the Engine is lost, trying again until it is back: ${event.message}`;
    case 'engine-back':
      return `the Engine is back after ${formatDurationMs(event.afterMs)}`;
    case 'serving':
      return `serves ${event.address}`;
    case 'asked':
      return event.text;
    case 'journal-lost':
      return `the journal is not written, only kept in memory: ${event.message}`;
    case 'webhook-failed':
      return `a notification was given up: ${event.message}`;
    case 'leading':
      return 'leading: holds the lease of this Swarm';
    case 'standing-by':
      return `standing by: ${event.host} (${event.pid}) holds the lease since ${event.since}`;
    case 'lease-lost':
      return `acts no more, the lease is lost: ${event.message}`;
    case 'stopped':
      return `stopped: ${event.reason}`;
  }
}

function outcomeText({ decision, action, service }: ServiceOutcome): string {
  switch (action.kind) {
    case 'none':
      return toText(decision);
    case 'scaled':
      return action.attempts === 1
        ? toText(decision)
        : `${toText(decision)} (decided anew ${times(action.attempts - 1)}: somebody else had changed the service)`;
    case 'would-scale':
      return `${toText(decision)} (dry run: not written)`;
    case 'standing-by':
      return `${toText(decision)} (standing by: not written)`;
    case 'gone':
      return `${service}: was removed meanwhile (${reasonText(decision)})`;
    case 'failed':
      return `${toText(decision)}: NOT carried out: ${action.message}`;
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
