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

/** jobs per replica, waiting, replicas now, replicas then */
const LIST: [
  working: string,
  length: number,
  waiting: number,
  now: number,
  then: number,
  more?: { max?: number; active?: number },
][] = [
  ['max(0/5, min 1) = 1', 5, 0, 1, 1],
  ['5/(5 x 1) = 1: 1', 5, 5, 1, 1],
  ['ceil(6/5) = 2', 5, 6, 1, 2],
  ['ceil(10/5) = 2', 5, 10, 1, 2],
  ['ceil(11/5) = 3', 5, 11, 1, 3],
  ['ceil(25/5) = 5', 5, 25, 1, 5],
  ['min(ceil(26/5) = 6, max(1 + 4, 1 x 2)) = 5', 5, 26, 1, 5],
  ['min(ceil(100/5) = 20, max(1 + 4, 1 x 2)) = 5', 5, 100, 1, 5],
  ['min(ceil(100/5) = 20, max(5 + 4, 5 x 2)) = 10', 5, 100, 5, 10],
  ['ceil(100/5) = 20', 5, 100, 10, 20],
  ['100/(5 x 20) = 1: 20', 5, 100, 20, 20],
  ['110/(5 x 20) = 1.1 is within: 20', 5, 110, 20, 20],
  ['1.11 is not: ceil(111/5) = ceil(22.2) = 23', 5, 111, 20, 23],
  ['90/(5 x 20) = 0.9 is within: 20', 5, 90, 20, 20],
  ['0.89 is not: ceil(89/5) = ceil(17.8) = 18', 5, 89, 20, 18],
  ['ceil(50/5) = 10', 5, 50, 20, 10],
  ['ceil(1/5) = 1', 5, 1, 20, 1],
  ['max(0/5, min 1) = 1, from 20', 5, 0, 20, 1],
  ['min(ceil(1000/5) = 200, max 60) = 60', 5, 1000, 50, 60, { max: 60 }],
  ['stays at max 60', 5, 1000, 60, 60, { max: 60 }],
  ['ceil(1/1) = 1', 1, 1, 1, 1],
  ['ceil(2/1) = 2', 1, 2, 1, 2],
  ['ceil(5/1) = 5', 1, 5, 4, 5],
  ['min(ceil(9/1) = 9, max(4 + 4, 4 x 2)) = 8', 1, 9, 4, 8],
  ['40/(1 x 40) = 1: 40', 1, 40, 40, 40],
  ['44/(1 x 40) = 1.1 is within: 40', 1, 44, 40, 40],
  ['1.125 is not: ceil(45/1) = 45', 1, 45, 40, 45],
  ['36/(1 x 40) = 0.9 is within: 40', 1, 36, 40, 40],
  ['0.875 is not: ceil(35/1) = 35', 1, 35, 40, 35],
  ['max(0/1, min 1) = 1, from 40', 1, 0, 40, 1],
  ['what is worked on is not seen: max(0/1, min 1) = 1', 1, 0, 20, 1, { active: 20 }],
];

/** one job per replica: waiting, active, replicas now, replicas then */
const ACTIVE_TOO: [working: string, waiting: number, active: number, now: number, then: number][] = [
  ['(0 + 20)/(1 x 20) = 1: 20', 0, 20, 20, 20],
  ['ceil((5 + 20)/1) = 25', 5, 20, 20, 25],
  ['ceil((0 + 10)/1) = 10', 0, 10, 20, 10],
  ['(0 + 19)/(1 x 20) = 0.95 is within: 20', 0, 19, 20, 20],
  ['(0 + 18)/(1 x 20) = 0.9 is within: 20', 0, 18, 20, 20],
  ['0.85 is not: ceil((0 + 17)/1) = 17', 0, 17, 20, 17],
  ['max(0/1, min 1) = 1', 0, 0, 20, 1],
  ['min(ceil((100 + 20)/1) = 120, max(20 + 4, 20 x 2)) = 40', 100, 20, 20, 40],
];

/** time, waiting, replicas now, replicas then */
const FROM_0: [working: string, time: number, waiting: number, now: number, then: number][] = [
  ['0 > 0 is not: 0', 30, 0, 0, 0],
  ['1 > 0: max(min 0, 1) = 1', 30, 1, 0, 1],
  ['however many wait: 1', 30, 100, 0, 1],
  ['15 is no multiple of 30 s: 0', 15, 100, 0, 0],
  ['270 < 300 s without jobs: 1', 270, 0, 1, 1],
  ['285 is no multiple of 30 s: 1', 285, 0, 1, 1],
  ['300 s without jobs: 0', 300, 0, 1, 0],
  ['330 s without jobs, from any count: 0', 330, 0, 5, 0],
  ['a job: ceil(1/5) = 1', 330, 1, 1, 1],
];

describe('KEDA over a list', () => {
  it.each(LIST)('%s', (_, length, waiting, desired, expected, { max = 100, active = 0 } = {}) => {
    const scaler = kedaQueue(length, { min: 1, max });
    expect(scaler.replicas(view({ waiting, active, desired }))).toBe(expected);
  });

  it.each(ACTIVE_TOO)('counting active jobs too: %s', (_, waiting, active, desired, expected) => {
    const scaler = kedaQueue(1, { min: 1, max: 100 }, 'active+waiting');
    expect(scaler.replicas(view({ waiting, active, desired }))).toBe(expected);
  });

  it.each(FROM_0)('min 0: %s', (_, now, waiting, desired, expected) => {
    expect(kedaQueue(5, { min: 0, max: 100 }).replicas(view({ now, waiting, desired }))).toBe(expected);
  });

  it('has at least 40 different tables', () => {
    const all = [LIST, ACTIVE_TOO, FROM_0].flat();
    expect(new Set(all.map((row) => JSON.stringify(row))).size).toBeGreaterThanOrEqual(40);
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
