/**
 * Worked out by hand from the definition, so that what scalectl is compared with is what people run. The arithmetic
 * stands in the name of each row: ratio = mean / target, nothing within 0.9 to 1.1, else ceil(ratio x pods).
 */

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

const PROPOSALS: [working: string, replicas: number, HpaMetric, proposal: number | null][] = [
  ['ceil(100/50 x 1) = 2', 1, cpu(50, ready(100)), 2],
  ['ceil(100/50 x 2) = 4', 2, cpu(50, ...times(2, ready(100))), 4],
  ['ceil((30 + 50 + 100)/3/50 x 3) = ceil(3.6) = 4', 3, cpu(50, ready(30), ready(50), ready(100)), 4],
  ['ceil(25/50 x 3) = ceil(1.5) = 2', 3, cpu(50, ...times(3, ready(25))), 2],
  ['55/50 = 1.1 is within: 3', 3, cpu(50, ...times(3, ready(55))), 3],
  ['45/50 = 0.9 is within: 3', 3, cpu(50, ...times(3, ready(45))), 3],
  ['1.1002 is not: ceil(11.002) = 12', 10, cpu(50, ...times(10, ready(55.01))), 12],
  ['0.8998 is not: ceil(8.998) = 9', 10, cpu(50, ...times(10, ready(44.99))), 9],
  ['ceil(55.6/50 x 10) = ceil(11.12) = 12', 10, cpu(50, ...times(10, ready(55.6))), 12],
  ['ceil(44.4/50 x 10) = ceil(8.88) = 9', 10, cpu(50, ...times(10, ready(44.4))), 9],
  ['ceil(5/50 x 1) = ceil(0.1) = 1', 1, cpu(50, ready(5)), 1],
  ['ceil(0/50 x 4) = 0', 4, cpu(50, ...times(4, ready(0))), 0],
  ['ceil(10/50 x 10) = 2', 10, cpu(50, ...times(10, ready(10))), 2],
  ['ceil((2 x 100)/5/50 x 5) = 4', 5, cpu(50, ...times(2, ready(100)), ...times(3, ready(0))), 4],
  ['ceil(70/50 x 7) = ceil(9.8) = 10', 7, cpu(50, ...times(7, ready(70))), 10],
  ['ceil(100/60 x 3) = 5 and no more', 3, cpu(60, ...times(3, ready(100))), 5],
  ['ceil(90/60 x 6) = 9', 6, cpu(60, ...times(6, ready(90))), 9],
  ['ceil(90/60 x 3) = ceil(4.5) = 5', 3, cpu(60, ...times(3, ready(90))), 5],
  ['memory: ceil(95/80 x 4) = ceil(4.75) = 5', 4, memory(80, ...times(4, ready(95))), 5],
  ['of pods, above 100: ceil(340/200 x 3) = ceil(5.1) = 6', 3, ofPods(200, ...times(3, ready(340))), 6],
  ['4 replicas, 3 pods: ceil(100/50 x 3) = 6', 4, cpu(50, ...times(3, ready(100))), 6],

  [
    'growing, a missing one is idle: ceil(300/4/50 x 4) = 6',
    4,
    cpu(50, ...times(3, ready(100)), missing()),
    6,
  ],
  ['200/4 = 50 is the target: 4', 4, cpu(50, ...times(2, ready(100)), ...times(2, missing())), 4],
  ['100/50 > 1 and 100/4/50 < 1: turned, 4', 4, cpu(50, ready(100), ...times(3, missing())), 4],
  [
    'shrinking, it is full: ceil((3 x 10 + 100)/4/50 x 4) = 3',
    4,
    cpu(50, ...times(3, ready(10)), missing()),
    3,
  ],
  [
    '(2 x 10 + 2 x 100)/4/50 = 1.1 is within: 4',
    4,
    cpu(50, ...times(2, ready(10)), ...times(2, missing())),
    4,
  ],
  ['10/50 < 1 and (10 + 300)/4/50 > 1: turned, 4', 4, cpu(50, ready(10), ...times(3, missing())), 4],
  ['ceil((9 x 0 + 100)/10/50 x 10) = 2', 10, cpu(50, ...times(9, ready(0)), missing()), 2],
  ['50/50 = 1 speaks for no change: 4', 4, cpu(50, ...times(3, ready(50)), missing()), 4],
  ['1.04, and 156/4/50 = 0.78: turned, 4', 4, cpu(50, ...times(3, ready(52)), missing()), 4],
  ['0.96, and (144 + 100)/4/50 = 1.22: turned, 4', 4, cpu(50, ...times(3, ready(48)), missing()), 4],
  [
    'full is max(100, target 200): ceil((300 + 200)/4/200 x 4) = ceil(2.5) = 3',
    4,
    cpu(200, ...times(3, ready(100)), missing()),
    3,
  ],
  [
    'more pods than replicas, ceil((60 + 100)/4/50 x 4) = 4 > 2: 2',
    2,
    cpu(50, ...times(3, ready(20)), missing()),
    2,
  ],
  [
    'fewer pods than replicas, ceil(200/3/50 x 3) = 4 < 10: 10',
    10,
    cpu(50, ...times(2, ready(100)), missing()),
    10,
  ],
  ['memory: ceil((30 + 100)/4/50 x 4) = ceil(2.6) = 3', 4, memory(50, ...times(3, ready(10)), missing()), 3],
  ['memory: ceil((3 x 100 + 0)/4/50 x 4) = 6', 4, memory(50, ...times(3, ready(100)), missing()), 6],
  [
    'of pods, a missing one is at its target: ceil((30 + 50)/4/50 x 4) = ceil(1.6) = 2',
    4,
    ofPods(50, ...times(3, ready(10)), missing()),
    2,
  ],
  ['of pods, growing: ceil(300/4/50 x 4) = 6', 4, ofPods(50, ...times(3, ready(100)), missing()), 6],
  ['all missing: unknown', 2, cpu(50, missing(), missing()), null],
  ['no pods: unknown', 2, cpu(50), null],
  ['no answer: unknown', 2, { kind: 'pods', target: 50, pods: null }, null],

  [
    'growing, a starting one is idle: ceil(200/3/50 x 3) = 4',
    3,
    cpu(50, ...times(2, ready(100)), early(100)),
    4,
  ],
  ['100/2/50 = 1 is within: 2', 2, cpu(50, ready(100), early(100)), 2],
  ['100/50 > 1 and 100/4/50 < 1: turned, 4', 4, cpu(50, ready(100), ...times(3, early(100))), 4],
  [
    'shrinking, starting ones are left out: ceil(10/50 x 2) = 1',
    4,
    cpu(50, ...times(2, ready(10)), ...times(2, early(10))),
    1,
  ],
  ['pending ones, too: ceil(10/50 x 4) = 1', 6, cpu(50, ...times(4, ready(10)), ...times(2, pending())), 1],
  ['1.2, and 120/3/50 = 0.8: turned, 3', 3, cpu(50, ...times(2, ready(60)), pending()), 3],
  ['ceil((4 x 90)/5/50 x 5) = ceil(7.2) = 8', 5, cpu(50, ...times(4, ready(90)), pending()), 8],
  ['young, measured while ready, counts: ceil(200/2/50 x 2) = 4', 2, cpu(50, ready(100), fresh(100)), 4],
  [
    'young and not ready is starting: ceil(200/3/50 x 3) = 4',
    3,
    cpu(50, ...times(2, ready(100)), notReady(0)),
    4,
  ],
  [
    'old and never ready is starting: ceil(200/3/50 x 3) = 4',
    3,
    cpu(50, ...times(2, ready(100)), neverReady(0)),
    4,
  ],
  ['old and fallen out counts: ceil(300/3/50 x 3) = 6', 3, cpu(50, ...times(2, ready(100)), fellOut(100)), 6],
  ['memory knows no starting: ceil(300/3/50 x 3) = 6', 3, memory(50, ...times(2, ready(100)), early(100)), 6],
  ['a failed one is left out: ceil(100/50 x 2) = 4', 2, cpu(50, ...times(2, ready(100)), failed(0)), 4],
  ['a deleted one is left out: ceil(100/50 x 2) = 4', 2, cpu(50, ...times(2, ready(100)), deleting(0)), 4],
  ['only deleted ones: unknown', 2, cpu(50, deleting(100)), null],
  [
    'a starting and a missing one, growing: ceil(400/6/50 x 6) = 8',
    6,
    cpu(50, ...times(4, ready(100)), early(9), missing()),
    8,
  ],
  [
    'and shrinking: ceil((40 + 100)/5/50 x 5) = ceil(2.8) = 3',
    6,
    cpu(50, ...times(4, ready(10)), early(9), missing()),
    3,
  ],
  ['only starting ones: unknown', 2, cpu(50, early(100), early(100)), null],
  ['only pending ones: unknown', 2, cpu(50, pending()), null],

  ['an average: ceil(100/10) = 10', 5, average(100), 10],
  ['52/(10 x 5) = 1.04 is within: 5', 5, average(52), 5],
  ['55/(10 x 5) = 1.1 is within: 5', 5, average(55), 5],
  ['ceil(56/10) = ceil(5.6) = 6', 5, average(56), 6],
  ['ceil(44/10) = ceil(4.4) = 5', 5, average(44), 5],
  ['ceil(40/10) = 4', 5, average(40), 4],
  ['ceil(0/10) = 0', 5, average(0), 0],
  ['from 0 without a tolerance: ceil(35/10) = 4', 0, average(35), 4],
  ['unknown', 5, average(null), null],
  ['a value: ceil(200/100 x 3) = 6', 3, level(200, 3), 6],
  ['105/100 is within: 3', 3, level(105, 3), 3],
  ['ceil(50/100 x 3) = ceil(1.5) = 2', 3, level(50, 3), 2],
  ['from 0: ceil(250/100) = 3', 0, level(250, 0), 3],
  ['of the ready ones: ceil(200/100 x 2) = 4', 4, level(200, 2), 4],
  ['unknown', 4, level(null, 4), null],
];

