/** What must hold for any history, tried on thousands of random ones from a fixed seed. */

import { describe, expect, it } from 'vitest';
import type { BackendSignal, Policy, ResourceRule, SignalPolicy } from '../policy/policy.js';
import { isLoad } from '../policy/signal-kinds.js';
import { decide } from './decide.js';
import { beginHistory, rememberDecision, rememberScale } from './history.js';
import type { History, SignalReading, Snapshot } from './types.js';

const ROUNDS = 3_000;

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Dice {
  readonly next: () => number;
  constructor(seed: number) {
    this.next = generator(seed);
  }
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }
  chance(share: number): boolean {
    return this.next() < share;
  }
  pick<T>(...values: readonly [T, ...T[]]): T {
    return values[this.int(0, values.length - 1)]!;
  }
}

function randomPolicy(dice: Dice): Policy {
  const max = dice.int(1, 30);
  const min = dice.int(dice.chance(0.3) ? 0 : 1, max);
  const n = Math.max(1, min);
  const up = dice.int(40, 95);
  const down = Math.max(1, Math.floor(dice.next() * ((up * n) / (n + 1) - 1)));
  const rule: ResourceRule = dice.chance(0.5)
    ? { kind: 'target', targetPercent: dice.int(20, 90) }
    : { kind: 'band', upPercent: up, downPercent: down };
  const queue = {
    kind: 'queue',
    queue: 'list',
    url: 'redis://r:6379/0',
    key: 'q',
    jobsPerReplica: dice.int(1, 20),
    ...(dice.chance(0.3) ? { drainMs: 60_000 } : {}),
    ...(dice.chance(0.3) ? { activation: dice.int(0, 30) } : {}),
  } as const;
  const step = () =>
    dice.pick({ replicas: 4, percent: 100 }, { replicas: 1, percent: null }, { replicas: null, percent: 50 });
  const direction = () => ({
    windowMs: dice.pick(0, 30_000, 300_000),
    step: step(),
    cooldownMs: dice.pick(0, 0, 20_000),
  });
  const requests: SignalPolicy = {
    kind: 'requests',
    backend: 'web',
    perReplica: dice.pick(null, dice.int(5, 50)),
    forecast: dice.chance(0.8),
  };
  return {
    source: 'labels',
    min,
    max,
    signals: [
      { kind: 'cpu', rule },
      ...(min === 0 || dice.chance(0.5) ? [queue] : []),
      ...(dice.chance(0.5) ? [requests] : []),
      ...randomLoads(dice),
    ],
    up: direction(),
    down: direction(),
    onError: dice.pick(
      { kind: 'hold' } as const,
      { kind: 'max' } as const,
      { kind: 'replicas', replicas: 3 } as const,
    ),
  };
}

/** None to all of the kinds that are a number for the service as a whole, and throttling. */
function randomLoads(dice: Dice): SignalPolicy[] {
  const backend = (kind: BackendSignal['kind'], target: number): BackendSignal => ({
    kind,
    backend: 'app',
    target,
  });
  const form = dice.pick('total' as const, 'level' as const);
  const all: SignalPolicy[] = [
    { kind: 'throttling', targetPercent: dice.int(5, 50) },
    backend('queued', dice.int(1, 20)),
    backend('sessions', dice.int(5, 100)),
    backend('response', dice.int(20, 500)),
    backend('errors', dice.int(1, 20)),
    { kind: 'prometheus', url: 'http://p/', query: 'q', form, target: dice.int(1, 50) },
    { kind: 'json', url: 'http://j/', pointer: '/a', form, target: dice.int(1, 50) },
  ];
  return dice.chance(0.5) ? [] : all.filter(() => dice.chance(0.2));
}

function randomReadings(dice: Dice, policy: Policy, running: number, now: number): SignalReading[] {
  return policy.signals.map((signal): SignalReading => {
    const unknown = dice.chance(0.2);
    if (signal.kind === 'queue')
      return {
        kind: 'queue',
        length: unknown ? null : dice.pick(0, dice.int(0, 300)),
        at: unknown ? null : now,
        inFlight: dice.chance(0.5) ? null : 0,
        paused: dice.chance(0.1),
        ratePerReplica: dice.chance(0.5) ? null : dice.next() * 3,
        concurrency: dice.chance(0.5) ? null : dice.int(1, 10),
        ...(dice.chance(0.1) ? { partial: 'only some were counted' } : {}),
      };
    if (signal.kind === 'requests')
      return {
        kind: 'requests',
        arrivalsPerSecond: unknown ? null : dice.pick(0, dice.next() * 30, dice.next() * 400),
        queued: dice.pick(null, 0, 0, dice.int(0, 200)),
        at: unknown ? null : now,
      };
    if (isLoad(signal))
      return {
        kind: signal.kind,
        value: unknown ? null : dice.pick(0, dice.next() * 2_000),
        at: unknown ? null : now,
        ...(dice.chance(0.1) ? { partial: 'only 1 of 2 balancers answered' } : {}),
      };
    const sampled = unknown ? 0 : dice.chance(0.7) ? running : dice.int(0, running);
    return {
      kind: signal.kind,
      meanPercent: sampled === 0 ? null : dice.pick(5, dice.next() * 150),
      sampled,
      at: now,
    };
  });
}

interface Round {
  policy: Policy;
  snapshot: Snapshot;
  history: History;
  now: number;
}

