/** Queues, worked out by hand from the rules in docs/autoscaling.md: the arithmetic stands in the name of each row. */

import { describe, expect, it } from 'vitest';
import { decodeLabels } from '../policy/labels.js';
import type { QueueSignal } from '../policy/policy.js';
import { decide } from './decide.js';
import { EMPTY_HISTORY } from './history.js';
import { workNeed, type QueueMeasure } from './load-need.js';
import type { QueueReading, SignalReading, Snapshot } from './types.js';

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
  beforeGrowth: Infinity,
  ...more,
});

/** waiting, in flight, what else is known, need */
type Row = [working: string, waiting: number, inFlight: number, more: Partial<QueueMeasure>, need: number];

const ASLEEP = { desired: 0 };

const PER_REPLICA: Row[] = [
  ['nothing: 0', 0, 0, {}, 0],
  ['ceil(1 / 10) = 1', 1, 0, {}, 1],
  ['ceil(10 / 10) = 1', 10, 0, {}, 1],
  ['ceil(11 / 10) = 2', 11, 0, {}, 2],
  ['no tolerance below: ceil(95 / 10) = 10', 95, 0, { desired: 10 }, 10],
  ['ceil(100 / 10) = 10', 100, 0, {}, 10],
  ['no tolerance above: ceil(101 / 10) = 11', 101, 0, { desired: 10 }, 11],
  ['the bounds come later: ceil(1000 / 10) = 100', 1000, 0, {}, 100],
  ['the last job is being worked at: ceil((0 + 1) / 10) = 1', 0, 1, {}, 1],
  ['in flight counts like waiting: ceil((0 + 10) / 10) = 1', 0, 10, {}, 1],
  ['ceil((5 + 5) / 10) = 1', 5, 5, {}, 1],
  ['ceil((5 + 6) / 10) = 2', 5, 6, {}, 2],
  ['ceil((95 + 10) / 10) = 11', 95, 10, {}, 11],
  ['half a job is one: ceil(0.5 / 10) = 1', 0.5, 0, {}, 1],
  ['asleep, nothing: 0', 0, 0, ASLEEP, 0],
  ['asleep: ceil(1 / 10) = 1', 1, 0, ASLEEP, 1],
  ['asleep: ceil(35 / 10) = 4', 35, 0, ASLEEP, 4],
];

const OTHER_TARGETS: [working: string, target: number, length: number, need: number][] = [
  ['ceil(3 / 0.1) = 30', 0.1, 3, 30],
  ['ceil(7 / 2.5) = ceil(2.8) = 3', 2.5, 7, 3],
  ['ceil(7 / 1) = 7', 1, 7, 7],
  ['ceil(1 / 500) = 1', 500, 1, 1],
];

const BUSY: Row[] = [
  ['max(ceil(10 / 10), busy ceil(10 / 1)) = 10', 0, 10, { concurrency: 1, desired: 10 }, 10],
  ['max(ceil(10 / 10), busy ceil(10 / 5)) = 2', 0, 10, { concurrency: 5, desired: 10 }, 2],
  ['max(ceil(3 / 10), busy 3) = 3', 0, 3, { concurrency: 1, desired: 10 }, 3],
  ['nothing: 0', 0, 0, { concurrency: 1, desired: 10 }, 0],
  ['max(ceil(30 / 10), busy min(30, 10 replicas)) = 10', 0, 30, { concurrency: 1, desired: 10 }, 10],
  ['max(ceil(210 / 10), busy 10) = 21', 200, 10, { concurrency: 1, desired: 10 }, 21],
  ['max(ceil(7 / 10), busy ceil(7 / 2)) = 4', 0, 7, { concurrency: 2, desired: 10 }, 4],
];

const PAUSED: Row[] = [
  ['ceil(0 / 10) = 0', 40, 0, { paused: true }, 0],
  ['ceil(5 / 10) = 1', 40, 5, { paused: true }, 1],
  ['ceil(15 / 10) = 2', 40, 15, { paused: true }, 2],
  ['nothing: 0', 0, 0, { paused: true }, 0],
];

/** With activation 5. */
const ACTIVATION: Row[] = [
  ['5 > 5 is not: sleeps at 0', 5, 0, ASLEEP, 0],
  ['6 > 5: ceil(6 / 10) = 1', 6, 0, ASLEEP, 1],
  ['4 + 2 > 5: ceil(6 / 10) = 1', 4, 2, ASLEEP, 1],
  ['26 > 5: ceil(26 / 10) = 3', 26, 0, ASLEEP, 3],
  ['awake, 5 > 5 is not: back to 0', 5, 0, { desired: 1 }, 0],
  ['awake, a job is being worked at: ceil((5 + 1) / 10) = 1', 5, 1, { desired: 1 }, 1],
  ['awake: ceil(6 / 10) = 1', 6, 0, { desired: 3 }, 1],
  ['awake and empty: 0', 0, 0, { desired: 3 }, 0],
];

const worker = (ratePerReplica: number, concurrency: number) => ({
  ratePerReplica,
  concurrency,
  desired: 50,
});
const GROWN_FROM_2 = { ...worker(1, 1), desired: 14, beforeGrowth: 2 };

