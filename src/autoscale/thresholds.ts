/** The values of one signal at which its need changes sides, found by trying them out. */

import type { Policy, SignalPolicy } from '../policy/policy.js';
import type { History, SignalReading, Snapshot } from './types.js';
import { judgeSignals } from './verdict.js';

/** Everything that a decision is made from. */
export interface DecisionBasis {
  policy: Policy;
  snapshot: Snapshot;
  history: History;
  /** milliseconds, on the clock of the readings and the history */
  now: number;
}

/** More steps than this are no value that anything could have. */
const MOST_STEPS = 2 ** 40;

/**
 * The least value at which the signal asks for more replicas than there are, and the greatest at which it asks for
 * fewer, in steps that a person would write: whole jobs, tenths of a percent, a hundredth of the target. Needs never
 * fall while values rise (see properties.test.ts), so that halving the distance finds them.
 */
export function thresholdsOf(
  { policy, snapshot, history, now }: DecisionBasis,
  index: number,
): { growsFrom: number | null; shrinksFrom: number | null } {
  const signal = policy.signals[index];
  const none = { growsFrom: null, shrinksFrom: null };
  if (signal === undefined) return none;
  const { desired } = snapshot;
  const valueAt = stepsOf(signal);
  const needAt = (step: number): number | null => {
    const readings = snapshot.readings.map((reading, at) =>
      at === index ? { ...withValue(reading, valueAt(step), snapshot), at: now } : reading,
    );
    return judgeSignals(policy.signals, { ...snapshot, readings }, history, now)[index]?.need ?? null;
  };
  const least = needAt(0);
  if (least === null && needAt(1) === null) return none;
  const mostSteps = stepsUpTo(mostOf(signal), valueAt);
  const grows = firstStep((step) => (needAt(step) ?? 0) > desired, mostSteps);
  const stays = firstStep((step) => (needAt(step) ?? desired) >= desired, mostSteps);
  return {
    growsFrom: grows === null ? null : valueAt(grows),
    shrinksFrom: stays === null || stays === 0 ? null : valueAt(stays - 1),
  };
}

/** The reading as it would be with another value; one that is missing is taken to cover every running task. */
export function withValue(reading: SignalReading, value: number, { running }: Snapshot): SignalReading {
  switch (reading.kind) {
    case 'cpu':
    case 'memory':
    case 'throttling':
      return { ...reading, meanPercent: value, sampled: reading.sampled > 0 ? reading.sampled : running };
    case 'queue':
      return { ...reading, length: value };
    case 'requests':
      return { ...reading, arrivalsPerSecond: value };
    default:
      return { ...reading, value };
  }
}

/** The first of the steps 0, 1, … for which it holds, given that it holds for all after it; null where there is none. */
function firstStep(holds: (step: number) => boolean, most: number): number | null {
  if (holds(0)) return 0;
  let [not, yes] = [0, 1];
  while (!holds(yes)) {
    if (yes >= most) return null;
    not = yes;
    yes = Math.min(most, yes * 2);
  }
  while (yes - not > 1) {
    const middle = Math.floor((not + yes) / 2);
    if (holds(middle)) yes = middle;
    else not = middle;
  }
  return yes;
}

/** Divisions keep a step of 771 tenths at 77.1, where products would make 77.10000000000001 of it. */
function stepsOf(signal: SignalPolicy): (step: number) => number {
  switch (signal.kind) {
    case 'cpu':
    case 'memory':
    case 'throttling':
    case 'errors':
      return (step) => step / 10;
    case 'requests':
      return hundredthsOf(signal.perReplica ?? 10);
    case 'prometheus':
    case 'json':
      return hundredthsOf(signal.target);
    default:
      return (step) => step;
  }
}

/** Steps of a power of ten, between a hundredth and a tenth of a percent of the target. */
function hundredthsOf(target: number): (step: number) => number {
  const digits = 2 - Math.floor(Math.log10(target));
  return digits >= 0 ? (step) => step / 10 ** digits : (step) => step * 10 ** -digits;
}

/** The greatest value that there can be. CPU use may be of a reservation, which is no bound. */
function mostOf({ kind }: SignalPolicy): number {
  return kind === 'memory' || kind === 'throttling' || kind === 'errors' ? 100 : Infinity;
}

function stepsUpTo(most: number, valueAt: (step: number) => number): number {
  return most === Infinity ? MOST_STEPS : Math.round(most / valueAt(1));
}