describe('what one metric proposes', () => {
  it.each(PROPOSALS)('%s', (_, replicas, metric, proposal) => {
    expect(hpaProposal(metric, replicas, NOW)).toBe(proposal);
  });
});

const rules = (...some: HpaRule[]) => ({ windowSeconds: 0, select: 'max' as const, rules: some });
const TWO_PODS: HpaRule = { kind: 'pods', value: 2, periodSeconds: 60 };
const FOUR_PODS: HpaRule = { kind: 'pods', value: 4, periodSeconds: 60 };
const THREE_IN_15: HpaRule = { kind: 'pods', value: 3, periodSeconds: 15 };
const TENTH: HpaRule = { kind: 'percent', value: 10, periodSeconds: 60 };
const HALF: HpaRule = { kind: 'percent', value: 50, periodSeconds: 60 };
const up = (more: Partial<HpaBehaviour['up']>): HpaBehaviour => ({
  ...DEFAULT_BEHAVIOUR,
  up: { ...rules(TWO_PODS), ...more },
});
const down = (more: Partial<HpaBehaviour['down']>): HpaBehaviour => ({
  ...DEFAULT_BEHAVIOUR,
  down: { ...rules(TWO_PODS), ...more },
});
const upWindow: HpaBehaviour = { ...DEFAULT_BEHAVIOUR, up: { ...DEFAULT_BEHAVIOUR.up, windowSeconds: 60 } };

