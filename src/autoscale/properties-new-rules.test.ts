/** What must hold of room and of a person's hold, tried on thousands of random cases from a fixed seed. */

import { expect, it } from 'vitest';
import type { Policy } from '../policy/policy.js';
import { decide } from './decide.js';
import { EMPTY_HISTORY } from './history.js';

const ROUNDS = 3_000;
const NOW = 1_000_000;

it('room never shrinks, never lets more through than it has, and bounds and holds go as they say', () => {
  let state = 7;
  const int = (from: number, to: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return from + ((state >>> 8) % (to - from + 1));
  };
  let capped = 0;
  let held = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const min = int(1, 4);
    const max = min + int(0, 12);
    const desired = int(1, 16);
    const more = int(0, 4);
    const direction = { windowMs: 0, step: { replicas: null, percent: null }, cooldownMs: 0 };
    const policy: Policy = {
      source: 'labels',
      min,
      max,
      signals: [{ kind: 'cpu', rule: { kind: 'target', targetPercent: 70 } }],
      up: direction,
      down: direction,
      onError: { kind: 'hold' },
      holdMs: 60_000,
    };
    const snapshot = {
      service: 'web',
      desired,
      running: desired,
      updateState: null,
      readings: [{ kind: 'cpu' as const, meanPercent: int(1, 200), sampled: desired, at: NOW }],
    };
    const free = decide(policy, snapshot, EMPTY_HISTORY, NOW).to;
    const tight = decide(policy, { ...snapshot, room: { more, short: 'none' } }, EMPTY_HISTORY, NOW).to;
    expect(tight).toBe(free <= desired ? free : Math.max(min, Math.min(free, desired + more)));
    if (tight < free) capped++;
    const byHand = { at: NOW - int(0, 59_999), to: desired };
    const kept = decide(policy, snapshot, { ...EMPTY_HISTORY, byHand }, NOW).to;
    expect(kept).toBe(Math.min(max, Math.max(min, desired)));
    if (kept !== free) held++;
  }
  expect(capped).toBeGreaterThan(100);
  expect(held).toBeGreaterThan(100);
});
