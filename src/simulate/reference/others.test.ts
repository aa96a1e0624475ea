/** Worked out by hand from the definitions in others.ts: the arithmetic stands in the name of each row. */

import { describe, expect, it } from 'vitest';
import type { Scaler, View } from '../view.js';
import { awsTargetTracking, nomad, thresholds } from './others.js';

function view(now: number, desired: number, percent: number | null, serving = desired): View {
  return {
    now,
    desired,
    cohorts: [],
    startupSeconds: 10,
    capacity: 50,
    readyBy: () => serving,
    cpuPercent: () => percent,
    arrivalsPerSecond: () => null,
    waiting: 0,
    active: 0,
  };
}

const LIMITS = { min: 1, max: 300 };

/** What comes of the same use at each of the times, one after the other, with nothing done about it. */
const at = (scaler: Scaler, times: readonly number[], desired: number, percents: readonly number[]) =>
  times.map((time, index) => scaler.replicas(view(time, desired, percents[index] ?? null)));

describe('target-value of nomad-autoscaler', () => {
  it.each<[working: string, desired: number, percent: number | null, serving: number, expected: number]>([
    ['ceil(4 x 90/70) = ceil(5.1) = 6', 4, 90, 4, 6],
    ['ceil(4 x 35/70) = 2', 4, 35, 4, 2],
    ['70.7/70 = 1.01 is within: 4', 4, 70.7, 4, 4],
    ['71/70 = 1.014 is not: ceil(4 x 1.014) = 5', 4, 71, 4, 5],
    ['69/70 = 0.986 is not: ceil(4 x 0.986) = 4', 4, 69, 4, 4],
    ['ceil(10 x 62/70) = ceil(8.9) = 9', 10, 62, 10, 9],
    ['2 of 4 serve: the mean of all is 100 x 2/4 = 50: ceil(4 x 50/70) = 3', 4, 100, 2, 3],
    ['min(ceil(290 x 100/70) = 415, max 300) = 300', 290, 100, 290, 300],
    ['69.3/70 = 0.99 is within: 200', 200, 69.3, 200, 200],
    ['69.2/70 = 0.989 is not: ceil(200 x 69.2/70) = ceil(197.7) = 198', 200, 69.2, 200, 198],
    ['max(ceil(4 x 0/70) = 0, min 1) = 1', 4, 0, 4, 1],
    ['unknown: 4', 4, null, 4, 4],
  ])('%s', (_, desired, percent, serving, expected) => {
    expect(nomad(70, LIMITS).replicas(view(1000, desired, percent, serving))).toBe(expected);
  });

  it('rests for 300 s after any change: ceil(4 x 140/70) = 8', () => {
    const times = [1000, 1010, 1290, 1299, 1300];
    expect(at(nomad(70, LIMITS), times, 4, [140, 140, 140, 140, 140])).toEqual([8, 4, 4, 4, 8]);
  });
});

describe('target tracking of ECS', () => {
  const minutes = (count: number) => Array.from({ length: count }, (_, index) => 60 * (index + 1));
  const same = (count: number, percent: number) => Array.from({ length: count }, () => percent);

  it.each<[working: string, percents: number[], expected: number]>([
    ['2 of 3 points: 4', [90, 90], 4],
    ['3 of 3 above 70: ceil(4 x 90/70) = 6', [90, 90, 90], 6],
    ['by the last: ceil(4 x 140/70) = 8', [90, 90, 140], 8],
    ['one at 70 is not above it: 4', [90, 70, 90], 4],
    ['without a tolerance: ceil(4 x 71/70) = 5', [71, 71, 71], 5],
    ['14 of 15 below 63: 4', same(14, 30), 4],
    ['15 of 15 below 63: ceil(4 x 30/70) = 2', same(15, 30), 2],
    ['63 is not below 0.9 x 70: 4', same(15, 63), 4],
    ['62 is, and ceil(4 x 62/70) = 4', same(15, 62), 4],
    ['one high point among 15: 4', [...same(7, 30), 65, ...same(7, 30)], 4],
  ])('%s', (_, percents, expected) => {
    const counts = at(awsTargetTracking(70, LIMITS), minutes(percents.length), 4, percents);
    expect(counts.slice(0, -1).every((count) => count === 4)).toBe(true);
    expect(counts.at(-1)).toBe(expected);
  });

  it('goes in every 300 s at most, and out without a rest', () => {
    const counts = at(awsTargetTracking(70, LIMITS), minutes(20), 4, same(20, 30));
    expect(counts.slice(14)).toEqual([2, 4, 4, 4, 4, 2]);
    expect(at(awsTargetTracking(70, LIMITS), minutes(5), 4, same(5, 90))).toEqual([4, 4, 6, 6, 6]);
  });
});

describe('two thresholds of a script', () => {
  it.each<[working: string, percent: number | null, expected: number]>([
    ['81 > 80: 4 + 1', 81, 5],
    ['100 > 80: 4 + 1 and no more', 100, 5],
    ['80 > 80 is not: 4', 80, 4],
    ['30 < 30 is not: 4', 30, 4],
    ['29 < 30: 4 - 1', 29, 3],
    ['unknown: 4', null, 4],
  ])('%s', (_, percent, expected) => {
    expect(thresholds(80, 30).replicas(view(30, 4, percent))).toBe(expected);
  });
});
