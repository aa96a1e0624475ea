/** Worked out by hand from the definition, so that what scalectl is compared with is what people run. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_BEHAVIOUR, NO_MEMORY, type HpaBehaviour, type HpaRule } from './hpa-behaviour.js';
import { hpaProposal, hpaReplicas, type HpaMetric, type HpaPod } from './hpa.js';

const NOW = 10_000;

function pod(value: number | null, more: Partial<HpaPod> = {}): HpaPod {
  const metric = value === null ? null : { value, at: NOW, windowSeconds: 15 };
  const startedAt = NOW - 1000;
  return { phase: 'running', startedAt, ready: true, readyChangedAt: startedAt + 10, metric, ...more };
}
const ready = (value: number) => pod(value);
const missing = () => pod(null);
const pending = () => pod(null, { phase: 'pending', ready: false });
const failed = (value: number) => pod(value, { phase: 'failed' });
const deleting = (value: number) => pod(value, { phase: 'deleting' });
/** a minute old; ready for longer than the metric's window */
const fresh = (value: number) => pod(value, { startedAt: NOW - 60, readyChangedAt: NOW - 30 });
/** a minute old; the metric's window began before it was ready */
const early = (value: number) => pod(value, { startedAt: NOW - 60, readyChangedAt: NOW - 5 });
const notReady = (value: number) =>
  pod(value, { startedAt: NOW - 60, ready: false, readyChangedAt: NOW - 60 });
const neverReady = (value: number) => pod(value, { ready: false });
/** was ready for long, and is not now */
const fellOut = (value: number) => pod(value, { ready: false, readyChangedAt: NOW - 100 });

const times = (count: number, one: HpaPod) => Array.from({ length: count }, () => one);
const cpu = (target: number, ...pods: HpaPod[]): HpaMetric => ({
  kind: 'resource',
  resource: 'cpu',
  target,
  pods,
});
const memory = (target: number, ...pods: HpaPod[]): HpaMetric => ({
  kind: 'resource',
  resource: 'memory',
  target,
  pods,
});
const ofPods = (target: number, ...pods: HpaPod[]): HpaMetric => ({ kind: 'pods', target, pods });
const average = (value: number | null, target = 10): HpaMetric => ({
  kind: 'external-average',
  target,
  value,
});
const level = (value: number | null, readyPods: number): HpaMetric => ({
  kind: 'external-value',
  target: 100,
  value,
  readyPods,
});

