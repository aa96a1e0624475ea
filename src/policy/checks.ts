/** What must hold between the parts of a policy, whichever way it was written. */

import { TOLERANCE } from './defaults.js';
import type { ResourceRule, SignalPolicy } from './policy.js';
import { canWake, isGuard } from './signal-kinds.js';
import type { ProblemSink } from './values.js';

export interface Bounds {
  min: number;
  max: number;
}

/** Names of the fields, as the reader wrote them, so that a problem points at the right one. */
export interface FieldNames {
  place: (name: string) => string;
  assign: (name: string, value: string) => string;
  min: string;
  max: string;
}

export function checkBounds(
  bounds: Bounds,
  signals: readonly SignalPolicy[],
  names: FieldNames,
  sink: ProblemSink,
): void {
  const { min, max } = bounds;
  if (max < 1) {
    sink.add(
      names.place(names.max),
      `"${max}" lets nothing run`,
      `Write ${names.assign(names.max, '1')} or more.`,
    );
  } else if (min > max) {
    sink.add(
      names.place(names.min),
      `"${min}" is more than ${names.max}, which is ${max}`,
      `Lower ${names.min} to ${max} or less, or raise ${names.max}.`,
    );
  }
  if (min === 0 && !signals.some(canWake)) {
    sink.add(
      names.place(names.min),
      '"0" is for queue-driven services: a service that is off uses no CPU and would never come back',
      `Write ${names.assign(names.min, '1')}, or let a queue wake the service (scalectl.queue.url and .key).`,
    );
  }
}

const GUARD_LABELS: Readonly<Partial<Record<SignalPolicy['kind'], string>>> = {
  throttling: 'throttling.target',
  queued: 'http.queued',
  response: 'http.response',
  errors: 'http.errors',
};

/** Refuses signals that only say when it is too much, where none says how much is enough. */
export function checkCompany(
  signals: readonly SignalPolicy[],
  place: (name: string) => string,
  sink: ProblemSink,
): void {
  if (!signals.every(isGuard)) return;
  for (const { kind } of signals) {
    sink.add(
      place(GUARD_LABELS[kind] ?? kind),
      'says when there are too few replicas and not how many are enough: alone, it would shrink the service until ' +
        'it suffers, and begin anew',
      'Add scalectl.cpu.target: "70" or another signal that follows the load.',
    );
  }
}

/**
 * Refuses two thresholds that lie so close that growing by one replica lands at or below the lower one, so that the
 * next step shrinks again. With the load of n replicas at `up`, n + 1 replicas run at up * n / (n + 1); the drop is
 * greatest at the smallest n that can grow, which is the minimum (at least 1).
 */
export function checkBand(
  rule: ResourceRule,
  bounds: Bounds,
  place: string,
  names: { up: string; down: string },
  sink: ProblemSink,
): void {
  if (rule.kind !== 'band') return;
  const { upPercent: up, downPercent: down } = rule;
  if (down >= up) {
    sink.add(
      place,
      `"${down}" is not below ${names.up}, which is ${up}`,
      `Lower ${names.down} to well below ${names.up}.`,
    );
    return;
  }
  const n = Math.max(1, bounds.min);
  if (n >= bounds.max) return;
  const after = (up * n) / (n + 1);
  if (down < after) return;
  const least = Math.ceil((down * (n + 1)) / n) + 1;
  sink.add(
    place,
    `"${down}" would swing: ${n} ${n === 1 ? 'replica' : 'replicas'} at ${up} % become ${n + 1} at ` +
      `${round(after)} %, which is not above ${down} %, so that the next step takes one away again`,
    `Lower ${names.down} to below ${round(after)}, or raise ${names.up} to at least ${least}, ` +
      'or use one target instead of two thresholds.',
  );
}

/** A CPU or memory target so high that use, which ends at 100 % of a limit, never gets far enough above it. */
export function checkReachable(
  rule: ResourceRule,
  limited: boolean,
  place: string,
  name: string,
  sink: ProblemSink,
): void {
  if (!limited) return;
  const growsAbove = rule.kind === 'target' ? rule.targetPercent * (1 + TOLERANCE) : rule.upPercent;
  if (growsAbove < 100) return;
  const value = rule.kind === 'target' ? rule.targetPercent : rule.upPercent;
  sink.add(
    place,
    `"${value}" can never be exceeded: use ends at 100 % of the limit, and growing begins above ` +
      `${round(growsAbove)} %`,
    `Write ${name}: "80" or less.`,
  );
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