/** Random ticks of random services, each with the history that its earlier ticks left. */
function* rounds(seed: number): Generator<Round> {
  const dice = new Dice(seed);
  for (let service = 0; service < ROUNDS / 10; service++) {
    const policy = randomPolicy(dice);
    let desired = dice.int(1, policy.max);
    let now = dice.int(0, 1e9);
    let history = beginHistory(dice.chance(0.5) ? desired : null, null, now);
    for (let tick = 0; tick < 10; tick++) {
      const running = dice.chance(0.7) ? desired : dice.int(0, desired + 2);
      const snapshot: Snapshot = {
        service: 's',
        desired,
        running,
        updateState: dice.chance(0.05) ? 'updating' : null,
        readings: randomReadings(dice, policy, running, now),
      };
      yield { policy, snapshot, history, now };
      const decision = decide(policy, snapshot, history, now);
      history = rememberDecision(history, decision, policy, now);
      if (decision.to !== desired)
        history = rememberScale(history, { at: now, from: desired, to: decision.to }, now);
      desired = dice.chance(0.02) ? dice.int(0, policy.max + 3) : decision.to;
      now += dice.pick(5_000, 5_000, 30_000, 400_000);
    }
  }
}

describe('for any history', () => {
  it('a decision stays within the bounds, and a skip or hold changes nothing', () => {
    let ups = 0;
    let downs = 0;
    for (const { policy, snapshot, history, now } of rounds(1)) {
      const decision = decide(policy, snapshot, history, now);
      if (decision.outcome === 'skip' || decision.outcome === 'hold')
        expect(decision.to).toBe(snapshot.desired);
      if (decision.outcome !== 'skip') {
        expect(decision.to).toBeGreaterThanOrEqual(policy.min);
        expect(decision.to).toBeLessThanOrEqual(policy.max);
        expect(Number.isInteger(decision.to)).toBe(true);
      }
      expect(decision.reasons.length).toBeGreaterThan(0);
      ups += decision.outcome === 'up' ? 1 : 0;
      downs += decision.outcome === 'down' ? 1 : 0;
    }
    expect(Math.min(ups, downs)).toBeGreaterThan(100);
  });

  it('nothing shrinks within the bounds while a signal is unknown or a task is not measured', () => {
    let tried = 0;
    for (const { policy, snapshot, history, now } of rounds(2)) {
      const missing = snapshot.readings.some((reading) => {
        if ('meanPercent' in reading)
          return reading.meanPercent === null || reading.sampled < snapshot.running;
        if (reading.partial !== undefined) return true;
        if (reading.kind === 'queue') return reading.length === null;
        return (reading.kind === 'requests' ? reading.arrivalsPerSecond : reading.value) === null;
      });
      if (!missing || snapshot.desired > policy.max) continue;
      tried++;
      expect(decide(policy, snapshot, history, now).to).toBeGreaterThanOrEqual(snapshot.desired);
    }
    expect(tried).toBeGreaterThan(500);
  });

  it('more load never gives fewer replicas', () => {
    const dice = new Dice(3);
    for (const { policy, snapshot, history, now } of rounds(3)) {
      const more = snapshot.readings.map((reading): SignalReading => {
        if (reading.kind === 'queue')
          return { ...reading, length: reading.length === null ? null : reading.length + dice.int(0, 50) };
        if (reading.kind === 'requests')
          return {
            ...reading,
            arrivalsPerSecond:
              reading.arrivalsPerSecond === null ? null : reading.arrivalsPerSecond + dice.next() * 50,
            queued: reading.queued === null ? null : reading.queued + dice.int(0, 50),
          };
        if (!('meanPercent' in reading))
          return { ...reading, value: reading.value === null ? null : reading.value + dice.next() * 500 };
        return {
          ...reading,
          meanPercent: reading.meanPercent === null ? null : reading.meanPercent + dice.next() * 60,
        };
      });
      const before = decide(policy, snapshot, history, now).to;
      const after = decide(policy, { ...snapshot, readings: more }, history, now).to;
      expect(after, JSON.stringify({ policy, snapshot, more, history })).toBeGreaterThanOrEqual(before);
    }
  });

  it('the same input gives the same decision, and changes none of it', () => {
    for (const { policy, snapshot, history, now } of rounds(4)) {
      const input = JSON.stringify({ policy, snapshot, history });
      expect(decide(policy, snapshot, history, now)).toEqual(decide(policy, snapshot, history, now));
      expect(JSON.stringify({ policy, snapshot, history })).toBe(input);
    }
  });

  it('a steady load settles, and nothing moves after that', () => {
    const dice = new Dice(5);
    for (let round = 0; round < 500; round++) {
      const base = randomPolicy(dice);
      const [cpu] = base.signals;
      const policy: Policy = {
        ...base,
        signals: [cpu],
        min: Math.max(1, base.min),
        onError: { kind: 'hold' },
      };
      // the work of `load` replicas at 100 %; use ends at 100 % as it does under a CPU limit
      const load = dice.next() * policy.max * 0.7;
      let desired = dice.int(policy.min, policy.max);
      let history = beginHistory(desired, null, 0);
      let lastChange = 0;
      for (let now = 0; now < 3_600_000; now += 5_000) {
        const meanPercent = Math.min(100, (load / desired) * 100);
        const readings: SignalReading[] = [{ kind: 'cpu', meanPercent, sampled: desired, at: now }];
        const decision = decide(
          policy,
          { service: 's', desired, running: desired, updateState: null, readings },
          history,
          now,
        );
        history = rememberDecision(history, decision, policy, now);
        if (decision.to === desired) continue;
        history = rememberScale(history, { at: now, from: desired, to: decision.to }, now);
        desired = decision.to;
        lastChange = now;
      }
      expect(lastChange, JSON.stringify({ policy, load })).toBeLessThan(1_800_000);
    }
  });
});
