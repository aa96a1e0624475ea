/** What the outlook says is put to the decision itself. */

import { describe, expect, it } from 'vitest';
import { decodeLabels } from '../policy/labels.js';
import type { Policy } from '../policy/policy.js';
import { decide } from './decide.js';
import { EMPTY_HISTORY } from './history.js';
import { whatWouldAct, type Outlook } from './outlook.js';
import { withValue, type DecisionBasis } from './thresholds.js';
import type { History, SignalReading, Snapshot } from './types.js';

const NOW = 1_000_000;

function policy(labels: Record<string, string>): Policy {
  const all = Object.entries({ autoscale: 'true', min: '1', max: '10', ...labels });
  const named = Object.fromEntries(all.map(([key, value]) => [`scalectl.${key}`, value]));
  const decoded = decodeLabels('web', named, 'replicated');
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  return decoded.value;
}

const NO_WINDOW = { 'down.window': '0s' };
const CPU = { 'cpu.target': '70' };
const QUEUE = { 'queue.url': 'redis://r', 'queue.key': 'jobs' };

const at = NOW;
const cpu = (meanPercent: number | null, sampled = 2): SignalReading =>
  meanPercent === null
    ? { kind: 'cpu', meanPercent, sampled: 0, at: null }
    : { kind: 'cpu', meanPercent, sampled, at };
const jobs = (length: number | null, inFlight = 0): SignalReading => ({
  kind: 'queue',
  length,
  inFlight,
  at: length === null ? null : at,
});
const load = (kind: 'sessions' | 'response' | 'errors' | 'queued' | 'prometheus', value: number) =>
  ({ kind, value, at }) satisfies SignalReading;
const requests = (arrivalsPerSecond: number): SignalReading => ({
  kind: 'requests',
  arrivalsPerSecond,
  queued: 0,
  at,
});

interface Case {
  labels: Record<string, string>;
  desired: number;
  readings: SignalReading[];
  more?: Partial<Snapshot>;
  history?: Partial<History>;
}

function basisOf({ labels, desired, readings, more, history }: Case): DecisionBasis {
  return {
    policy: policy(labels),
    snapshot: { service: 'web', desired, running: desired, updateState: null, readings, ...more },
    history: { ...EMPTY_HISTORY, lastKnownAt: NOW - 5_000, ...history },
    now: NOW,
  };
}

/** The decision with other values, at another time. Undefined leaves a value as it is. */
function decided(basis: DecisionBasis, values: readonly (number | null | undefined)[], ms = 0) {
  const { snapshot, history } = basis;
  const readings = snapshot.readings.map((reading, index) => {
    const value = values[index];
    const moved = value === undefined || value === null ? reading : withValue(reading, value, snapshot);
    return { ...moved, at: moved.at === null && value == null ? null : NOW + ms };
  });
  return decide(basis.policy, { ...snapshot, readings }, history, NOW + ms);
}

const text = ({ up, down }: Outlook) =>
  [up, down].map(({ when, to, inMs, obstacles }) =>
    `${when} ${to ?? '-'} ${inMs ?? '-'} ${obstacles.map(({ rule }) => rule).join(',')}`.trim(),
  );

