/** Which of what happens is worth a notification, and in what words. Things that last are told when they begin and end. */

import { reasonText } from '../autoscale/text.js';
import type { DaemonEvent, Evaluation, ServiceOutcome } from './types.js';

export type NoticeKind =
  | 'scaled-up'
  | 'scaled-down'
  | 'write-failed'
  | 'at-max'
  | 'at-max-over'
  | 'tasks-pending'
  | 'tasks-pending-over'
  | 'signals-unknown'
  | 'signals-known'
  | 'policy-invalid'
  | 'engine-lost'
  | 'engine-back';

export interface Notice {
  kind: NoticeKind;
  /** RFC 3339 */
  at: string;
  /** full name; null for what concerns the daemon as a whole */
  service: string | null;
  /** one sentence; Slack and others that know its webhooks show it */
  text: string;
  from?: number;
  to?: number;
  reasons?: readonly string[];
}

/** How long a need has to be above max, and tasks have to wait for a node, before it is worth a word. */
const LASTS_MS = 60_000;

type Lasting = 'at-max' | 'tasks-pending' | 'signals-unknown';

const LEAST_MS: Readonly<Record<Lasting, number>> = {
  'at-max': LASTS_MS,
  'tasks-pending': LASTS_MS,
  'signals-unknown': 0,
};

export class Notices {
  readonly #tell: (notice: Notice) => void;
  /** by service and kind: since when, and whether it was told */
  readonly #lasting = new Map<string, { sinceMs: number; told: boolean }>();
  readonly #failed = new Set<string>();

  constructor(tell: (notice: Notice) => void) {
    this.#tell = tell;
  }

  event(event: DaemonEvent): void {
    const { at } = event;
    if (event.type === 'engine-lost')
      this.#tell({ kind: 'engine-lost', at, service: null, text: `the Engine is lost: ${event.message}` });
    if (event.type === 'engine-back')
      this.#tell({ kind: 'engine-back', at, service: null, text: 'the Engine is back' });
    if (event.type === 'invalid-policy') {
      const { service, problems } = event;
      const text = `${service} is left alone, its policy cannot be used: ${problems.map(({ message }) => message).join('; ')}`;
      this.#tell({ kind: 'policy-invalid', at, service, text });
    }
  }

  /** @param nowMs of a clock that never jumps */
  tick({ outcomes }: Evaluation, nowMs: number): void {
    for (const outcome of outcomes) {
      this.#action(outcome);
      this.#atMax(outcome, nowMs);
      this.#pending(outcome, nowMs);
      this.#unknown(outcome, nowMs);
    }
    const present = new Set(outcomes.map(({ service }) => service));
    for (const key of this.#lasting.keys()) {
      if (!present.has(key.slice(key.indexOf(' ') + 1))) this.#lasting.delete(key);
    }
  }

  #action({ service, at, decision, action }: ServiceOutcome): void {
    const { reasons, from, to } = decision;
    if (action.kind === 'scaled') {
      const kind = action.to > action.from ? 'scaled-up' : 'scaled-down';
      const text = `${service}: ${from} -> ${to}: ${reasonText(decision)}`;
      this.#tell({ kind, at, service, text, from, to, reasons });
    }
    if (action.kind !== 'failed') {
      this.#failed.delete(service);
    } else if (!this.#failed.has(service)) {
      // The same failure at every tick is one piece of news.
      this.#failed.add(service);
      const text = `${service}: ${from} -> ${to} could not be written: ${action.message}`;
      this.#tell({ kind: 'write-failed', at, service, text, from, to, reasons });
    }
  }

  #atMax({ service, at, decision, standing }: ServiceOutcome, nowMs: number): void {
    const max = standing?.max ?? Infinity;
    const needed = decision.need;
    const above = needed !== null && needed > max;
    this.#last('at-max', service, above, nowMs, {
      begins: () => ({
        kind: 'at-max',
        at,
        service,
        text: `${service} needs ${needed ?? '-'} replicas, and max is ${max}`,
      }),
      ends: () => ({
        kind: 'at-max-over',
        at,
        service,
        text: `${service} no longer needs more than its max of ${max}`,
      }),
    });
  }

  #pending({ service, at, standing }: ServiceOutcome, nowMs: number): void {
    const pending = standing?.pending ?? null;
    const why = pending?.message == null ? '' : `: ${pending.message}`;
    this.#last('tasks-pending', service, pending !== null, nowMs, {
      begins: () => ({
        kind: 'tasks-pending',
        at,
        service,
        text: `${service}: no node takes ${pending?.tasks ?? 0} of its tasks${why}`,
      }),
      ends: () => ({ kind: 'tasks-pending-over', at, service, text: `${service}: all tasks have a node` }),
    });
  }

  #unknown({ service, at, decision }: ServiceOutcome, nowMs: number): void {
    // A skip has not looked at signals: it is no news of them.
    if (decision.outcome === 'skip') return;
    const blind = decision.signals.length > 0 && decision.signals.every(({ need }) => need === null);
    this.#last('signals-unknown', service, blind, nowMs, {
      begins: () => ({
        kind: 'signals-unknown',
        at,
        service,
        text: `${service}: nothing can be measured: ${reasonText(decision)}`,
      }),
      ends: () => ({ kind: 'signals-known', at, service, text: `${service}: can be measured again` }),
    });
  }

  #last(
    kind: Lasting,
    service: string,
    holds: boolean,
    nowMs: number,
    say: { begins: () => Notice; ends: () => Notice },
  ): void {
    const key = `${kind} ${service}`;
    const known = this.#lasting.get(key);
    if (!holds) {
      this.#lasting.delete(key);
      if (known?.told === true) this.#tell(say.ends());
      return;
    }
    const state = known ?? { sinceMs: nowMs, told: false };
    this.#lasting.set(key, state);
    if (state.told || nowMs - state.sinceMs < LEAST_MS[kind]) return;
    state.told = true;
    this.#tell(say.begins());
  }
}
