import { describe, expect, it } from 'vitest';
import type { QueueSignal } from '../policy/policy.js';
import { guardNeed, levelNeed, queuedNeed, totalNeed, workNeed, type QueueMeasure } from './load-need.js';

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
    expect(totalNeed(total, target, { desired, running: desired })).toBe(need);
  });
});

describe('a level that is the same for all replicas', () => {
  it.each([
    // value, target, desired, running, need, why
    [200, 200, 4, 4, 4, 'on target'],
    [220, 200, 4, 4, 4, 'within the tolerance'],
    [300, 200, 4, 4, 6, 'half as much again'],
    [300, 200, 8, 4, 8, 'four are on their way: ceil(1.5 x 4) is no more than that'],
    [600, 200, 8, 4, 12, 'and not enough: ceil(3 x 4)'],
    [100, 200, 4, 4, 2, 'half'],
    [100, 200, 4, 2, 2, 'shrinking counts all: ceil(0.5 x 4)'],
    [0, 200, 4, 4, 0, 'nothing'],
    [500, 200, 2, 0, 2, 'nothing runs yet'],
  ])('%d of %d with %d, %d running: %d (%s)', (value, target, desired, running, need) => {
    expect(levelNeed(value, target, { desired, running })).toBe(need);
  });

  it('that shows distress asks for no more than twice the replicas', () => {
    expect(guardNeed(60, 5, { desired: 3, running: 3 })).toBe(6);
    expect(guardNeed(60, 5, { desired: 6, running: 3 })).toBe(6);
    expect(guardNeed(7, 5, { desired: 3, running: 3 })).toBe(5);
    expect(guardNeed(0, 5, { desired: 3, running: 3 })).toBe(0);
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
  ])('%d with %d, %d running: %d (%s)', (queued, desired, running, need) => {
    expect(queuedNeed(queued, 5, { desired, running })).toBe(need);
  });
});

const signal = (more: Partial<QueueSignal> = {}): QueueSignal => ({
  kind: 'queue',
  queue: 'bullmq',
  url: 'redis://r:6379/0',
  key: 'q',
  jobsPerReplica: 10,
  ...more,
});

const measure = (waiting: number, inFlight: number, more: Partial<QueueMeasure> = {}): QueueMeasure => ({
  waiting,
  inFlight,
  paused: false,
  ratePerReplica: null,
  concurrency: null,
  desired: 2,
  running: 2,
  ...more,
});

describe('jobs per replica', () => {
  it.each<[number, number, Partial<QueueMeasure>, number, string]>([
    [0, 0, {}, 0, 'empty'],
    [1, 0, {}, 1, 'one job'],
    [10, 0, {}, 1, 'exactly one replica’s'],
    [11, 0, {}, 2, 'one too many'],
    [100, 0, {}, 10, 'no tolerance: exactly 10'],
    [101, 0, {}, 11, 'nor here'],
    [1000, 0, {}, 100, 'bounds come later'],
    [0, 1, {}, 1, 'the last job is being worked at'],
    [0, 10, {}, 1, 'in flight counts like waiting'],
    [5, 5, {}, 1, 'together'],
    [5, 6, {}, 2, 'together one too many'],
    [95, 10, {}, 11, 'ceil(10.5)'],
    [0, 0, { desired: 0, running: 0 }, 0, 'asleep'],
    [1, 0, { desired: 0, running: 0 }, 1, 'wakes'],
    [35, 0, { desired: 0, running: 0 }, 4, 'wakes to as many as are needed'],
    [0.5, 0, {}, 1, 'half a job is one'],
  ])('%d waiting, %d in flight, %j: %d (%s)', (waiting, inFlight, more, need) => {
    expect(workNeed(signal(), measure(waiting, inFlight, more))).toBe(need);
  });

  it.each<[number, number, Partial<QueueMeasure>, number, string]>([
    [0, 10, { concurrency: 1, desired: 10 }, 10, 'ten busy, each with one job'],
    [0, 10, { concurrency: 5, desired: 10 }, 2, 'ten jobs are two replicas’ work'],
    [0, 3, { concurrency: 1, desired: 10 }, 3, 'seven are free to go'],
    [0, 0, { concurrency: 1, desired: 10 }, 0, 'all are'],
    [0, 30, { concurrency: 1, desired: 10 }, 10, 'being busy asks for no more than there are'],
    [200, 10, { concurrency: 1, desired: 10 }, 21, 'what waits does'],
    [0, 7, { concurrency: 2, desired: 10 }, 4, 'ceil(7 / 2)'],
  ])('busy workers stay: %d waiting, %d in flight, %j: %d (%s)', (waiting, inFlight, more, need) => {
    expect(workNeed(signal(), measure(waiting, inFlight, more))).toBe(need);
    const { concurrency, ...rest } = more;
    const told = signal({ concurrency: concurrency! });
    expect(workNeed(told, measure(waiting, inFlight, { ...rest, concurrency: 99 }))).toBe(need);
  });

  it.each<[number, number, number]>([
    [40, 0, 0],
    [40, 5, 1],
    [40, 15, 2],
    [0, 0, 0],
  ])('paused, %d waiting, %d in flight: %d', (waiting, inFlight, need) => {
    expect(workNeed(signal(), measure(waiting, inFlight, { paused: true }))).toBe(need);
  });
});