describe('values from which a signal acts', () => {
  it.each<[string, Case, [growsFrom: number | null, shrinksFrom: number | null]]>([
    ['a CPU target', { labels: CPU, desired: 2, readings: [cpu(70)] }, [77.1, 35]],
    ['a CPU target, one replica', { labels: CPU, desired: 1, readings: [cpu(70, 1)] }, [77.1, 0]],
    ['a CPU target, many', { labels: CPU, desired: 8, readings: [cpu(70, 8)] }, [77.1, 61.2]],
    ['CPU that is unknown', { labels: CPU, desired: 2, readings: [cpu(null)] }, [77.1, 35]],
    [
      'CPU of half the tasks',
      { labels: CPU, desired: 4, readings: [cpu(70, 2)], more: { running: 4 } },
      [84.1, 35],
    ],
    [
      'thresholds',
      { labels: { 'cpu.up': '80', 'cpu.down': '30' }, desired: 3, readings: [cpu(50, 3)] },
      [80.1, 29.9],
    ],
    ['a queue', { labels: QUEUE, desired: 3, readings: [jobs(25)] }, [31, 20]],
    [
      'a queue with work in hand',
      { labels: { ...QUEUE, 'queue.concurrency': '2' }, desired: 3, readings: [jobs(25, 6)] },
      [31, 4],
    ],
    [
      'sessions',
      {
        labels: { 'http.backend': 'app', 'http.target': '50', 'sessions.target': '100' },
        desired: 2,
        readings: [requests(90), load('sessions', 200)],
      },
      [100.1, 50],
    ],
    [
      'any number of others',
      {
        labels: { 'prometheus.url': 'http://p', 'prometheus.query': 'x', 'prometheus.target': '0.25' },
        desired: 2,
        readings: [load('prometheus', 0.5)],
      },
      [0.551, 0.25],
    ],
    [
      'a large number of others',
      {
        labels: { 'prometheus.url': 'http://p', 'prometheus.query': 'x', 'prometheus.target': '40000' },
        desired: 2,
        readings: [load('prometheus', 80_000)],
      },
      [88_100, 40_000],
    ],
    [
      'a level of others, as there is none running',
      {
        labels: {
          'prometheus.url': 'http://p',
          'prometheus.query': 'x',
          'prometheus.target': '10',
          'prometheus.kind': 'level',
        },
        desired: 2,
        readings: [load('prometheus', 10)],
        more: { running: 0 },
      },
      [null, 5],
    ],
  ])('%s', (_, one, [growsFrom, shrinksFrom]) => {
    const basis = basisOf({ ...one, labels: { ...one.labels, ...NO_WINDOW } });
    const { signals } = whatWouldAct(basis);
    expect(signals[0]).toMatchObject({ growsFrom, shrinksFrom });
  });

  it('are those at which the need changes sides, for each signal of many policies', () => {
    const policies: Record<string, string>[] = [
      CPU,
      { 'cpu.up': '80', 'cpu.down': '30' },
      { ...CPU, 'memory.target': '60' },
      { ...CPU, ...QUEUE },
      { ...QUEUE, 'queue.target': '7' },
      { 'prometheus.url': 'http://p', 'prometheus.query': 'x', 'prometheus.target': '0.3' },
    ];
    const reading = (kind: string, desired: number): SignalReading => {
      if (kind === 'queue') return jobs(5 * desired);
      if (kind === 'prometheus') return load('prometheus', desired);
      return { kind: kind as 'cpu', meanPercent: 60, sampled: desired, at };
    };
    let checked = 0;
    for (const labels of policies) {
      for (let desired = 1; desired <= 10; desired++) {
        const { signals: kinds } = policy(labels);
        const basis = basisOf({ labels, desired, readings: kinds.map(({ kind }) => reading(kind, desired)) });
        whatWouldAct(basis).signals.forEach(({ growsFrom, shrinksFrom, unit, signal }, index) => {
          const step = unit === '%' ? 0.1 : unit === 'jobs' ? 1 : 0.001;
          const need = (value: number | null) =>
            decided(
              basis,
              Array.from({ length: index + 1 }, (_, at) => (at === index ? value : undefined)),
            ).signals[index]?.need;
          const where = `${signal} of ${JSON.stringify(labels)} at ${desired}`;
          expect(need(growsFrom), where).toBeGreaterThan(desired);
          expect(need((growsFrom ?? 0) - step), where).toBe(desired);
          expect(need(shrinksFrom), where).toBeLessThan(desired);
          expect(need((shrinksFrom ?? 0) + step), where).toBeGreaterThanOrEqual(desired);
          checked++;
        });
      }
    }
    expect(checked).toBe(80);
  });
});

