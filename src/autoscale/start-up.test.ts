/** Replicas that were asked for and do not show yet are counted once, whatever the signal. */

import { describe, expect, it } from 'vitest';
import { decodeLabels } from '../policy/labels.js';
import type { Policy } from '../policy/policy.js';
import { decide } from './decide.js';
import { EMPTY_HISTORY, rememberDecision, rememberScale } from './history.js';
import type { History, SignalReading, Snapshot } from './types.js';

const START = 1_000_000;
const HEALTHY_AFTER_MS = 20_000;

function policy(labels: Record<string, string>): Policy {
  const all = { autoscale: 'true', max: '50', ...labels };
  const decoded = decodeLabels(
    'web',
    Object.fromEntries(Object.entries(all).map(([key, value]) => [`scalectl.${key}`, value])),
    'replicated',
  );
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  return decoded.value;
}

/** What a signal tells at a time, while so many replicas run. */
type Tell = (running: number, at: number) => SignalReading;

const mean =
  (kind: 'cpu' | 'memory', percentOfAll: number): Tell =>
  (running, at) => ({
    kind,
    meanPercent: Math.min(100, percentOfAll / running),
    sampled: running,
    at,
  });
const throttling = (meanPercent: number): Tell => {
  return (running, at) => ({ kind: 'throttling', meanPercent, sampled: running, at });
};
const jobs =
  (length: number): Tell =>
  (_, at) => ({ kind: 'queue', length, at });
/** each replica takes a job as soon as it runs */
const taken = (length: number): Tell => {
  return (running, at) => {
    return { kind: 'queue', length, inFlight: running, ratePerReplica: 1, concurrency: 1, at };
  };
};
const arrivals = (arrivalsPerSecond: number, queued: number): Tell => {
  return (_, at) => ({ kind: 'requests', arrivalsPerSecond, queued, at });
};
const load =
  (kind: 'queued' | 'sessions' | 'response' | 'errors' | 'prometheus' | 'json', value: number): Tell =>
  (_, at) => ({ kind, value, at });

const CPU = { 'cpu.target': '70' };
const QUEUE = { 'queue.url': 'redis://r', 'queue.key': 'jobs' };
const HTTP = { 'http.backend': 'app', 'http.target': '10' };
const PROMETHEUS = { 'prometheus.url': 'http://p', 'prometheus.query': 'q' };
const JSON_TOTAL = { 'json.url': 'http://j', 'json.pointer': '/a', 'json.target': '10' };

function snapshot(desired: number, running: number, readings: SignalReading[]): Snapshot {
  return {
    service: 'web',
    desired,
    running,
    updateState: null,
    healthyAfterMs: HEALTHY_AFTER_MS,
    readings,
  };
}

/** The first decision, taken and remembered. */
function grow(rules: Policy, running: number, readings: SignalReading[]): { to: number; history: History } {
  const past = { ...EMPTY_HISTORY, lastKnownAt: START - 5_000 };
  const decision = decide(rules, snapshot(running, running, readings), past, START);
  const scale = { at: START, from: running, to: decision.to };
  const history = rememberScale(rememberDecision(past, decision, rules, START), scale, START);
  return { to: decision.to, history };
}

/** CPU beside a guard, since guards do not stand alone; it is at its target and has no say. */
const beside = (tell: Tell): Tell[] => [mean('cpu', 4 * 66), tell];
const withCpu = { ...CPU, 'down.window': '5m' };