/** Within 60 s: (in flight + waiting x min(1, S / 60)) / (0.9 x concurrency), S = concurrency / rate. */
const DRAIN: Row[] = [
  ['nothing: 0', 0, 0, worker(1, 1), 0],
  ['S = 1: ceil(600 x 1/60 / 0.9) = ceil(11.1) = 12', 600, 0, worker(1, 1), 12],
  ['ceil((9 + 600 x 1/60) / 0.9) = ceil(21.1) = 22', 600, 9, worker(1, 1), 22],
  ['S = 0.1: ceil(600 x 0.1/60 / 0.9) = ceil(1.1) = 2', 600, 0, worker(10, 1), 2],
  ['S = 10 / 10 = 1: ceil(600 x 1/60 / (0.9 x 10)) = ceil(1.1) = 2', 600, 0, worker(10, 10), 2],
  ['ceil(54 x 1/60 / 0.9) = 1', 54, 0, worker(1, 1), 1],
  ['ceil(55 x 1/60 / 0.9) = ceil(1.02) = 2', 55, 0, worker(1, 1), 2],
  ['S = 100, a place for each: ceil(1 x min(1, 100/60) / 0.9) = 2', 1, 0, worker(0.01, 1), 2],
  ['ceil(9 x min(1, 100/60) / 0.9) = 10', 9, 0, worker(0.01, 1), 10],
  ['nothing waits: ceil(9 / 0.9) = 10', 0, 9, worker(1, 1), 10],
  ['S = 2: ceil(120 x 2/60 / 0.9) = ceil(4.4) = 5', 120, 0, worker(0.5, 1), 5],
  ['S = 4 / 2 = 2: ceil((20 + 300 x 2/60) / (0.9 x 4)) = ceil(8.3) = 9', 300, 20, worker(2, 4), 9],
  ['the rate is not known: ceil(600 / 10) = 60', 600, 0, {}, 60],
  ['nor how many at once: ceil(600 / 10) = 60', 600, 0, { ratePerReplica: 1 }, 60],
  ['before the step: ceil((2 + 598/60) / 0.9) = ceil(13.3) = 14', 598, 2, worker(1, 1), 14],
  ['6 of its 14 run and work: ceil((2 + (4 + 594)/60) / 0.9) = 14', 594, 6, GROWN_FROM_2, 14],
  ['all run: ceil((2 + (12 + 586)/60) / 0.9) = 14', 586, 14, GROWN_FROM_2, 14],
];

const NOW = 1_000_000;
const WORKER = {
  'scalectl.autoscale': 'true',
  'scalectl.max': '20',
  'scalectl.queue.url': 'redis://r',
  'scalectl.queue.key': 'jobs',
  'scalectl.down.window': '0s',
};
const FROM_0 = { 'scalectl.min': '0' };
const CPU = { 'scalectl.cpu.target': '70' };
const PROMETHEUS = {
  'scalectl.prometheus.url': 'http://p',
  'scalectl.prometheus.query': 'q',
  'scalectl.prometheus.target': '5',
};

const jobs = (length: number | null, more: Partial<QueueReading> = {}): SignalReading => ({
  kind: 'queue',
  length,
  at: length === null ? null : NOW,
  ...more,
});
const old = (length: number, ageMs: number) => jobs(length, { at: NOW - ageMs });
const cpu = (meanPercent: number, count: number): SignalReading => ({
  kind: 'cpu',
  meanPercent,
  sampled: count,
  at: NOW,
});
const number = (value: number | null): SignalReading => ({
  kind: 'prometheus',
  value,
  at: value === null ? null : NOW,
});