describe('what stands in the way of a change', () => {
  const six = { at: NOW - 30_000, need: 6 };
  const scaled = { lastUpAt: NOW - 20_000, lastDownAt: NOW - 20_000 };
  it.each<[string, Case, [up: string, down: string]]>([
    [
      'nothing',
      { labels: { ...CPU, ...NO_WINDOW }, desired: 2, readings: [cpu(70)] },
      ['now 3 0', 'now 1 0'],
    ],
    [
      'a bound',
      { labels: { ...CPU, ...NO_WINDOW, min: '2', max: '2' }, desired: 2, readings: [cpu(70)] },
      ['blocked - - max', 'blocked - - min'],
    ],
    [
      'the down window',
      { labels: CPU, desired: 6, readings: [cpu(70, 6)], history: { recommendations: [six] } },
      ['now 7 0', 'later 5 270000 down-window'],
    ],
    [
      'the up window',
      {
        labels: { ...CPU, 'up.window': '1m' },
        desired: 6,
        readings: [cpu(70, 6)],
        history: { recommendations: [six] },
      },
      ['later 7 30000 up-window', 'later 5 270000 down-window'],
    ],
    [
      'cooldowns',
      {
        labels: { ...CPU, ...NO_WINDOW, 'up.cooldown': '1m', 'down.cooldown': '2m' },
        desired: 2,
        readings: [cpu(70)],
        history: scaled,
      },
      ['later 3 40000 up-cooldown', 'later 1 100000 down-cooldown'],
    ],
    [
      'a window and then a cooldown',
      {
        labels: { ...CPU, 'down.window': '1m', 'down.cooldown': '2m' },
        desired: 6,
        readings: [cpu(70, 6)],
        history: { ...scaled, recommendations: [six] },
      },
      ['now 7 0', 'later 5 100000 down-window,down-cooldown'],
    ],
    [
      'a step that is used up',
      {
        labels: { ...CPU, ...NO_WINDOW, 'up.step': '2' },
        desired: 4,
        readings: [cpu(70, 4)],
        history: { scales: [{ at: NOW - 5_000, from: 2, to: 4 }] },
      },
      ['later 5 10000 up-step', 'now 3 0'],
    ],
    [
      'a pause',
      {
        labels: { ...CPU, ...NO_WINDOW },
        desired: 2,
        readings: [cpu(70)],
        more: { paused: 'paused until noon' },
      },
      ['blocked - - paused', 'blocked - - paused'],
    ],
    [
      'a rollout',
      {
        labels: { ...CPU, ...NO_WINDOW },
        desired: 2,
        readings: [cpu(70)],
        more: { updateState: 'updating' },
      },
      ['blocked - - rollout', 'blocked - - rollout'],
    ],
    [
      'a schedule',
      {
        labels: { ...CPU, ...NO_WINDOW },
        desired: 3,
        readings: [cpu(70, 3)],
        more: { scheduled: { min: 3, max: 3, text: 'lunch wants exactly 3' } },
      },
      ['blocked - - schedule', 'blocked - - schedule'],
    ],
    [
      'a signal that is unknown',
      { labels: { ...CPU, ...QUEUE, ...NO_WINDOW }, desired: 3, readings: [cpu(70, 3), jobs(null)] },
      ['now 4 0', 'blocked - - unknown-signal'],
    ],
    [
      'tasks that are not measured',
      { labels: { ...CPU, ...NO_WINDOW }, desired: 4, readings: [cpu(70, 2)] },
      ['now 5 0', 'blocked - - coverage'],
    ],
    [
      'nothing to shrink',
      { labels: { ...QUEUE, min: '0' }, desired: 0, readings: [jobs(0)] },
      ['now 1 0', 'impossible - -'],
    ],
    [
      'a need that is there already',
      { labels: { ...CPU, ...NO_WINDOW, max: '2' }, desired: 2, readings: [cpu(100)] },
      ['blocked - - max', 'now 1 0'],
    ],
  ])('%s', (_, one, expected) => {
    const basis = basisOf(one);
    const outlook = whatWouldAct(basis);
    expect(text(outlook)).toEqual(expected);
    const { signals, up, down } = outlook;
    const least = signals.map(({ value, shrinksFrom }) =>
      value === null || shrinksFrom === null ? undefined : Math.min(value, shrinksFrom),
    );
    const [first] = signals;
    const most = [Math.max(first?.value ?? 0, first?.growsFrom ?? 0)];
    for (const [way, { inMs, to }, values] of [
      ['up', up, most],
      ['down', down, least],
    ] as const) {
      if (inMs === null) continue;
      expect(decided(basis, values, inMs)).toMatchObject({ outcome: way, to });
      if (inMs > 0) expect(decided(basis, values, inMs - 1).outcome).toBe('hold');
    }
  });
});