interface Given {
  behaviour?: HpaBehaviour;
  seen?: [ago: number, replicas: number][];
  changed?: [ago: number, by: number];
  min?: number;
  max?: number;
}

/** Numbers are the values of averages with a target of 10 per pod, so that 50 proposes 5. */
type Metric = number | null | HpaMetric;

type Row = [working: string, replicas: number, Metric[], expected: number, Given?];

const SEVERAL: Row[] = [
  ['max(2, 5) = 5', 2, [20, 50], 5],
  ['max(3, 7, 5) = 7', 4, [30, 70, 50], 7],
  ['shrinks to max(1, 2) = 2', 4, [10, 20], 2],
  ['max(42/40 within: 4, 2) = 4', 4, [42, 20], 4],
  ['max(cpu ceil(100/50 x 2), ceil(30/10)) = 4', 2, [cpu(50, ready(100), ready(100)), 30], 4],
  ['max(cpu ceil(30/50 x 2), ceil(50/10)) = 5', 2, [cpu(50, ready(30), ready(30)), 50], 5],
  ['one unknown, max(5) > 2: grows to 5', 2, [null, 50], 5],
  ['one unknown, 1 < 4: stays at 4', 4, [null, 10], 4],
  ['one unknown, 42/40 within: stays at 4', 4, [null, 42], 4],
  ['memory unknown, ceil(200/100 x 2) = 4', 2, [memory(50, missing(), missing()), level(200, 2)], 4],
  ['cpu unknown, ceil(50/100 x 4) = 2 < 4: stays at 4', 4, [cpu(50, pending()), level(50, 4)], 4],
  ['all unknown: stays at 4', 4, [null, null], 4],
];

const BOUNDS: Row[] = [
  ['0 with min 1 is switched off: 0', 0, [50], 0],
  ['0 with min 0: ceil(30/10) = 3', 0, [30], 3, { min: 0 }],
  ['12 > max 10: 10 at once', 12, [120], 10, { max: 10 }],
  ['1 < min 2: 2 at once', 1, [10], 2, { min: 2 }],
  ['min(20, 100, max 15) = 15', 10, [1000], 15, { max: 15 }],
  ['max(1, min 4) = 4', 10, [10], 4, { min: 4 }],
];