describe('what wakes a service', () => {
  it.each<[number, number, number, number, string]>([
    // waiting, in flight, desired, need
    [5, 0, 0, 0, 'not more than 5'],
    [6, 0, 0, 1, 'more than 5'],
    [4, 2, 0, 1, 'together'],
    [26, 0, 0, 3, 'as many as are needed'],
    [5, 0, 1, 0, 'back to sleep'],
    [5, 1, 1, 1, 'not while a job is being worked at'],
    [6, 0, 3, 1, 'awake: by the target'],
    [0, 0, 3, 0, 'empty'],
  ])('activation 5: %d waiting, %d in flight, with %d: %d (%s)', (waiting, inFlight, desired, need) => {
    expect(
      workNeed(signal({ activation: 5 }), measure(waiting, inFlight, { desired, running: desired })),
    ).toBe(need);
  });
});

describe('empty the queue within 60 s', () => {
  const drain = signal({ drainMs: 60_000 });
  it.each<[number, number, number, number, number, string]>([
    // waiting, in flight, rate per replica, concurrency, need
    [0, 0, 1, 1, 0, 'empty'],
    [600, 0, 1, 1, 12, '600 jobs of 1 s: 10 s x 60 at 90 %: ceil(11.1)'],
    [600, 9, 1, 1, 22, 'and 9 being worked at keep 10 busy: ceil(21.1)'],
    [600, 0, 10, 1, 2, '0.1 s each: ceil(1.1)'],
    [600, 0, 10, 10, 2, 'ten at once of 1 s each are the same work'],
    [54, 0, 1, 1, 1, 'exactly one replica’s minute at 90 %'],
    [55, 0, 1, 1, 2, 'and one job more'],
    [1, 0, 0.01, 1, 2, 'a job of 100 s cannot be shared: one place for it, at 90 %'],
    [9, 0, 0.01, 1, 10, 'nine of them: a place each'],
    [0, 9, 1, 1, 10, 'nothing waits: what keeps up with 9 in flight'],
  ])(
    '%d waiting, %d in flight, %d jobs/s, %d at once: %d (%s)',
    (waiting, inFlight, rate, concurrency, need) => {
      const more = { ratePerReplica: rate, concurrency, desired: 50, running: 50 };
      expect(workNeed(drain, measure(waiting, inFlight, more))).toBe(
        Math.max(need, inFlight > 0 ? inFlight : 0),
      );
    },
  );

  it('goes by jobs per replica until the rate is measured', () => {
    expect(workNeed(drain, measure(600, 0))).toBe(60);
    expect(workNeed(drain, measure(600, 0, { ratePerReplica: 1 }))).toBe(60);
    expect(workNeed({ ...drain, concurrency: 1 }, measure(600, 0, { ratePerReplica: 1 }))).toBe(12);
  });
});
