import { describe, expect, it } from 'vitest';
import type { Policy, SignalPolicy } from '../policy/policy.js';
import { DEFAULT_DOWN, DEFAULT_ON_ERROR, DEFAULT_UP } from '../policy/defaults.js';
import { decide } from './decide.js';
import { beginHistory, rememberDecision, rememberScale } from './history.js';
import { learnServiceRate } from './service-rate.js';
import type { History, SignalReading, Snapshot } from './types.js';

const CPU: SignalPolicy = { kind: 'cpu', rule: { kind: 'target', targetPercent: 80 } };

function policy(more: { perReplica?: number; forecast?: boolean; cpu?: boolean } = {}): Policy {
  const { perReplica = null, forecast = true, cpu = true } = more;
  const requests: SignalPolicy = { kind: 'requests', backend: 'web', perReplica, forecast };
  const signals: Policy['signals'] = cpu ? [requests, CPU] : [requests];
  return {
    source: 'labels',
    min: 1,
    max: 50,
    signals,
    up: DEFAULT_UP,
    down: DEFAULT_DOWN,
    onError: DEFAULT_ON_ERROR,
  };
}

interface Load {
  arrivals: number | null;
  cpu?: number | null;
  queued?: number | null;
}

function snapshot(
  seen: Policy,
  desired: number,
  { arrivals, cpu = null, queued = 0 }: Load,
  at: number,
): Snapshot {
  const readings = seen.signals.map((signal): SignalReading =>
    signal.kind === 'cpu'
      ? { kind: 'cpu', meanPercent: cpu, sampled: cpu === null ? 0 : desired, at }
      : { kind: 'requests', arrivalsPerSecond: arrivals, queued, at },
  );
  return { service: 'web', desired, running: desired, updateState: null, healthyAfterMs: 10_000, readings };
}

/** A service whose replicas serve `capacity` requests per second each, under a load that goes on for so long. */
class Service {
  history: History;
  now = 0;
  changes = 0;
  constructor(
    readonly policy: Policy,
    public desired: number,
    readonly capacity: (now: number) => number = () => 50,
  ) {
    this.history = beginHistory(desired, null, 0);
  }
  run(seconds: number, arrivals: (now: number) => number) {
    for (const end = this.now + seconds * 1000; this.now < end; this.now += 5_000) {
      const load = arrivals(this.now / 1000);
      const cpu = Math.min(100, (100 * load) / (this.desired * this.capacity(this.now / 1000)));
      const seen = snapshot(this.policy, this.desired, { arrivals: load, cpu }, this.now);
      const decision = decide(this.policy, seen, this.history, this.now);
      this.history = rememberDecision(this.history, decision, this.policy, this.now);
      if (decision.to === this.desired) continue;
      this.history = rememberScale(
        this.history,
        { at: this.now, from: this.desired, to: decision.to },
        this.now,
      );
      this.desired = decision.to;
      this.changes++;
    }
    return this;
  }
  decide(load: Load) {
    return decide(this.policy, snapshot(this.policy, this.desired, load, this.now), this.history, this.now);
  }
}

describe('requests', () => {
  it.each<[number, number, number]>([
    // arrivals, waiting, replicas at 40 per second each
    [0, 0, 1],
    [40, 0, 1],
    [41, 0, 2],
    [400, 0, 10],
    // 1200 within 30 s are 40 per second more
    [400, 1200, 11],
    [0, 60, 1],
  ])('%d per second and %d waiting need %d', (arrivals, queued, expected) => {
    const seen = policy({ perReplica: 40, cpu: false });
    const decision = decide(
      { ...seen, down: { ...seen.down, windowMs: 0 } },
      snapshot(seen, 5, { arrivals, queued }, 0),
      beginHistory(null, null, 0),
      0,
    );
    expect(decision.to).toBe(expected);
  });

  it.each([
    // deviation, replicas asked for, when 119 arrive and a replica takes 40
    [0, 3],
    [10, 4],
  ])('of a load that is off by %d take the fourth replica away or leave it: %d', (deviation, expected) => {
    const seen = policy({ perReplica: 40, cpu: false });
    const squares = { naive: deviation ** 2, trend: 1e6, fading: 1e6 };
    const past: History = {
      ...beginHistory(null, null, 0),
      arrivals: {
        at: 0,
        level: 119,
        slope: 0,
        mean: 119,
        pending: [],
        errors: squares,
        shortfalls: squares,
        learned: 1,
      },
    };
    const need = (desired: number) =>
      decide(seen, snapshot(seen, desired, { arrivals: 119 }, 5_000), past, 5_000).need;
    expect(need(4)).toBe(expected);
    expect(need(1)).toBe(3);
  });

  it('say what they were reckoned with', () => {
    const { reasons } = new Service(policy(), 4).run(600, () => 160).decide({ arrivals: 160, cpu: 80 });
    expect(reasons[0]).toBe('requests to web at 160 requests/s (the CPU target) needs 4');
  });

  it('come to rest at the CPU target by what a replica was seen to serve', () => {
    expect(new Service(policy(), 2).run(1200, () => 400).desired).toBe(10);
    expect(new Service(policy(), 30).run(1200, () => 400).desired).toBe(10);
  });

  it('answer a jump at once and in full, although CPU ends at 100 %', () => {
    const service = new Service(policy(), 4).run(600, () => 150);
    expect(service.decide({ arrivals: 1500, cpu: 100 }).to).toBe(38);
  });

  it('shrink only after the window, and only by what arrived', () => {
    const service = new Service(policy(), 4).run(600, () => 400);
    expect(service.run(290, () => 40).desired).toBe(10);
    expect(service.run(60, () => 40).desired).toBe(1);
  });

  it('a load that falls is never answered by a forecast', () => {
    const service = new Service(policy(), 20).run(3000, (now) => Math.max(100, 800 - now / 4));
    const { to } = { ...service.decide({ arrivals: 100, cpu: 60 }) };
    expect(to).toBeGreaterThanOrEqual(3);
  });

  it('unknown ones hold, and so does what a replica serves while it is not known', () => {
    const service = new Service(policy(), 10).run(600, () => 400);
    expect(service.decide({ arrivals: null, cpu: 5 })).toMatchObject({ to: 10, outcome: 'hold' });
    const begun = new Service(policy(), 10);
    begun.history = beginHistory(null, null, 0);
    const decision = begun.decide({ arrivals: 10, cpu: 5 });
    expect(decision.to).toBe(10);
    expect(decision.reasons.join()).toContain('what a replica can serve is not known yet');
  });

  it('a restart goes by what arrives, and shrinks nothing before the window has passed', () => {
    const service = new Service(policy(), 10).run(600, () => 400);
    service.history = beginHistory(10, null, service.now);
    expect(service.run(290, () => 100).desired).toBe(10);
    expect(service.decide({ arrivals: 1000, cpu: 100 }).to).toBe(25);
  });

  it('a steady load settles, whatever it is, and nothing moves after that', () => {
    for (let load = 1; load < 1500; load = load * 1.4 + 3) {
      const service = new Service(policy(), 7).run(1800, () => load);
      const { changes } = service;
      expect(service.run(3600, () => load).changes, `${load}`).toBe(changes);
      expect(service.desired).toBe(Math.max(1, Math.ceil(load / 40 - 1e-9)));
    }
  });
});

