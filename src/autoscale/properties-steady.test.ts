/** A load that stays the same, on thousands of services whose replicas take their time to start. */

import { describe, expect, it } from 'vitest';
import { Dice, randomPolicy } from '../../test/support/random-services.js';
import type { BackendSignal, Policy, SignalPolicy } from '../policy/policy.js';
import { decide } from './decide.js';
import { beginHistory, rememberDecision, rememberScale } from './history.js';
import type { SignalReading } from './types.js';

const ROUNDS = 250;
const TICK_MS = 15_000;
const HOUR_MS = 3_600_000;
const WARM_UP_MS = 10_000;

/** A signal, what it tells while so many replicas serve the load, and the most replicas that this load ever needs. */
interface Kind {
  signals: Policy['signals'];
  tell: (serving: number, at: number) => SignalReading[];
  need: number;
}

/** @param load in replicas that are used in full */
type MakeKind = (load: number, dice: Dice) => Kind;

const cpuSignal = (targetPercent: number): SignalPolicy => ({
  kind: 'cpu',
  rule: { kind: 'target', targetPercent },
});
const resource = (kind: 'cpu' | 'memory', load: number, serving: number, at: number): SignalReading => ({
  kind,
  meanPercent: serving === 0 ? null : Math.min(100, (100 * load) / serving),
  sampled: serving,
  at,
});
const exactly = (value: number) => Math.ceil(value - 1e-9);

/** A guard beside CPU, as it has to be; its value falls to nothing where the replicas suffice. */
const guard =
  (signal: SignalPolicy, tell: (lacking: number, serving: number, at: number) => SignalReading): MakeKind =>
  (load, dice) => ({
    signals: [cpuSignal(dice.int(50, 90)), signal],
    tell: (serving, at) => [
      resource('cpu', load, serving, at),
      tell(Math.max(0, load - serving), serving, at),
    ],
    need: Infinity,
  });
const backend = (kind: BackendSignal['kind'], target: number): BackendSignal => ({
  kind,
  backend: 'app',
  target,
});

const KINDS: Record<string, MakeKind> = {
  'a CPU target': (load, dice) => {
    const target = dice.int(20, 90);
    return {
      signals: [cpuSignal(target)],
      tell: (serving, at) => [resource('cpu', load, serving, at)],
      need: exactly((100 * load) / target),
    };
  },
  'CPU thresholds': (load, dice) => {
    const upPercent = dice.int(60, 95);
    const downPercent = dice.int(5, 25);
    return {
      signals: [{ kind: 'cpu', rule: { kind: 'band', upPercent, downPercent } }],
      tell: (serving, at) => [resource('cpu', load, serving, at)],
      need: exactly((200 * load) / (upPercent + downPercent)),
    };
  },
  'a memory target': (load, dice) => {
    const targetPercent = dice.int(20, 90);
    return {
      signals: [{ kind: 'memory', rule: { kind: 'target', targetPercent } }],
      tell: (serving, at) => [resource('memory', load, serving, at)],
      need: exactly((100 * load) / targetPercent),
    };
  },
  'a queue': (load, dice) => {
    const jobsPerReplica = dice.int(1, 20);
    const length = Math.round(load * jobsPerReplica);
    return {
      signals: [{ kind: 'queue', queue: 'list', url: 'redis://r:6379/0', key: 'q', jobsPerReplica }],
      tell: (_, at) => [{ kind: 'queue', length, at }],
      need: exactly(length / jobsPerReplica),
    };
  },
  requests: (load, dice) => {
    const perReplica = dice.int(5, 50);
    const forecast = dice.chance(0.5);
    return {
      signals: [{ kind: 'requests', backend: 'web', perReplica, forecast }],
      tell: (_, at) => [{ kind: 'requests', arrivalsPerSecond: load * perReplica, queued: 0, at }],
      need: exactly(load),
    };
  },
  sessions: (load, dice) => {
    const target = dice.int(5, 100);
    return {
      signals: [backend('sessions', target)],
      tell: (_, at) => [{ kind: 'sessions', value: load * target, at }],
      need: exactly(load),
    };
  },
  'a total': (load, dice) => {
    const kind = dice.pick('prometheus', 'json');
    return {
      signals: [numberOf(kind, 'total')],
      tell: (_, at) => [{ kind, value: 10 * load, at }],
      need: exactly(load),
    };
  },
  'a level': (load, dice) => {
    const kind = dice.pick('prometheus', 'json');
    return {
      signals: [numberOf(kind, 'level')],
      tell: (serving, at) => [{ kind, value: serving === 0 ? null : (10 * load) / serving, at }],
      need: exactly(load),
    };
  },
  throttling: guard({ kind: 'throttling', targetPercent: 20 }, (lacking, serving, at) => ({
    kind: 'throttling',
    meanPercent: serving === 0 ? null : Math.min(100, 100 * lacking),
    sampled: serving,
    at,
  })),
  'waiting requests': guard(backend('queued', 5), (lacking, _, at) => ({
    kind: 'queued',
    value: Math.round(20 * lacking),
    at,
  })),
  'response time': guard(backend('response', 200), (lacking, _, at) => ({
    kind: 'response',
    value: 50 + 1_000 * lacking,
    at,
  })),
  errors: guard(backend('errors', 5), (lacking, _, at) => ({
    kind: 'errors',
    value: Math.min(100, 100 * lacking),
    at,
  })),
};