const UP_RATES: Row[] = [
  ['max(1 + 4, 1 x 2) = 5', 1, [200], 5],
  ['max(3 + 4, 3 x 2) = 7', 3, [100], 7],
  ['max(10 + 4, 10 x 2) = 20', 10, [1000], 20],
  ['10 added: max(0 + 4, 0 x 2) < 10: stays at 10', 10, [1000], 10, { changed: [10, 10] }],
  ['5 added: max(5 + 4, 5 x 2) = 10', 10, [1000], 10, { changed: [10, 5] }],
  ['15 s ago counts no longer: 10 x 2 = 20', 10, [1000], 20, { changed: [15, 5] }],
  ['2 removed: max(12 + 4, 12 x 2) = 24', 10, [1000], 24, { changed: [5, -2] }],
  ['10 + 2 = 12', 10, [1000], 12, { behaviour: up({}) }],
  ['less is wanted: min(12, 10 + 4) = 12', 10, [120], 12, { behaviour: up({ rules: [FOUR_PODS] }) }],
  ['3 added in 60 s: 7 + 2 < 10: stays at 10', 10, [1000], 10, { behaviour: up({}), changed: [30, 3] }],
  ['1 added in 60 s: 9 + 2 = 11', 10, [1000], 11, { behaviour: up({}), changed: [30, 1] }],
  ['60 s ago counts no longer: 10 + 2 = 12', 10, [1000], 12, { behaviour: up({}), changed: [60, 3] }],
  ['ceil(11 x 1.1) = ceil(12.1) = 13', 11, [1000], 13, { behaviour: up({ rules: [TENTH] }) }],
  ['ceil(1 x 1.1) = 2', 1, [1000], 2, { behaviour: up({ rules: [TENTH] }) }],
  ['Max: max(10 + 2, 10 x 1.5) = 15', 10, [1000], 15, { behaviour: up({ rules: [TWO_PODS, HALF] }) }],
  [
    'Min: min(10 + 2, 10 x 1.5) = 12',
    10,
    [1000],
    12,
    { behaviour: up({ rules: [TWO_PODS, HALF], select: 'min' }) },
  ],
  [
    'Max of two periods, 1 added 30 s ago: max(10 + 3, 9 + 4) = 13',
    10,
    [1000],
    13,
    { behaviour: up({ rules: [THREE_IN_15, FOUR_PODS] }), changed: [30, 1] },
  ],
  [
    'Min of two periods, 3 added 30 s ago: min(10 + 3, 7 + 4) = 11',
    10,
    [1000],
    11,
    { behaviour: up({ rules: [THREE_IN_15, FOUR_PODS], select: 'min' }), changed: [30, 3] },
  ],
  ['Disabled: stays at 10', 10, [1000], 10, { behaviour: up({ select: 'disabled' }) }],
  ['Disabled upwards shrinks: ceil(20/10) = 2', 10, [20], 2, { behaviour: up({ select: 'disabled' }) }],
  ['min(10 + 2, max 11) = 11', 10, [1000], 11, { behaviour: up({}), max: 11 }],
];

const DOWN_RATES: Row[] = [
  ['100 %: max(ceil(20/10), 10 x 0) = 2', 10, [20], 2],
  ['10 - 2 = 8', 10, [10], 8, { behaviour: down({}) }],
  ['less is wanted: max(ceil(85/10), 10 - 2) = 9', 10, [85], 9, { behaviour: down({}) }],
  ['cut off: 10 x 0.9 = 9', 10, [10], 9, { behaviour: down({ rules: [TENTH] }) }],
  ['cut off: 15 x 0.9 = 13.5, 13', 15, [10], 13, { behaviour: down({ rules: [TENTH] }) }],
  ['cut off: 9 x 0.5 = 4.5, 4', 9, [10], 4, { behaviour: down({ rules: [HALF] }) }],
  ['Max: min(10 - 4, 10 x 0.9) = 6', 10, [10], 6, { behaviour: down({ rules: [FOUR_PODS, TENTH] }) }],
  [
    'Min: max(10 - 4, 10 x 0.9) = 9',
    10,
    [10],
    9,
    { behaviour: down({ rules: [FOUR_PODS, TENTH], select: 'min' }) },
  ],
  ['2 removed in 60 s: 10 - 2 = 8: stays at 8', 8, [10], 8, { behaviour: down({}), changed: [30, -2] }],
  ['5 removed in 60 s: 10 - 2 > 5: stays at 5', 5, [10], 5, { behaviour: down({}), changed: [30, -5] }],
  ['1 removed in 60 s: 9 - 2 = 7', 8, [10], 7, { behaviour: down({}), changed: [30, -1] }],
  ['60 s ago counts no longer: 8 - 2 = 6', 8, [10], 6, { behaviour: down({}), changed: [60, -2] }],
  [
    '5 added in 60 s: 5 x 0.9 = 4.5, 4',
    10,
    [10],
    4,
    { behaviour: down({ rules: [TENTH] }), changed: [30, 5] },
  ],
  [
    'Max of two periods, 2 removed 30 s ago: min(8 - 3, 10 - 4) = 5',
    8,
    [10],
    5,
    { behaviour: down({ rules: [THREE_IN_15, FOUR_PODS] }), changed: [30, -2] },
  ],
  [
    'Min of two periods, 2 removed 30 s ago: max(8 - 3, 10 - 4) = 6',
    8,
    [10],
    6,
    { behaviour: down({ rules: [THREE_IN_15, FOUR_PODS], select: 'min' }), changed: [30, -2] },
  ],
  ['Disabled: stays at 10', 10, [10], 10, { behaviour: down({ select: 'disabled' }) }],
  [
    'Disabled downwards grows: max(10 + 4, 10 x 2) = 20',
    10,
    [1000],
    20,
    { behaviour: down({ select: 'disabled' }) },
  ],
  ['max(10 - 2, min 9) = 9', 10, [10], 9, { behaviour: down({}), min: 9 }],
];

