/** Services, their policies and what is measured of them, made up by chance from a seed. */

import type { Room } from '../../src/autoscale/capacity.js';
import { decide } from '../../src/autoscale/decide.js';
import { beginHistory, noticeOthers, rememberDecision, rememberScale } from '../../src/autoscale/history.js';
import type { History, SignalReading, Snapshot } from '../../src/autoscale/types.js';
import type { BackendSignal, Policy, ResourceRule, SignalPolicy } from '../../src/policy/policy.js';
import type { ScheduledBounds } from '../../src/policy/schedule.js';
import { isLoad } from '../../src/policy/signal-kinds.js';

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

/** Chance from a seed. */
export class Dice {
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

export function randomPolicy(dice: Dice): Policy {
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
    ...(dice.chance(0.5) ? { holdMs: dice.pick(0, 20_000) } : {}),
    ...(dice.chance(0.5) ? { coveragePercent: dice.int(1, 100) } : {}),
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

function randomReadings(dice: Dice, policy: Policy, running: number, tick: number): SignalReading[] {
  return policy.signals.map((signal): SignalReading => {
    const now = tick - (dice.chance(0.9) ? 0 : dice.pick(25_000, 45_000, 75_000, 120_000));
    const unknown = dice.chance(0.2);
    if (signal.kind === 'queue')
      return {
        kind: 'queue',
        length: unknown ? null : dice.pick(0, dice.int(0, 300)),
        at: unknown ? null : now,
        inFlight: dice.pick(null, 0, dice.int(0, 40)),
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

function randomRoom(dice: Dice): Room {
  const more = dice.int(-2, 6);
  return dice.chance(0.2)
    ? { more: 0, short: 'no node meets its constraints' }
    : { more, short: [{ of: 'cpus', each: 0.5, more }] };
}

function randomSchedule(dice: Dice, policy: Policy): ScheduledBounds {
  const min = dice.int(policy.min, policy.max);
  return { min, max: dice.pick(min, policy.max), text: 'the schedule office' };
}

export interface Round {
  policy: Policy;
  snapshot: Snapshot;
  history: History;
  now: number;
}

/** At least so many random ticks of random services, each with the history that its earlier ticks left. */
export function* rounds(seed: number, count: number): Generator<Round> {
  const dice = new Dice(seed);
  for (let service = 0; service < count / 10; service++) {
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
        healthyAfterMs: dice.pick(null, dice.int(0, 90_000)),
        ...(dice.chance(0.2) ? { room: randomRoom(dice) } : {}),
        ...(dice.chance(0.1) ? { scheduled: randomSchedule(dice, policy) } : {}),
        ...(dice.chance(0.05) ? { paused: 'paused until noon' } : {}),
        readings: randomReadings(dice, policy, running, now),
      };
      history = noticeOthers(history, desired, now);
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
