import { describe, expect, it } from 'vitest';
import { queueNeed, resourceNeed } from './need.js';

const target = (targetPercent: number) => ({ kind: 'target', targetPercent }) as const;
const band = (downPercent: number, upPercent: number) => ({ kind: 'band', upPercent, downPercent }) as const;

describe('target tracking', () => {
  it.each([
    // mean, sampled, running, desired, need, why
    [70, 2, 2, 2, 2, 'on target'],
    [77, 2, 2, 2, 2, 'exactly the tolerance above'],
    [77.1, 2, 2, 2, 3, 'just outside the tolerance'],
    [63, 10, 10, 10, 10, 'exactly the tolerance below'],
    [62.9, 10, 10, 10, 9, 'ceil(8.99)'],
    [100, 2, 2, 2, 3, 'ceil(2.86)'],
    [140, 3, 3, 3, 6, 'exactly double, no rounding error'],
    [700, 1, 1, 1, 10, 'ten times'],
    [0, 5, 5, 5, 0, 'idle'],
    [10, 5, 5, 5, 1, 'ceil(0.71)'],
    [
      100,
      2,
      2,
      5,
      5,
      'three still starting count as idle: 2.86 of 5 turns the direction, so nothing changes',
    ],
    [300, 2, 2, 5, 9, 'three starting are not enough: ceil(8.57)'],
    [100, 1, 2, 2, 3, 'one running unmeasured counts as at target: ceil(1.43 + 1)'],
    [80, 1, 4, 4, 4, 'three unmeasured at target pull it within the tolerance'],
    [10, 1, 4, 4, 4, 'shrinking: (0.14 + 3) / 4 is outside, ceil(3.14) = 4'],
    [10, 2, 2, 4, 3, 'shrinking: two starting count as at target, ceil(0.29 + 2)'],
    [35, 6, 6, 3, 3, 'more run than are wanted: the load needs 3'],
    [65, 6, 6, 3, 3, 'below target never grows'],
  ])('mean %d %%, %d of %d measured, desired %d: %d (%s)', (meanPercent, sampled, running, desired, need) => {
    expect(resourceNeed(target(70), { meanPercent, sampled, running, desired })).toBe(need);
  });
});

describe('two thresholds', () => {
  it.each([
    [30, 2, 2, 'on the lower'],
    [80, 2, 2, 'on the upper'],
    [55, 2, 2, 'between'],
    [81, 1, 2, 'grows by at least one'],
    [81, 10, 15, 'to the middle: ceil(14.7)'],
    [100, 4, 8, 'to the middle: ceil(7.3)'],
    [29, 10, 6, 'to the middle: ceil(5.3)'],
    [29, 2, 1, 'shrinks by at least one'],
    [1, 10, 1, 'ceil(0.18)'],
    [0, 4, 0, 'idle'],
  ])('30 to 80 at %d %% with %d: %d (%s)', (meanPercent, desired, need) => {
    const measure = { meanPercent, sampled: desired, running: desired, desired };
    expect(resourceNeed(band(30, 80), measure)).toBe(need);
  });

  it('rounds down where rounding up would land below the lower threshold and swing', () => {
    const measure = { meanPercent: 99.1, sampled: 2, running: 2, desired: 2 };
    expect(resourceNeed(band(52, 80), measure)).toBe(3);
  });

  it('does not answer a load twice while replicas start', () => {
    expect(resourceNeed(band(30, 80), { meanPercent: 95, sampled: 2, running: 2, desired: 4 })).toBe(4);
  });

  it('does not shrink by the least step while something is unmeasured', () => {
    expect(resourceNeed(band(30, 80), { meanPercent: 29, sampled: 2, running: 2, desired: 3 })).toBe(3);
  });
});

describe('a queue', () => {
  it.each([
    [100, 10, 10],
    [101, 10, 11],
    [99, 10, 10],
    [0, 10, 0],
    [1, 10, 1],
    [200, 10, 20],
    [3, 0.1, 30],
    [7, 2.5, 3],
  ])('%d jobs at %d per replica: %d', (length, perReplica, need) => {
    expect(queueNeed(length, perReplica)).toBe(need);
  });
});
