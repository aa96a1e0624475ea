import { describe, expect, it } from 'vitest';
import { guardNeed, levelNeed, queuedNeed, totalNeed } from './load-need.js';

describe('a total that the replicas share', () => {
  it.each([
    // total, per replica, desired, need, why
    [100, 50, 2, 2, 'on target'],
    [110, 50, 2, 2, 'exactly the tolerance above'],
    [110.1, 50, 2, 3, 'just outside the tolerance: ceil(2.202)'],
    [90, 50, 2, 2, 'exactly the tolerance below'],
    [89.9, 50, 2, 2, 'outside, and ceil(1.8) is the same'],
    [449, 50, 10, 9, 'ceil(8.98)'],
    [500, 50, 1, 10, 'ten times'],
    [0.1, 50, 4, 1, 'next to nothing'],
    [0, 50, 4, 0, 'nothing'],
    [30, 10, 0, 3, 'from 0 there is no tolerance'],
    [0.3, 0.1, 1, 3, 'no rounding error'],
  ])('%d at %d per replica with %d: %d (%s)', (total, target, desired, need) => {
    expect(totalNeed(total, target, { desired, settled: desired })).toBe(need);
  });
});

describe('a level that is the same for all replicas', () => {
  it.each([
    // value, target, desired, settled, need, why
    [200, 200, 4, 4, 4, 'on target'],
    [220, 200, 4, 4, 4, 'within the tolerance'],
    [300, 200, 4, 4, 6, 'half as much again'],
    [300, 200, 8, 4, 8, 'four are on their way: ceil(1.5 x 4) is no more than that'],
    [600, 200, 8, 4, 12, 'and not enough: ceil(3 x 4)'],
    [100, 200, 4, 4, 2, 'half'],
    [100, 200, 4, 2, 2, 'shrinking counts all: ceil(0.5 x 4)'],
    [0, 200, 4, 4, 0, 'nothing'],
    [500, 200, 2, 0, 2, 'nothing runs yet'],
  ])('%d of %d with %d, %d settled: %d (%s)', (value, target, desired, settled, need) => {
    expect(levelNeed(value, target, { desired, settled })).toBe(need);
  });

  it('that shows distress asks for no more than twice the replicas', () => {
    expect(guardNeed(60, 5, { desired: 3, settled: 3 })).toBe(6);
    expect(guardNeed(60, 5, { desired: 6, settled: 3 })).toBe(6);
    expect(guardNeed(7, 5, { desired: 3, settled: 3 })).toBe(5);
    expect(guardNeed(0, 5, { desired: 3, settled: 3 })).toBe(0);
  });
});

describe('requests that wait at the balancer', () => {
  it.each([
    [0, 4, 4, 0, 'none'],
    [1, 4, 4, 4, 'next to nothing'],
    [10, 4, 4, 6, 'so many more: 4 + 10 / 5'],
    [11, 4, 4, 7, 'rounded up'],
    [10, 6, 4, 6, 'two are on their way'],
    [30, 6, 4, 10, 'and not enough: 4 + 30 / 5'],
  ])('%d with %d, %d settled: %d (%s)', (queued, desired, settled, need) => {
    expect(queuedNeed(queued, 5, { desired, settled })).toBe(need);
  });
});