describe('CPU beside requests', () => {
  it('is silent while the arrivals explain it', () => {
    const service = new Service(policy(), 4).run(600, () => 160);
    const { signals } = service.decide({ arrivals: 160, cpu: 89 });
    expect(signals.find(({ signal }) => signal === 'cpu')).toMatchObject({
      need: 4,
      note: 'explained by the arrivals',
    });
  });

  it('guards against requests that became dearer', () => {
    // From the 600th second on a replica serves half of what it did.
    const service = new Service(policy(), 4, (now) => (now < 600 ? 50 : 25)).run(600, () => 150);
    expect(service.desired).toBe(4);
    expect(service.run(120, () => 150).desired).toBeGreaterThanOrEqual(7);
    expect(service.run(1800, () => 150).desired).toBe(8);
  });

  it('has its full say where a target for requests is given', () => {
    const service = new Service(policy({ perReplica: 100 }), 4, () => 50);
    // 3 would do for the requests; 7 replicas are at 86 %, within the tolerance of the CPU target.
    expect(service.run(900, () => 300).desired).toBe(7);
  });
});

describe('the service rate', () => {
  const rate = { perReplica: 50, at: 0, learnedMs: 3_600_000, surprise: 1 };
  const seen = { arrivalsPerSecond: 100, queued: 0, serving: 4, cpuPercent: 50 };
  it.each<[string, Partial<typeof seen>, number | null]>([
    ['is throughput over use', {}, 50],
    ['is taken as too low rather than not at all when there is little use', { cpuPercent: 5 }, 500],
    ['is not told by full replicas', { cpuPercent: 95 }, null],
    ['is not told while requests wait', { queued: 3 }, null],
    ['is not told by nothing', { arrivalsPerSecond: 0 }, null],
    ['is not told without a replica', { serving: 0 }, null],
  ])('%s', (_, more, expected) => {
    expect(learnServiceRate(null, { ...seen, ...more }, 0)?.perReplica ?? null).toBe(expected);
  });

  it('follows what it sees within minutes', () => {
    const half = learnServiceRate(rate, { ...seen, cpuPercent: 80 }, 300_000 * Math.LN2);
    expect(half?.perReplica).toBeCloseTo((50 + 31.25) / 2, 6);
    expect(learnServiceRate(rate, { ...seen, cpuPercent: 10 }, 300_000)?.perReplica).toBe(50);
    expect(learnServiceRate(rate, { ...seen, cpuPercent: 95 }, 300_000)?.perReplica).toBe(50);
  });

  it('forgets its first reading at the second, and is the mean of those after it', () => {
    let learned = learnServiceRate(null, { ...seen, cpuPercent: 25 }, 0);
    expect(learned?.perReplica).toBe(100);
    learned = learnServiceRate(learned, seen, 5_000);
    expect(learned?.perReplica).toBe(50);
    learned = learnServiceRate(learned, { ...seen, cpuPercent: 80 }, 10_000);
    expect(learned?.perReplica).toBeCloseTo((50 + 31.25) / 2, 6);
  });

  it('is surprised by use that arrivals do not explain', () => {
    expect(learnServiceRate(rate, { ...seen, cpuPercent: 100 }, 300_000)?.surprise).toBeCloseTo(2, 2);
    expect(
      learnServiceRate(rate, { ...seen, arrivalsPerSecond: 900, cpuPercent: 100 }, 300_000)?.surprise,
    ).toBe(1);
  });
});