const DECISIONS: [
  working: string,
  labels: Record<string, string>,
  desired: number,
  readings: SignalReading[],
  to: number,
][] = [
  ['ceil(100 / 10) = 10', {}, 2, [jobs(100)], 10],
  ['min(20, ceil(1000 / 10)) = 20', {}, 2, [jobs(1000)], 20],
  ['max(2, nothing) = 2', { 'scalectl.min': '2' }, 10, [jobs(0)], 2],
  ['max(3, ceil(11 / 10)) = 3', { 'scalectl.min': '3' }, 5, [jobs(11)], 3],
  ['min 0, nothing: 0', FROM_0, 1, [jobs(0)], 0],
  ['min 0, in flight: ceil(1 / 10) = 1', FROM_0, 1, [jobs(1, { inFlight: 1 })], 1],
  ['from 0: ceil(1 / 10) = 1', FROM_0, 0, [jobs(1)], 1],
  ['from 0: ceil(35 / 10) = 4', FROM_0, 0, [jobs(35)], 4],
  ['from 0: min(20, ceil(999 / 10)) = 20', FROM_0, 0, [jobs(999)], 20],
  ['unknown from 0: stays at 0', FROM_0, 0, [jobs(null)], 0],
  ['5 > 5 is not: stays at 0', { ...FROM_0, 'scalectl.queue.activation': '5' }, 0, [jobs(5)], 0],
  ['6 > 5: ceil(6 / 10) = 1', { ...FROM_0, 'scalectl.queue.activation': '5' }, 0, [jobs(6)], 1],
  ['0 with min 1 is switched off: stays at 0', {}, 0, [jobs(100)], 0],
  ['unknown: stays at 7', {}, 7, [jobs(null)], 7],
  ['below zero is unknown: stays at 7', {}, 7, [jobs(-1)], 7],
  ['30 s old counts: ceil(20 / 10) = 2', {}, 7, [old(20, 30_000)], 2],
  ['older is unknown: stays at 7', {}, 7, [old(20, 30_001)], 7],
  ['nor does it grow: stays at 7', {}, 7, [old(200, 30_001)], 7],
  ['not all counted: grows to ceil(80 / 10) = 8', {}, 7, [jobs(80, { partial: 'only some' })], 8],
  ['not all counted: does not shrink from 7 to 2', {}, 7, [jobs(20, { partial: 'only some' })], 7],
  ['paused: ceil(25 in flight / 10) = 3', {}, 7, [jobs(90, { inFlight: 25, paused: true })], 3],
  ['max(cpu ceil(2 x 100/70), ceil(50 / 10)) = max(3, 5) = 5', CPU, 2, [cpu(100, 2), jobs(50)], 5],
  ['max(cpu ceil(2 x 300/70), ceil(20 / 10)) = max(9, 2) = 9', CPU, 2, [cpu(300, 2), jobs(20)], 9],
  ['max(cpu at its target 4, ceil(15 / 10)) = max(4, 2) = 4', CPU, 4, [cpu(70, 4), jobs(15)], 4],
  ['the queue unknown: cpu ceil(2 x 200/70) = 6', CPU, 2, [cpu(200, 2), jobs(null)], 6],
  ['the queue unknown: not from 5 to cpu ceil(5 x 1/70) = 1', CPU, 5, [cpu(1, 5), jobs(null)], 5],
  [
    'three: max(ceil(1 x 90/70), ceil(31 / 10), ceil(31 / 5)) = max(2, 4, 7) = 7',
    { ...CPU, ...PROMETHEUS },
    1,
    [cpu(90, 1), jobs(31), number(31)],
    7,
  ],
  [
    'one of three unknown: not from 9 to max(ceil(9 x 7/70), ceil(31 / 10)) = max(1, 4)',
    { ...CPU, ...PROMETHEUS },
    9,
    [cpu(7, 9), jobs(31), number(null)],
    9,
  ],
];

describe('what a queue needs', () => {
  it.each(PER_REPLICA)('10 jobs per replica: %s', (_, waiting, inFlight, more, need) => {
    expect(workNeed(signal(), measure(waiting, inFlight, more))).toBe(need);
  });

  it.each(OTHER_TARGETS)('other targets: %s', (_, jobsPerReplica, length, need) => {
    expect(workNeed(signal({ jobsPerReplica }), measure(length, 0))).toBe(need);
  });

  it.each(BUSY)('busy workers stay: %s', (_, waiting, inFlight, more, need) => {
    expect(workNeed(signal(), measure(waiting, inFlight, more))).toBe(need);
    const { concurrency, ...rest } = more;
    const told = signal({ concurrency: concurrency! });
    expect(workNeed(told, measure(waiting, inFlight, { ...rest, concurrency: 99 }))).toBe(need);
  });

  it.each(PAUSED)('paused: %s', (_, waiting, inFlight, more, need) => {
    expect(workNeed(signal(), measure(waiting, inFlight, more))).toBe(need);
  });

  it.each(ACTIVATION)('activation 5: %s', (_, waiting, inFlight, more, need) => {
    expect(workNeed(signal({ activation: 5 }), measure(waiting, inFlight, more))).toBe(need);
  });

  it.each(DRAIN)('within 60 s: %s', (_, waiting, inFlight, more, need) => {
    expect(workNeed(signal({ drainMs: 60_000 }), measure(waiting, inFlight, more))).toBe(need);
  });

  it('within 60 s goes by the concurrency that it is told', () => {
    const told = signal({ drainMs: 60_000, concurrency: 1 });
    expect(workNeed(told, measure(600, 0, { ratePerReplica: 1 }))).toBe(12);
  });
});

describe('what is decided by a queue', () => {
  it.each(DECISIONS)('%s', (_, labels, desired, readings, to) => {
    const decoded = decodeLabels('web', { ...WORKER, ...labels }, 'replicated');
    if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
    const seen: Snapshot = { service: 'web', desired, running: desired, updateState: null, readings };
    expect(decide(decoded.value, seen, { ...EMPTY_HISTORY, lastKnownAt: NOW - 5_000 }, NOW).to).toBe(to);
  });
});

it('there are at least 40 different tables of queues', () => {
  const all = [PER_REPLICA, OTHER_TARGETS, BUSY, PAUSED, ACTIVATION, DRAIN, DECISIONS].flat();
  expect(new Set(all.map((row) => JSON.stringify(row))).size).toBeGreaterThanOrEqual(40);
});