function numberOf(kind: 'prometheus' | 'json', form: 'total' | 'level'): SignalPolicy {
  return kind === 'prometheus'
    ? { kind, url: 'http://p/', query: 'q', form, target: 10 }
    : { kind, url: 'http://j/', pointer: '/a', form, target: 10 };
}

/** When replicas last changed, and the most there were, in an hour of the same load. */
function run(
  policy: Policy,
  kind: Kind,
  begin: number,
  startMs: number,
): { lastChange: number; peak: number } {
  const readyAt: number[] = Array.from({ length: begin }, () => 0);
  let history = beginHistory(begin, null, 0);
  let [lastChange, peak] = [0, begin];
  for (let now = TICK_MS; now < HOUR_MS; now += TICK_MS) {
    const desired = readyAt.length;
    const running = readyAt.filter((at) => at === 0 || at + WARM_UP_MS <= now).length;
    const decision = decide(
      policy,
      {
        service: 's',
        desired,
        running,
        updateState: null,
        healthyAfterMs: startMs,
        readings: kind.tell(running, now),
      },
      history,
      now,
    );
    history = rememberDecision(history, decision, policy, now);
    if (decision.to === desired) continue;
    history = rememberScale(history, { at: now, from: desired, to: decision.to }, now);
    while (readyAt.length < decision.to) readyAt.push(now + startMs);
    readyAt.length = decision.to;
    lastChange = now;
    peak = Math.max(peak, decision.to);
  }
  return { lastChange, peak };
}

describe('the same load', { timeout: 30_000 }, () => {
  it.each(Object.keys(KINDS))('by %s settles, nothing moves after that, and it is answered once', (name) => {
    const dice = new Dice(5);
    let changed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const base = randomPolicy(dice);
      const load = dice.next() * base.max * 0.7;
      const kind = KINDS[name]!(load, dice);
      const policy: Policy = {
        ...base,
        signals: kind.signals,
        min: Math.max(1, base.min),
        onError: { kind: 'hold' },
      };
      const begin = dice.int(policy.min, policy.max);
      const startMs = dice.pick(1_000, 20_000, 60_000);
      const { lastChange, peak } = run(policy, kind, begin, startMs);
      const told = JSON.stringify({ policy, load, begin, startMs });
      expect(lastChange, told).toBeLessThan(HOUR_MS / 2);
      expect(peak, told).toBeLessThanOrEqual(Math.max(begin, policy.min, kind.need));
      changed += lastChange > 0 ? 1 : 0;
    }
    expect(changed).toBeGreaterThan(ROUNDS / 4);
  });
});
