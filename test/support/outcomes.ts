/** Outcomes of decisions as the daemon tells them, made up for tests of those who listen. */

import type { Decision } from '../../src/autoscale/types.js';
import type { Action, DaemonEvent, Evaluation, ServiceOutcome, Standing } from '../../src/daemon/types.js';

const START = Date.parse('2026-06-01T12:00:00Z');

/** `seconds` after noon, as RFC 3339. */
export function at(seconds: number): string {
  return new Date(START + seconds * 1000).toISOString();
}

export interface OutcomeOptions {
  service?: string;
  serviceId?: string;
  seconds?: number;
  from?: number;
  to?: number;
  action?: Action;
  decision?: Partial<Decision>;
  standing?: Partial<Standing>;
}

export function outcome(options: OutcomeOptions = {}): ServiceOutcome {
  const { service = 'shop_web', seconds = 0, from = 2, to = from, decision = {}, standing = {} } = options;
  return {
    serviceId: options.serviceId ?? `id-${service}`,
    service,
    at: at(seconds),
    decision: {
      service,
      from,
      to,
      outcome: to > from ? 'up' : to < from ? 'down' : 'hold',
      signals: [
        {
          signal: 'cpu',
          value: 60,
          unit: '%',
          aim: 'target 70 %',
          need: to,
          coverage: { sampled: 2, running: 2 },
          ageMs: 500,
          note: null,
        },
      ],
      need: to,
      adjustments: [],
      reasons: ['cpu at 60 %'],
      ...decision,
    },
    action: options.action ?? (from === to ? { kind: 'none' } : { kind: 'scaled', from, to, attempts: 1 }),
    standing: { min: 1, max: 10, running: 2, paused: null, scheduled: null, pending: null, ...standing },
  };
}

/** As the reporter hands it on: of the level `debug` where it is no news. */
export function decisionEvent(options: OutcomeOptions & { level?: 'info' | 'debug' } = {}): DaemonEvent {
  const made = outcome(options);
  return { type: 'decision', level: options.level ?? 'info', at: made.at, outcome: made };
}

export function evaluation(...outcomes: ServiceOutcome[]): Evaluation {
  const usage = outcomes.map(({ service, serviceId }) => ({
    serviceId,
    service,
    cpuPercent: 60,
    memoryPercent: null,
    sampled: 2,
    running: 2,
  }));
  return { at: outcomes[0]?.at ?? at(0), clusterId: 'cluster1', outcomes, invalid: [], usage };
}