describe('what one metric proposes', () => {
  it.each<[string, number, HpaMetric, number | null]>([
    ['doubles at twice the target', 1, cpu(50, ready(100)), 2],
    ['multiplies all replicas', 2, cpu(50, ...times(2, ready(100))), 4],
    ['goes by the mean: 60 / 50 x 3 = 3.6', 3, cpu(50, ready(30), ready(50), ready(100)), 4],
    ['halves, rounded up: 1.5', 3, cpu(50, ...times(3, ready(25))), 2],
    ['keeps at 1.1', 3, cpu(50, ...times(3, ready(55))), 3],
    ['keeps at 0.9', 3, cpu(50, ...times(3, ready(45))), 3],
    ['grows just above 1.1: 11.002', 10, cpu(50, ...times(10, ready(55.01))), 12],
    ['shrinks just below 0.9: 8.998', 10, cpu(50, ...times(10, ready(44.99))), 9],
    ['1.112 x 10', 10, cpu(50, ...times(10, ready(55.6))), 12],
    ['0.888 x 10', 10, cpu(50, ...times(10, ready(44.4))), 9],
    ['never rounds a use down to nothing: 0.1', 1, cpu(50, ready(5)), 1],
    ['nothing used needs nothing', 4, cpu(50, ...times(4, ready(0))), 0],
    ['0.2 x 10', 10, cpu(50, ...times(10, ready(10))), 2],
    ['an uneven load: 40 / 50 x 5', 5, cpu(50, ...times(2, ready(100)), ...times(3, ready(0))), 4],
    ['1.4 x 7 = 9.8', 7, cpu(50, ...times(7, ready(70))), 10],
    ['5 / 3 x 3 is 5 and no more', 3, cpu(60, ...times(3, ready(100))), 5],
    ['1.5 x 6', 6, cpu(60, ...times(6, ready(90))), 9],

    ['missing ones are idle when growing: 300 / 4 = 75', 4, cpu(50, ...times(3, ready(100)), missing()), 6],
    ['and may bring it to the target', 4, cpu(50, ...times(2, ready(100)), ...times(2, missing())), 4],
    ['or turn it, which keeps', 4, cpu(50, ready(100), ...times(3, missing())), 4],
    ['missing ones are full when shrinking: 130 / 4', 4, cpu(50, ...times(3, ready(10)), missing()), 3],
    ['and may bring it within the tolerance', 4, cpu(50, ...times(2, ready(10)), ...times(2, missing())), 4],
    ['or turn it, which keeps, too', 4, cpu(50, ready(10), ...times(3, missing())), 4],
    ['one missing of ten: 100 / 10 = 10', 10, cpu(50, ...times(9, ready(0)), missing()), 2],
    ['exactly at the target missing ones are left out', 4, cpu(50, ...times(3, ready(50)), missing()), 4],
    ['a little above: turned by the missing', 4, cpu(50, ...times(3, ready(52)), missing()), 4],
    ['a little below: turned by the missing', 4, cpu(50, ...times(3, ready(48)), missing()), 4],
    [
      'full is the target where that is more: 156 / 4 / 120',
      4,
      cpu(120, ...times(3, ready(12)), missing()),
      2,
    ],
    ['missing memory is full, too', 4, memory(50, ...times(3, ready(10)), missing()), 3],
    [
      'a missing number of pods is at its target: 80 / 4',
      4,
      ofPods(50, ...times(3, ready(10)), missing()),
      2,
    ],
    ['and idle when growing', 4, ofPods(50, ...times(3, ready(100)), missing()), 6],
    ['all missing', 2, cpu(50, missing(), missing()), null],
    ['no pods', 2, cpu(50), null],
    ['no answer', 2, { kind: 'pods', target: 50, pods: null }, null],

    ['starting ones are idle when growing: 200 / 3', 3, cpu(50, ...times(2, ready(100)), early(100)), 4],
    ['and may bring it to the target', 2, cpu(50, ready(100), early(100)), 2],
    ['or turn it, which keeps', 4, cpu(50, ready(100), ...times(3, early(100))), 4],
    [
      'when shrinking they are left out: 0.2 x 2',
      4,
      cpu(50, ...times(2, ready(10)), ...times(2, early(10))),
      1,
    ],
    ['so are pending ones: 0.2 x 4', 6, cpu(50, ...times(4, ready(10)), ...times(2, pending())), 1],
    ['a pending one turns growth of 1.2', 3, cpu(50, ...times(2, ready(60)), pending()), 3],
    ['a pending one lessens growth: 360 / 5 = 72', 5, cpu(50, ...times(4, ready(90)), pending()), 8],
    ['a young one that was measured while ready counts', 2, cpu(50, ready(100), fresh(100)), 4],
    ['a young one that is not ready is starting', 3, cpu(50, ...times(2, ready(100)), notReady(0)), 4],
    ['an old one that never was ready is starting', 3, cpu(50, ...times(2, ready(100)), neverReady(0)), 4],
    ['an old one that fell out of readiness counts', 3, cpu(50, ...times(2, ready(100)), fellOut(100)), 6],
    ['memory knows no starting', 3, memory(50, ...times(2, ready(100)), early(100)), 6],
    ['failed ones are left out', 2, cpu(50, ...times(2, ready(100)), failed(0)), 4],
    ['deleted ones are left out', 2, cpu(50, ...times(2, ready(100)), deleting(0)), 4],
    ['only deleted ones', 2, cpu(50, deleting(100)), null],
    ['starting and missing, growing: 400 / 6', 6, cpu(50, ...times(4, ready(100)), early(9), missing()), 8],
    ['starting and missing, shrinking: 140 / 5', 6, cpu(50, ...times(4, ready(10)), early(9), missing()), 3],
    ['only starting ones', 2, cpu(50, early(100), early(100)), null],
    ['only pending ones', 2, cpu(50, pending()), null],

    ['an average: 100 at 10 each', 5, average(100), 10],
    ['an average within the tolerance: 52', 5, average(52), 5],
    ['an average above it: 5.6', 5, average(56), 6],
    ['an average below it: 4.4', 5, average(44), 5],
    ['an average of 40', 5, average(40), 4],
    ['an average of nothing', 5, average(0), 0],
    ['an average from 0 knows no tolerance', 0, average(35), 4],
    ['an average that is unknown', 5, average(null), null],
    ['a value at twice its target', 3, level(200, 3), 6],
    ['a value within the tolerance', 3, level(105, 3), 3],
    ['a value at half', 3, level(50, 3), 2],
    ['a value from 0: 2.5', 0, level(250, 0), 3],
    ['a value multiplies the ready ones', 4, level(200, 2), 4],
    ['a value that is unknown', 4, level(null, 4), null],
  ])('%s', (_, replicas, metric, expected) => {
    expect(hpaProposal(metric, replicas, NOW)).toBe(expected);
  });
});

