/**
 * What would have to change for a service to be scaled. Nothing here knows how a decision is made: values are tried
 * out on the very functions that decide, so that what is said here is what would happen.
 */

import { STEP_PERIOD_MS } from '../policy/defaults.js';
import { decide } from './decide.js';
import { thresholdsOf, withValue, type DecisionBasis } from './thresholds.js';
import type { AdjustmentRule, Decision, SignalReading, Snapshot } from './types.js';
import { judgeSignals } from './verdict.js';

export interface SignalOutlook {
  signal: string;
  unit: string;
  /** null when unknown */
  value: number | null;
  /** The least value at which it asks for more replicas than there are; null where none does. */
  growsFrom: number | null;
  /** The greatest value at which it asks for fewer; null where none does. */
  shrinksFrom: number | null;
}

export interface Obstacle {
  rule: AdjustmentRule;
  text: string;
}

export interface DirectionOutlook {
  /**
   * `now`: it happens as soon as the signals say so. `later`: after `inMs`, provided that they go on saying so.
   * `blocked`: no matter how long, while the obstacles stand. `impossible`: no value of any signal asks for it.
   */
  when: 'now' | 'later' | 'blocked' | 'impossible';
  /** replicas that it would come to; null where it comes to none */
  to: number | null;
  inMs: number | null;
  /** what stands in the way, in the order in which the decision comes to it */
  obstacles: readonly Obstacle[];
}

export interface Outlook {
  /** replicas asked for at present */
  desired: number;
  signals: readonly SignalOutlook[];
  /** one signal, whichever, at the value from which it grows, and the others as they are */
  up: DirectionOutlook;
  /** all known signals at values at which they shrink */
  down: DirectionOutlook;
}

/** Anything that passes with time has passed after the longest time that a policy names, and an hour on top. */
const FURTHER_MS = 3_600_000;

/**
 * For each signal the values from which it alone would grow and shrink the service; for each direction, what else
 * stands in its way and for how long.
 */
export function whatWouldAct(basis: DecisionBasis): Outlook {
  const { policy, snapshot, history, now } = basis;
  const verdicts = judgeSignals(policy.signals, snapshot, history, now);
  const signals = verdicts.map(({ signal, unit, value }, index): SignalOutlook => ({
    signal,
    unit,
    value,
    ...thresholdsOf(basis, index),
  }));
  return {
    desired: snapshot.desired,
    signals,
    up: direction('up', basis, growing(signals, snapshot)),
    down: direction('down', basis, shrinking(signals, snapshot)),
  };
}

/** By signal of the policy; undefined leaves the reading as it is. */
type Values = readonly (number | undefined)[];

function growing(signals: readonly SignalOutlook[], { desired }: Snapshot): Values | null {
  const already = signals.some(
    ({ value, growsFrom }) => value !== null && growsFrom !== null && value >= growsFrom,
  );
  if (already) return [];
  const first = signals.findIndex(({ growsFrom }) => growsFrom !== null);
  if (first < 0) return null;
  return signals.map(({ growsFrom }, index) => (index === first ? (growsFrom ?? desired) : undefined));
}

function shrinking(signals: readonly SignalOutlook[], { desired }: Snapshot): Values | null {
  if (desired === 0 || signals.every(({ shrinksFrom }) => shrinksFrom === null)) return null;
  return signals.map(({ value, shrinksFrom }) =>
    value === null || shrinksFrom === null ? undefined : Math.min(value, shrinksFrom),
  );
}

function direction(way: 'up' | 'down', basis: DecisionBasis, values: Values | null): DirectionOutlook {
  const { policy, history } = basis;
  if (values === null) return { when: 'impossible', to: null, inMs: null, obstacles: [] };
  const decideIn = (ms: number): Decision =>
    decide(policy, later(basis, values, ms), history, basis.now + ms);
  const first = decideIn(0);
  if (first.outcome === way) return { when: 'now', to: first.to, inMs: 0, obstacles: [] };
  const { up, down } = policy;
  const longest =
    FURTHER_MS + Math.max(up.windowMs, down.windowMs, up.cooldownMs, down.cooldownMs, STEP_PERIOD_MS);
  const last = decideIn(longest);
  if (last.outcome !== way) {
    return { when: 'blocked', to: null, inMs: null, obstacles: obstaclesIn(last, way) };
  }
  let [waits, acts] = [0, longest];
  while (acts - waits > 1) {
    const middle = Math.floor((waits + acts) / 2);
    if (decideIn(middle).outcome === way) acts = middle;
    else waits = middle;
  }
  const obstacles = [...obstaclesIn(first, way), ...obstaclesIn(decideIn(waits), way)];
  return {
    when: 'later',
    to: decideIn(acts).to,
    inMs: acts,
    obstacles: [...new Map(obstacles.map((one) => [one.rule, one])).values()],
  };
}

/** What holds the count where it is. A limit that merely shortens the change is none. */
function obstaclesIn({ adjustments, from }: Decision, way: 'up' | 'down'): Obstacle[] {
  return adjustments
    .filter(({ after }) => (way === 'up' ? after <= from : after >= from))
    .map(({ rule, text }) => ({ rule, text }));
}

/** The snapshot with other values, all of them read `ms` from now. What is unknown stays unknown. */
function later({ snapshot, now }: DecisionBasis, values: Values, ms: number): Snapshot {
  const readings = snapshot.readings.map((reading, index): SignalReading => {
    const age = reading.at === null ? null : now - reading.at;
    const at = age === null ? null : now + ms - age;
    const value = values[index];
    return value === undefined
      ? { ...reading, at }
      : { ...withValue(reading, value, snapshot), at: now + ms };
  });
  return { ...snapshot, readings };
}
