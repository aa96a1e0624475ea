import { describe, expect, it } from 'vitest';
import { WorkRates } from './work-rate.js';

interface Reading {
  at: number;
  waiting: number;
  inFlight?: number | null;
  done?: number | null;
  running?: number;
  paused?: boolean;
}

function observe(...readings: Reading[]) {
  const rates = new WorkRates();
  return readings.map(({ at, waiting, inFlight = 2, done = null, running = 2, paused = false }) =>
    rates.observe('q', { waiting, inFlight, done, paused }, running, at * 1_000),
  );
}

const last = (...readings: Reading[]) => observe(...readings).at(-1);

describe('how fast workers work', () => {
  it('is unknown from one reading', () => {
    expect(last({ at: 0, waiting: 100 })).toEqual({ ratePerReplica: null, concurrency: null });
  });

  it.each<[string, Reading, Reading, number | null]>([
    ['by what the queue counts', { at: 0, waiting: 50, done: 10 }, { at: 5, waiting: 60, done: 30 }, 2],
    ['by how the queue shortens', { at: 0, waiting: 50 }, { at: 5, waiting: 30 }, 2],
    ['not when it grows', { at: 0, waiting: 50 }, { at: 5, waiting: 60 }, null],
    ['not when workers had nothing to do in the end', { at: 0, waiting: 50 }, { at: 5, waiting: 0 }, null],
    ['not when replicas came meanwhile', { at: 0, waiting: 50 }, { at: 5, waiting: 30, running: 3 }, null],
    ['not when nothing runs', { at: 0, waiting: 50, running: 0 }, { at: 5, waiting: 30, running: 0 }, null],
    ['not while it is paused', { at: 0, waiting: 50 }, { at: 5, waiting: 30, paused: true }, null],
    [
      'not when the count began anew',
      { at: 0, waiting: 50, done: 90 },
      { at: 5, waiting: 30, done: 3 },
      null,
    ],
    ['not over a long silence', { at: 0, waiting: 50 }, { at: 100, waiting: 30 }, null],
    ['not within a moment', { at: 0, waiting: 50 }, { at: 0.5, waiting: 30 }, null],
  ])('%s', (_, before, now, rate) => {
    expect(last(before, now)?.ratePerReplica).toBe(rate);
  });

  it('is the mean of what was counted, and the best of what was only seen', () => {
    const counted = [0, 10, 30].map((done, index) => ({ at: index * 5, waiting: 50, done }));
    expect(last(...counted)?.ratePerReplica).toBe(1.5);
    const seen = [90, 80, 60, 59].map((waiting, index) => ({ at: index * 5, waiting }));
    expect(last(...seen)?.ratePerReplica).toBe(2);
  });

  it('tells how many jobs one works at at once, while jobs wait', () => {
    expect(last({ at: 0, waiting: 50 }, { at: 5, waiting: 50, inFlight: 8 })?.concurrency).toBe(4);
    expect(last({ at: 0, waiting: 0 }, { at: 5, waiting: 0, inFlight: 1 })?.concurrency).toBeNull();
    expect(last({ at: 0, waiting: 5 }, { at: 5, waiting: 5, inFlight: null })?.concurrency).toBeNull();
  });

  it('forgets after ten minutes, and what nobody asks for', () => {
    const readings = [
      { at: 0, waiting: 50 },
      { at: 5, waiting: 30 },
      { at: 606, waiting: 30 },
    ];
    expect(observe(...readings).map(({ ratePerReplica }) => ratePerReplica)).toEqual([null, 2, null]);
    const rates = new WorkRates();
    const work = { waiting: 50, inFlight: 2, done: 0, paused: false };
    rates.observe('q', work, 2, 0);
    rates.keepOnly(new Set(['p']));
    expect(rates.observe('q', { ...work, done: 10 }, 2, 5_000).ratePerReplica).toBeNull();
  });
});