const rules = (...some: HpaRule[]) => ({ windowSeconds: 0, select: 'max' as const, rules: some });
const down = (more: Partial<HpaBehaviour['down']>): HpaBehaviour => ({
  ...DEFAULT_BEHAVIOUR,
  down: { ...rules(TWO_PODS), ...more },
});
const TWO_PODS: HpaRule = { kind: 'pods', value: 2, periodSeconds: 60 };
const FOUR_PODS: HpaRule = { kind: 'pods', value: 4, periodSeconds: 60 };
const TENTH: HpaRule = { kind: 'percent', value: 10, periodSeconds: 60 };
const upWindow: HpaBehaviour = { ...DEFAULT_BEHAVIOUR, up: { ...DEFAULT_BEHAVIOUR.up, windowSeconds: 60 } };

interface Given {
  behaviour?: HpaBehaviour;
  seen?: [ago: number, replicas: number];
  changed?: [ago: number, by: number];
  min?: number;
  max?: number;
}

describe('what comes of the proposals', () => {
  it.each<[string, number, (number | null)[], number, Given?]>([
    ['the largest proposal', 2, [20, 50], 5],
    ['grows although a metric fails', 2, [null, 50], 5],
    ['does not shrink while a metric fails', 4, [null, 10], 4],
    ['stays while all fail', 4, [null, null], 4],
    ['is switched off at 0', 0, [50], 0],
    ['wakes where min is 0', 0, [30], 3, { min: 0 }],
    ['comes down to max at once', 12, [120], 10, { max: 10 }],
    ['comes up to min at once', 1, [10], 2, { min: 2 }],
    ['grows by 4 in 15 s', 1, [200], 5],
    ['or by 100 %', 10, [1000], 20],
    ['whichever is more', 3, [100], 7],
    ['what was added counts against it', 10, [1000], 10, { changed: [10, 10] }],
    ['in part', 10, [1000], 10, { changed: [10, 5] }],
    ['no longer after 15 s', 10, [1000], 20, { changed: [15, 5] }],
    ['what was removed counts for it', 10, [1000], 24, { changed: [5, -2] }],
    ['never above max', 10, [1000], 15, { max: 15 }],
    ['shrinks to what the window saw', 10, [20], 8, { seen: [100, 8] }],
    ['which is over after 300 s', 10, [20], 2, { seen: [300, 8] }],
    ['and holds when it saw more', 10, [20], 10, { seen: [100, 12] }],
    ['grows to the least of the up window', 10, [200], 12, { behaviour: upWindow, seen: [30, 12] }],
    ['and holds when it saw less', 10, [200], 10, { behaviour: upWindow, seen: [30, 8] }],
    ['the up window is over after 60 s', 10, [200], 20, { behaviour: upWindow, seen: [60, 8] }],
    ['shrinks by 2 pods', 10, [10], 8, { behaviour: down({}) }],
    ['shrinks by 10 %', 10, [10], 9, { behaviour: down({ rules: [TENTH] }) }],
    ['10 % of 15 leave 13.5, cut off', 15, [10], 13, { behaviour: down({ rules: [TENTH] }) }],
    ['by the rule that allows most', 10, [10], 6, { behaviour: down({ rules: [FOUR_PODS, TENTH] }) }],
    [
      'by the rule that allows least',
      10,
      [10],
      9,
      { behaviour: down({ rules: [FOUR_PODS, TENTH], select: 'min' }) },
    ],
    ['not at all', 10, [10], 10, { behaviour: down({ select: 'disabled' }) }],
    ['never below min', 10, [10], 4, { min: 4 }],
    ['what was removed counts against it', 8, [10], 8, { behaviour: down({}), changed: [30, -2] }],
    ['no longer after its period', 8, [10], 6, { behaviour: down({}), changed: [60, -2] }],
  ])('%s', (_, replicas, values, expected, given = {}) => {
    const { behaviour = DEFAULT_BEHAVIOUR, seen, changed, min = 1, max = 100 } = given;
    const past = {
      recommendations: seen === undefined ? [] : [{ at: NOW - seen[0], replicas: seen[1] }],
      changes: changed === undefined ? [] : [{ at: NOW - changed[0], by: changed[1] }],
    };
    const metrics = values.map((value) => average(value));
    expect(hpaReplicas(metrics, { now: NOW, replicas, min, max }, behaviour, past).replicas).toBe(expected);
  });

  it('remembers proposals and changes for as long as they count', () => {
    const state = { now: NOW, replicas: 10, min: 1, max: 100 };
    const past = {
      recommendations: [300, 299].map((ago) => ({ at: NOW - ago, replicas: 10 })),
      changes: [15, 14].map((ago) => ({ at: NOW - ago, by: 1 })),
    };
    const { memory } = hpaReplicas([average(200)], state, DEFAULT_BEHAVIOUR, past);
    expect(memory.recommendations.map(({ at }) => NOW - at)).toEqual([299, 0]);
    expect(memory.changes.map(({ at }) => NOW - at)).toEqual([14, 0]);
    expect(hpaReplicas([], state, DEFAULT_BEHAVIOUR, NO_MEMORY).memory).toBe(NO_MEMORY);
  });
});