describe('the same load is answered once', () => {
  it.each<[working: string, Record<string, string>, running: number, Tell[], to: number]>([
    ['cpu: ceil(2 x 90/70) = 3', CPU, 2, [mean('cpu', 180)], 3],
    ['cpu: ceil(2 x 100/30) = 7', { 'cpu.target': '30' }, 2, [mean('cpu', 200)], 7],
    ['cpu, thresholds: ceil(4 x 95/55) = 7', { 'cpu.up': '80', 'cpu.down': '30' }, 4, [mean('cpu', 380)], 7],
    ['memory: ceil(3 x 95/60) = 5', { 'memory.target': '60' }, 3, [mean('memory', 285)], 5],
    [
      'memory, thresholds: ceil(2 x 90/50) = 4',
      { 'memory.up': '80', 'memory.down': '20' },
      2,
      [mean('memory', 180)],
      4,
    ],
    ['queue: ceil(100 / 10) = 10', QUEUE, 2, [jobs(100)], 10],
    ['queue: ceil(100 / 10) = 10, of which 8 run', QUEUE, 8, [jobs(100)], 10],
    [
      'queue within 60 s: ceil((2 + 598/60) / 0.9) = 14',
      { ...QUEUE, 'queue.kind': 'bullmq', 'queue.drain': '60s' },
      2,
      [taken(600)],
      14,
    ],
    ['requests: ceil((95 + 30/30) / 10) = 10', HTTP, 4, [arrivals(95, 30)], 10],
    [
      'requests as they are: ceil(95 / 10) = 10',
      { ...HTTP, 'http.forecast': 'false' },
      4,
      [arrivals(95, 0)],
      10,
    ],
    [
      'sessions: ceil(700 / 100) = 7',
      { 'sessions.target': '100', 'http.backend': 'app', ...CPU },
      2,
      [mean('cpu', 20), load('sessions', 700)],
      7,
    ],
    [
      'a total: ceil(95 / 10) = 10',
      { ...PROMETHEUS, 'prometheus.target': '10' },
      4,
      [load('prometheus', 95)],
      10,
    ],
    ['a total of JSON: ceil(95 / 10) = 10', JSON_TOTAL, 4, [load('json', 95)], 10],
    [
      'a level: ceil(4 x 300/200) = 6',
      { ...PROMETHEUS, 'prometheus.target': '200', 'prometheus.kind': 'level' },
      4,
      [load('prometheus', 300)],
      6,
    ],
    [
      'a level of JSON: ceil(4 x 25/10) = 10',
      { ...JSON_TOTAL, 'json.kind': 'level' },
      4,
      [load('json', 25)],
      10,
    ],
    [
      'throttling: ceil(4 x min(2, 90/20)) = 8',
      { ...withCpu, 'throttling.target': '20' },
      4,
      beside(throttling(90)),
      8,
    ],
    [
      'waiting requests: ceil(4 + 10/5) = 6',
      { ...withCpu, 'http.backend': 'app', 'http.target': '1000', 'http.queued': '5' },
      4,
      [mean('cpu', 4 * 66), arrivals(0, 0), load('queued', 10)],
      6,
    ],
    [
      'response time: ceil(4 x 300/250) = 5',
      { ...withCpu, 'http.backend': 'app', 'http.target': '1000', 'http.response': '250ms' },
      4,
      [mean('cpu', 4 * 66), arrivals(0, 0), load('response', 300)],
      5,
    ],
    [
      'errors: ceil(4 x min(2, 30/5)) = 8',
      { ...withCpu, 'http.backend': 'app', 'http.target': '1000', 'http.errors': '5' },
      4,
      [mean('cpu', 4 * 66), arrivals(0, 0), load('errors', 30)],
      8,
    ],
  ])('%s', (_, labels, before, tells, to) => {
    const rules = policy(labels);
    expect(rules.signals.map(({ kind }) => kind)).toEqual(tells.map((tell) => tell(before, START).kind));
    const grown = grow(
      rules,
      before,
      tells.map((tell) => tell(before, START)),
    );
    expect(grown.to).toBe(to);
    // None of the new replicas runs, some do, all do and have not had the time to make a difference.
    for (let running = before; running <= to; running++) {
      for (const afterMs of [5_000, HEALTHY_AFTER_MS, HEALTHY_AFTER_MS + 29_000]) {
        const now = START + afterMs;
        const readings = tells.map((tell) => tell(running, now));
        const decision = decide(rules, snapshot(to, running, readings), grown.history, now);
        expect(decision.to, `${running} run after ${afterMs} ms`).toBe(to);
      }
    }
  });
});

