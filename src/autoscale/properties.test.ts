/** What must hold for any history, tried on thousands of random ones from a fixed seed. */

import { describe, expect, it } from 'vitest';
import { Dice, rounds, type Round } from '../../test/support/random-services.js';
import type { SignalPolicy } from '../policy/policy.js';
import { decide } from './decide.js';
import type { SignalReading, Snapshot } from './types.js';

const ROUNDS = 5_000;

/** Where a decision ends without data: within the bounds of the policy, then of a schedule. */
function bounds({ policy, snapshot }: Round): { min: number; max: number } {
  return snapshot.scheduled ?? policy;
}

const OLDEST_MS: Partial<Record<SignalPolicy['kind'], number>> = {
  cpu: 60_000,
  memory: 60_000,
  throttling: 60_000,
  prometheus: 90_000,
};

/** Unknown, too old, perhaps too small, or known of too few tasks. */
function isMissing(reading: SignalReading, { policy, snapshot, now }: Round): boolean {
  if (reading.at === null || now - reading.at > (OLDEST_MS[reading.kind] ?? 30_000)) return true;
  if ('meanPercent' in reading) {
    const { meanPercent, sampled } = reading;
    const least = (snapshot.running * (policy.coveragePercent ?? 100)) / 100;
    return meanPercent === null || sampled < least;
  }
  if (reading.partial !== undefined) return true;
  if (reading.kind === 'queue') return reading.length === null;
  return (reading.kind === 'requests' ? reading.arrivalsPerSecond : reading.value) === null;
}