const WINDOWS: Row[] = [
  ['down: max(2, 8) = 8', 10, [20], 8, { seen: [[100, 8]] }],
  [
    'down: max(2, 6, 8, 7) = 8',
    10,
    [20],
    8,
    {
      seen: [
        [200, 6],
        [100, 8],
        [50, 7],
      ],
    },
  ],
  ['300 s ago counts no longer: 2', 10, [20], 2, { seen: [[300, 8]] }],
  ['299 s ago does: max(2, 8) = 8', 10, [20], 8, { seen: [[299, 8]] }],
  ['down: max(2, 12) > 10: stays at 10', 10, [20], 10, { seen: [[100, 12]] }],
  [
    'down, without a window: 2',
    10,
    [20],
    2,
    { behaviour: down({ rules: [{ ...TENTH, value: 100 }] }), seen: [[10, 9]] },
  ],
  [
    'down, then the rate: max(max(2, 8), 10 x 0.9) = 9',
    10,
    [20],
    9,
    { behaviour: down({ rules: [TENTH], windowSeconds: 300 }), seen: [[100, 8]] },
  ],
  ['up: without a window 20', 10, [200], 20, { seen: [[30, 12]] }],
  ['up: min(20, 12) = 12', 10, [200], 12, { behaviour: upWindow, seen: [[30, 12]] }],
  [
    'up: min(20, 14, 12) = 12',
    10,
    [200],
    12,
    {
      behaviour: upWindow,
      seen: [
        [70, 5],
        [50, 14],
        [20, 12],
      ],
    },
  ],
  ['up: min(20, 8) < 10: stays at 10', 10, [200], 10, { behaviour: upWindow, seen: [[30, 8]] }],
  ['60 s ago counts no longer: 20', 10, [200], 20, { behaviour: upWindow, seen: [[60, 8]] }],
  [
    'up, then the rate: min(min(20, 18), max(4 + 4, 4 x 2)) = 8',
    4,
    [200],
    8,
    { behaviour: upWindow, seen: [[30, 18]] },
  ],
  [
    'within both, min(2, 12) to max(2, 12): stays at 10',
    10,
    [20],
    10,
    { behaviour: upWindow, seen: [[30, 12]] },
  ],
];

describe('what comes of the proposals', () => {
  it.each([...SEVERAL, ...BOUNDS, ...UP_RATES, ...DOWN_RATES, ...WINDOWS])(
    '%s',
    (_, replicas, values, expected, given = {}) => {
      const { behaviour = DEFAULT_BEHAVIOUR, seen = [], changed, min = 1, max = 100 } = given;
      const past = {
        recommendations: seen.map(([ago, count]) => ({ at: NOW - ago, replicas: count })),
        changes: changed === undefined ? [] : [{ at: NOW - changed[0], by: changed[1] }],
      };
      const metrics = values.map((one) => (typeof one === 'number' || one === null ? average(one) : one));
      expect(hpaReplicas(metrics, { now: NOW, replicas, min, max }, behaviour, past).replicas).toBe(expected);
    },
  );

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

it('there are at least 60 different tables of the HPA', () => {
  const all = [PROPOSALS, SEVERAL, BOUNDS, UP_RATES, DOWN_RATES, WINDOWS].flat();
  expect(new Set(all.map((row) => JSON.stringify(row))).size).toBeGreaterThanOrEqual(60);
});