describe('the last step is taken into account until it can show', () => {
  const LEVEL = { ...PROMETHEUS, 'prometheus.target': '200', 'prometheus.kind': 'level' };
  const QUEUED = { ...withCpu, 'http.backend': 'app', 'http.target': '1000', 'http.queued': '5' };
  const level = (value: number): Tell[] => [load('prometheus', value)];
  const queued = (value: number): Tell[] => [mean('cpu', 4 * 66), arrivals(0, 0), load('queued', value)];

  it.each<
    [string, Record<string, string>, first: Tell[], then: Tell[], running: number, ms: number, to: number]
  >([
    ['it shows: ceil(6 x 300/200) = 9', LEVEL, level(300), level(300), 6, 50_000, 9],
    ['it cannot: ceil(4 x 300/200) = 6', LEVEL, level(300), level(300), 6, 49_999, 6],
    ['worse, of those before: ceil(4 x 600/200) = 12', LEVEL, level(300), level(600), 6, 10_000, 12],
    ['less bad: stays at 6', LEVEL, level(300), level(260), 6, 10_000, 6],
    ['it shows: ceil(6 + 10/5) = 8', QUEUED, queued(10), queued(10), 6, 50_000, 8],
    ['it cannot: ceil(4 + 10/5) = 6', QUEUED, queued(10), queued(10), 6, 49_999, 6],
    ['worse, beside those before: ceil(4 + 20/5) = 8', QUEUED, queued(10), queued(20), 6, 10_000, 8],
    ['fewer run than before: ceil(3 x 600/200) = 9', LEVEL, level(300), level(600), 3, 10_000, 9],
  ])('%s', (_, labels, first, then, running, afterMs, to) => {
    const rules = policy(labels);
    const { to: grown, history } = grow(
      rules,
      4,
      first.map((tell) => tell(4, START)),
    );
    expect(grown).toBe(6);
    const now = START + afterMs;
    const readings = then.map((tell) => tell(running, now));
    expect(decide(rules, snapshot(grown, running, readings), history, now).to).toBe(to);
  });

  it('of several steps the first that cannot show counts', () => {
    const rules = policy(LEVEL);
    const scales = [
      { at: START - 51_000, from: 1, to: 2 },
      { at: START - 30_000, from: 2, to: 4 },
      { at: START - 10_000, from: 4, to: 6 },
      { at: START - 5_000, from: 6, to: 5 },
    ];
    const past = { ...EMPTY_HISTORY, lastKnownAt: START, scales };
    const readings = level(700).map((tell) => tell(5, START));
    expect(decide(rules, snapshot(5, 5, readings), past, START).to).toBe(Math.ceil((2 * 700) / 200));
  });

  it('a service that was woken grows as soon as it runs: ceil(1 x 500/200) = 3', () => {
    const rules = policy({ ...LEVEL, min: '0' });
    const past = { ...EMPTY_HISTORY, lastKnownAt: START, scales: [{ at: START - 5_000, from: 0, to: 1 }] };
    const to = (running: number) =>
      decide(
        rules,
        snapshot(
          1,
          running,
          level(500).map((tell) => tell(running, START)),
        ),
        past,
        START,
      ).to;
    expect([to(0), to(1)]).toEqual([1, 3]);
  });

  it('a growth is remembered until the slowest start can show, and no longer', () => {
    const scale = { at: START, from: 2, to: 4 };
    const at = (ms: number) =>
      rememberScale(
        rememberScale(EMPTY_HISTORY, scale, START),
        { at: START + ms, from: 4, to: 3 },
        START + ms,
      ).scales.length;
    expect([at(329_999), at(330_000)]).toEqual([2, 1]);
  });
});