describe('for any history', { timeout: 30_000 }, () => {
  it('a decision stays within the bounds, and a skip or hold changes nothing', () => {
    let ups = 0;
    let downs = 0;
    for (const round of rounds(1, ROUNDS)) {
      const { policy, snapshot, history, now } = round;
      const decision = decide(policy, snapshot, history, now);
      const left = decision.outcome === 'skip' || snapshot.paused !== undefined;
      if (left || decision.outcome === 'hold') expect(decision.to).toBe(snapshot.desired);
      if (!left) {
        expect(decision.to).toBeGreaterThanOrEqual(bounds(round).min);
        expect(decision.to).toBeLessThanOrEqual(bounds(round).max);
        expect(Number.isInteger(decision.to)).toBe(true);
      }
      expect(decision.reasons.length).toBeGreaterThan(0);
      ups += decision.outcome === 'up' ? 1 : 0;
      downs += decision.outcome === 'down' ? 1 : 0;
    }
    expect(Math.min(ups, downs)).toBeGreaterThan(100);
  });

  it('nothing shrinks within the bounds while a signal is unknown, too old, or known of too few tasks', () => {
    const tried = { unknown: 0, old: 0, few: 0 };
    for (const round of rounds(2, ROUNDS)) {
      const { policy, snapshot, history, now } = round;
      const missing = snapshot.readings.filter((reading) => isMissing(reading, round));
      if (missing.length === 0 || snapshot.desired > bounds(round).max) continue;
      if (missing.some(({ at }) => at === null)) tried.unknown++;
      else if (missing.some(({ at }) => at !== null && now - at > 30_000)) tried.old++;
      else if (missing.some((reading) => 'meanPercent' in reading && reading.sampled > 0)) tried.few++;
      const { to } = decide(policy, snapshot, history, now);
      expect(to, JSON.stringify(round)).toBeGreaterThanOrEqual(snapshot.desired);
    }
    expect(Math.min(...Object.values(tried)), JSON.stringify(tried)).toBeGreaterThan(200);
  });

  it('more load never gives fewer replicas', () => {
    const dice = new Dice(3);
    for (const { policy, snapshot, history, now } of rounds(3, ROUNDS)) {
      const readings = snapshot.readings.map((reading) => withMore(reading, dice));
      const before = decide(policy, snapshot, history, now).to;
      const after = decide(policy, { ...snapshot, readings }, history, now).to;
      expect(after, JSON.stringify({ policy, snapshot, readings, history })).toBeGreaterThanOrEqual(before);
    }
  });

  it('the same input gives the same decision, and changes none of it', () => {
    for (const { policy, snapshot, history, now } of rounds(4, ROUNDS)) {
      const input = JSON.stringify({ policy, snapshot, history });
      expect(decide(policy, snapshot, history, now)).toEqual(decide(policy, snapshot, history, now));
      expect(JSON.stringify({ policy, snapshot, history })).toBe(input);
    }
  });

  it('room takes nothing away, and lets no more through than there is, except to the lower bound', () => {
    let capped = 0;
    for (const round of rounds(5, 2 * ROUNDS)) {
      const { policy, snapshot, history, now } = round;
      if (snapshot.room === undefined) continue;
      const { room, ...without } = snapshot;
      const free: Snapshot = without;
      const { to: wanted } = decide(policy, free, history, now);
      const decision = decide(policy, snapshot, history, now);
      const { desired } = snapshot;
      const places = desired + Math.max(0, room.more);
      const expected =
        wanted <= desired ? wanted : Math.max(Math.min(wanted, places), Math.min(wanted, bounds(round).min));
      expect(decision.to, JSON.stringify(round)).toBe(expected);
      if (decision.to === wanted) continue;
      capped++;
      const text = decision.adjustments.find(({ rule }) => rule === 'capacity')?.text;
      expect(text).toMatch(/^needs [\d.]+ more CPUs?: room for \d+ of \d+ new|^no node meets/);
    }
    expect(capped).toBeGreaterThan(100);
  });

  it('what a person set stays within the bounds for as long as it is held, and no longer', () => {
    let held = 0;
    for (const round of rounds(6, ROUNDS)) {
      const { policy, snapshot, history, now } = round;
      const { byHand: _, ...others } = history;
      const free = decide(policy, snapshot, others, now);
      const holdMs = policy.holdMs ?? 300_000;
      const at = (agoMs: number, to = snapshot.desired) =>
        decide(policy, snapshot, { ...others, byHand: { at: now - agoMs, to } }, now).to;
      expect(at(holdMs)).toBe(free.to);
      expect(at(0, snapshot.desired + 1)).toBe(free.to);
      if (holdMs === 0 || free.outcome === 'skip' || snapshot.paused !== undefined) continue;
      const { min, max } = bounds(round);
      expect(at(holdMs - 1)).toBe(Math.min(max, Math.max(min, snapshot.desired)));
      if (at(0) !== free.to) held++;
    }
    expect(held).toBeGreaterThan(100);
  });

  it('fewer measured tasks than the coverage asks for hold what enough of them let go', () => {
    let kept = 0;
    let shrunk = 0;
    for (const { policy, snapshot, history, now } of rounds(7, 2 * ROUNDS)) {
      const least = Math.min(
        ...snapshot.readings.map((reading) =>
          'meanPercent' in reading && snapshot.running > 0 ? (100 * reading.sampled) / snapshot.running : 100,
        ),
      );
      if (least === 0 || least >= 100 || snapshot.desired > policy.max) continue;
      const at = (coveragePercent: number) =>
        decide({ ...policy, coveragePercent }, snapshot, history, now).to;
      const enough = at(Math.max(1, Math.floor(least)));
      const tooMuch = at(Math.floor(least) + 1);
      expect(tooMuch).toBeGreaterThanOrEqual(enough);
      if (enough < tooMuch) shrunk++;
      if (snapshot.scheduled === undefined) {
        expect(tooMuch).toBeGreaterThanOrEqual(snapshot.desired);
        kept++;
      }
    }
    expect(shrunk).toBeGreaterThan(20);
    expect(kept).toBeGreaterThan(100);
  });
});

function withMore(reading: SignalReading, dice: Dice): SignalReading {
  const more = (value: number | null, most: number) => (value === null ? null : value + dice.next() * most);
  switch (reading.kind) {
    case 'cpu':
    case 'memory':
    case 'throttling':
      return { ...reading, meanPercent: more(reading.meanPercent, 60) };
    case 'queue':
      return { ...reading, length: reading.length === null ? null : reading.length + dice.int(0, 50) };
    case 'requests': {
      const queued = reading.queued === null ? null : reading.queued + dice.int(0, 50);
      return { ...reading, arrivalsPerSecond: more(reading.arrivalsPerSecond, 50), queued };
    }
    default:
      return { ...reading, value: more(reading.value, 500) };
  }
}
