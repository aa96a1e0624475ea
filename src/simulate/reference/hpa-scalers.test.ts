import { describe, expect, it } from 'vitest';
import type { View } from '../view.js';
import { hpaCpu, hpaRps, kedaQueue } from './hpa-scalers.js';

function view(more: Partial<View>): View {
  return {
    now: 3000,
    desired: 1,
    cohorts: [],
    startupSeconds: 10,
    capacity: 50,
    readyBy: () => more.desired ?? 1,
    cpuPercent: () => null,
    arrivalsPerSecond: () => null,
    waiting: 0,
    active: 0,
    ...more,
  };
}

describe('KEDA over a list', () => {
  it.each<[string, number, number, number, number, { max?: number; active?: number }?]>([
    // jobs per replica, waiting, replicas now, replicas then
    ['nothing waits', 5, 0, 1, 1],
    ['as many as one takes', 5, 5, 1, 1],
    ['one more than one takes', 5, 6, 1, 2],
    ['twice as many', 5, 10, 1, 2],
    ['a little more', 5, 11, 1, 3],
    ['five times as many', 5, 25, 1, 5],
    ['more than 4 more in 15 s', 5, 26, 1, 5],
    ['very many', 5, 100, 1, 5],
    ['double at most', 5, 100, 5, 10],
    ['double is enough', 5, 100, 10, 20],
    ['enough', 5, 100, 20, 20],
    ['within the tolerance above', 5, 110, 20, 20],
    ['beyond it: 22.2', 5, 111, 20, 23],
    ['within the tolerance below', 5, 90, 20, 20],
    ['below it: 17.8', 5, 89, 20, 18],
    ['half', 5, 50, 20, 10],
    ['one job', 5, 1, 20, 1],
    ['empty', 5, 0, 20, 1],
    ['as many as max', 5, 1000, 50, 60, { max: 60 }],
    ['at max', 5, 1000, 60, 60, { max: 60 }],
    ['one each: one', 1, 1, 1, 1],
    ['one each: two', 1, 2, 1, 2],
    ['one each: 5 for 4', 1, 5, 4, 5],
    ['one each: double at most', 1, 9, 4, 8],
    ['one each: enough', 1, 40, 40, 40],
    ['one each: within the tolerance above', 1, 44, 40, 40],
    ['one each: beyond it', 1, 45, 40, 45],
    ['one each: within the tolerance below', 1, 36, 40, 40],
    ['one each: below it', 1, 35, 40, 35],
    ['one each: empty', 1, 0, 40, 1],
    ['what is worked on is not seen', 1, 0, 20, 1, { active: 20 }],
  ])('%s', (_, length, waiting, desired, expected, { max = 100, active = 0 } = {}) => {
    const scaler = kedaQueue(length, { min: 1, max });
    expect(scaler.replicas(view({ waiting, active, desired }))).toBe(expected);
  });

  it.each<[string, number, number, number, number]>([
    ['what is worked on holds its workers', 0, 20, 20, 20],
    ['and what waits comes on top', 5, 20, 20, 25],
    ['half idle', 0, 10, 20, 10],
    ['within the tolerance', 0, 19, 20, 20],
    ['at its edge', 0, 18, 20, 20],
    ['beyond it', 0, 17, 20, 17],
    ['nothing at all', 0, 0, 20, 1],
    ['many wait', 100, 20, 20, 40],
  ])('counting active jobs too: %s', (_, waiting, active, desired, expected) => {
    const scaler = kedaQueue(1, { min: 1, max: 100 }, 'active+waiting');
    expect(scaler.replicas(view({ waiting, active, desired }))).toBe(expected);
  });

  it.each<[string, number, number, number, number]>([
    // time, waiting, replicas now, replicas then
    ['stays off while nothing waits', 30, 0, 0, 0],
    ['wakes with one job', 30, 1, 0, 1],
    ['wakes with one replica, however many wait', 30, 100, 0, 1],
    ['looks every 30 s only', 15, 100, 0, 0],
    ['is on for 300 s without jobs', 270, 0, 1, 1],
    ['is switched off when it looks', 285, 0, 1, 1],
    ['is switched off after 300 s', 300, 0, 1, 0],
    ['from any count', 330, 0, 5, 0],
    ['stays on with a job', 330, 1, 1, 1],
  ])('min 0: %s', (_, now, waiting, desired, expected) => {
    expect(kedaQueue(5, { min: 0, max: 100 }).replicas(view({ now, waiting, desired }))).toBe(expected);
  });

  it('counts the 300 s from the last job', () => {
    const scaler = kedaQueue(5, { min: 0, max: 100 });
    const at = (now: number, waiting: number) => scaler.replicas(view({ now, waiting, desired: 1 }));
    expect([at(600, 1), at(870, 0), at(900, 0)]).toEqual([1, 1, 0]);
  });
});

describe('the HPA in a simulation', () => {
  it('sees CPU as metrics-server tells it: 15 s long and 8 s old', () => {
    const asked: number[][] = [];
    const cohorts = [{ count: 2, createdAt: 0, readyAt: 10 }];
    const cpuPercent = (...range: [number, number]) => (asked.push(range), 100);
    expect(hpaCpu(50, { min: 1, max: 9 }).replicas(view({ desired: 2, cohorts, cpuPercent }))).toBe(4);
    expect(asked).toEqual([[3000 - 23, 3000 - 8]]);
  });

  it('takes replicas that are starting for idle when growing', () => {
    const cohorts = [
      { count: 2, createdAt: 0, readyAt: 10 },
      { count: 2, createdAt: 2990, readyAt: 3000 },
    ];
    expect(
      hpaCpu(50, { min: 1, max: 9 }).replicas(view({ desired: 4, cohorts, cpuPercent: () => 100 })),
    ).toBe(4);
  });

  it('goes by arrivals at the share of what a replica serves', () => {
    const scaler = hpaRps(70, { min: 1, max: 99 });
    expect(scaler.replicas(view({ desired: 8, arrivalsPerSecond: () => 350 }))).toBe(10);
  });
});
