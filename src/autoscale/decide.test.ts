import { describe, expect, it } from 'vitest';
import { decodeLabels } from '../policy/labels.js';
import type { Policy } from '../policy/policy.js';
import { decide } from './decide.js';
import { beginHistory, EMPTY_HISTORY, noticeOthers, rememberDecision, rememberScale } from './history.js';
import { toText } from './text.js';
import type { History, SignalReading, Snapshot } from './types.js';

const NOW = 1_000_000;

function policy(labels: Record<string, string>): Policy {
  const all = Object.entries({ autoscale: 'true', min: '1', max: '10', ...labels });
  const decoded = decodeLabels(
    'web',
    Object.fromEntries(all.map(([key, value]) => [`scalectl.${key}`, value])),
    'replicated',
  );
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  return decoded.value;
}

const CPU = { 'cpu.target': '70', 'down.window': '0s' };
const QUEUE = { 'queue.url': 'redis://r', 'queue.key': 'jobs', 'down.window': '0s', 'up.step': '100' };

const cpu = (meanPercent: number | null, sampled = 2): SignalReading => ({
  kind: 'cpu',
  meanPercent,
  sampled: meanPercent === null ? 0 : sampled,
  at: meanPercent === null ? null : NOW,
});
const jobs = (length: number | null): SignalReading => ({
  kind: 'queue',
  length,
  at: length === null ? null : NOW,
  ...(length === null ? { note: 'ECONNREFUSED' } : {}),
});

const FLOOR = { scheduled: { min: 4, max: 10, text: 'the schedule office wants at least 4' } };
const FIXED = { scheduled: { min: 3, max: 3, text: 'the schedule lunch wants exactly 3' } };
const PAUSED = { paused: 'paused until noon' };

const room = (more: number): Partial<Snapshot> => ({
  room: { more, short: [{ of: 'cpus', each: 1, more }] },
});
const byHand = (to: number, agoMs: number): Partial<History> => ({ byHand: { at: NOW - agoMs, to } });

function snapshot(desired: number, readings: SignalReading[], more: Partial<Snapshot> = {}): Snapshot {
  return { service: 'web', desired, running: desired, updateState: null, readings, ...more };
}

function history(more: Partial<History> = {}): History {
  return { ...EMPTY_HISTORY, lastKnownAt: NOW - 5_000, ...more };
}

function to(labels: Record<string, string>, seen: Snapshot, past = history()): string {
  const decision = decide(policy(labels), seen, past, NOW);
  return `${decision.outcome} ${decision.to} ${decision.adjustments.map(({ rule }) => rule).join(',')}`.trim();
}

describe('a decision', () => {
  it.each<[string, Record<string, string>, Snapshot, string, Partial<History>?]>([
    ['grows at once', CPU, snapshot(2, [cpu(100)]), 'up 3'],
    ['is held where a person set it', CPU, snapshot(2, [cpu(100)]), 'hold 2 hold', byHand(2, 299_000)],
    ['is held in both directions', CPU, snapshot(4, [cpu(10, 4)]), 'hold 4 hold', byHand(4, 1_000)],
    ['is held no longer than that', CPU, snapshot(2, [cpu(100)]), 'up 3', byHand(2, 300_000)],
    [
      'is held as long as its label says',
      { ...CPU, hold: '0s' },
      snapshot(2, [cpu(100)]),
      'up 3',
      byHand(2, 0),
    ],
    ['is not held at another count', CPU, snapshot(2, [cpu(100)]), 'up 3', byHand(5, 0)],
    ['is not held below min', { ...CPU, min: '3' }, snapshot(2, [cpu(70)]), 'up 3 min', byHand(2, 0)],
    ['grows as far as there is room', CPU, snapshot(2, [cpu(200)], room(1)), 'up 3 capacity'],
    ['does not grow without room', CPU, snapshot(2, [cpu(200)], room(0)), 'hold 2 capacity'],
    [
      'does not grow where even those asked for wait',
      CPU,
      snapshot(2, [cpu(200)], room(-1)),
      'hold 2 capacity',
    ],
    ['grows to max where there is room for that', CPU, snapshot(8, [cpu(200, 8)], room(2)), 'up 10 max'],
    ['grows as far as there is room below max', CPU, snapshot(8, [cpu(200, 8)], room(1)), 'up 9 capacity'],
    ['shrinks without room', CPU, snapshot(4, [cpu(10, 4)], room(0)), 'down 1'],
    ['keeps min without room', { ...CPU, min: '3' }, snapshot(2, [cpu(70)], room(0)), 'up 3 min'],
    ['shrinks at enough coverage', { ...CPU, coverage: '75' }, snapshot(4, [cpu(10, 3)]), 'down 2'],
    ['holds below it', { ...CPU, coverage: '80' }, snapshot(4, [cpu(10, 3)]), 'hold 4 coverage'],
    ['does not grow while paused', CPU, snapshot(2, [cpu(100)], PAUSED), 'hold 2 paused'],
    ['does not shrink while paused', CPU, snapshot(4, [cpu(10, 4)], PAUSED), 'hold 4 paused'],
    ['is said to be paused also at rest', CPU, snapshot(2, [cpu(70)], PAUSED), 'hold 2 paused'],
    ['not even to its bounds while paused', CPU, snapshot(12, [cpu(70, 12)], PAUSED), 'hold 12 max,paused'],
    ['grows to the floor of a schedule', CPU, snapshot(2, [cpu(70)], FLOOR), 'up 4 schedule'],
    ['does so whatever the data', CPU, snapshot(2, [cpu(null)], FLOOR), 'up 4 on-error,schedule'],
    ['shrinks no further than that floor', CPU, snapshot(6, [cpu(10, 6)], FLOOR), 'down 4 schedule'],
    ['grows above it', CPU, snapshot(4, [cpu(140, 4)], FLOOR), 'up 8'],
    ['keeps to a fixed count', CPU, snapshot(3, [cpu(140, 3)], FIXED), 'hold 3 schedule'],
    ['goes to a fixed count at once', CPU, snapshot(6, [cpu(70, 6)], FIXED), 'down 3 schedule'],
    [
      'pauses rather than follow a schedule',
      CPU,
      snapshot(2, [cpu(70)], { ...FLOOR, ...PAUSED }),
      'hold 2 schedule,paused',
    ],
    ['keeps within the tolerance', CPU, snapshot(2, [cpu(75)]), 'hold 2'],
    ['shrinks', CPU, snapshot(4, [cpu(10, 4)]), 'down 1'],
    ['100 jobs at 10 per replica are exactly 10', QUEUE, snapshot(2, [jobs(100)]), 'up 10'],
    ['an empty queue is the minimum', { ...QUEUE, min: '2' }, snapshot(10, [jobs(0)]), 'down 2 min'],
    ['an empty queue with min 0 is nothing', { ...QUEUE, min: '0' }, snapshot(3, [jobs(0)]), 'down 0'],
    ['one job wakes a service from 0', { ...QUEUE, min: '0' }, snapshot(0, [jobs(1)]), 'up 1'],
    ['many jobs wake it to more', { ...QUEUE, min: '0' }, snapshot(0, [jobs(35)]), 'up 4'],
    ['not above max', QUEUE, snapshot(2, [jobs(1000)]), 'up 10 max'],
    ['above max is lowered, whatever the data', CPU, snapshot(12, [cpu(null)]), 'down 10 on-error,max'],
    [
      'below min is raised, whatever the data',
      { ...CPU, min: '3' },
      snapshot(1, [cpu(null)]),
      'up 3 on-error,min',
    ],
    [
      'below min is raised even in a cooldown',
      { ...CPU, min: '3', 'up.cooldown': '1h' },
      snapshot(1, [cpu(70)]),
      'up 3 min',
      { lastUpAt: NOW - 1 },
    ],
    ['the larger of two wins', { ...CPU, ...QUEUE }, snapshot(2, [cpu(100), jobs(50)]), 'up 5'],
    [
      'the larger of two wins the other way round',
      { ...CPU, ...QUEUE },
      snapshot(2, [cpu(300), jobs(20)]),
      'up 9',
    ],
    ['the larger of two holds', { ...CPU, ...QUEUE }, snapshot(2, [cpu(70), jobs(0)]), 'hold 2'],
    [
      'an idle CPU does not keep the last replica',
      { ...CPU, ...QUEUE, min: '0' },
      snapshot(1, [cpu(1, 1), jobs(0)]),
      'down 0',
    ],
    ['a busy CPU keeps it', { ...CPU, ...QUEUE, min: '0' }, snapshot(2, [cpu(70), jobs(0)]), 'hold 2'],
    [
      'an unknown signal blocks shrinking',
      { ...CPU, ...QUEUE },
      snapshot(5, [cpu(1, 5), jobs(null)]),
      'hold 5 unknown-signal',
    ],
    [
      'an unknown signal does not block growing',
      { ...CPU, ...QUEUE },
      snapshot(2, [cpu(200), jobs(null)]),
      'up 6',
    ],
    ['a task that is not measured blocks shrinking', CPU, snapshot(4, [cpu(1, 2)]), 'hold 4 coverage'],
    ['nothing known: hold', CPU, snapshot(4, [cpu(null)]), 'hold 4 on-error'],
    [
      'nothing known: max, after a while',
      { ...CPU, 'on-error': 'max', 'up.step': '100' },
      snapshot(4, [cpu(null)]),
      'up 10 on-error',
      { lastKnownAt: NOW - 15_000 },
    ],
    [
      'nothing known: not at once',
      { ...CPU, 'on-error': 'max' },
      snapshot(4, [cpu(null)]),
      'hold 4 on-error',
      { lastKnownAt: NOW - 14_999 },
    ],
    [
      'nothing known: a number',
      { ...CPU, 'on-error': '6' },
      snapshot(4, [cpu(null)]),
      'up 6 on-error',
      { lastKnownAt: null },
    ],
    [
      'nothing known: a number never shrinks',
      { ...CPU, 'on-error': '2' },
      snapshot(4, [cpu(null)]),
      'hold 4 on-error',
      { lastKnownAt: null },
    ],
    [
      'nothing known: a number stays within bounds',
      { ...CPU, 'on-error': '50', 'up.step': '100' },
      snapshot(4, [cpu(null)]),
      'up 10 on-error,max',
      { lastKnownAt: null },
    ],
    ['a rollout', CPU, snapshot(2, [cpu(300)], { updateState: 'updating' }), 'skip 2 rollout'],
    [
      'a paused rollout, even outside the bounds',
      CPU,
      snapshot(20, [cpu(300)], { updateState: 'paused' }),
      'skip 20 rollout',
    ],
    ['a rollback', CPU, snapshot(2, [cpu(300)], { updateState: 'rollback_started' }), 'skip 2 rollout'],
    ['a paused rollback', CPU, snapshot(2, [cpu(300)], { updateState: 'rollback_paused' }), 'skip 2 rollout'],
    ['after a rollout', CPU, snapshot(2, [cpu(100)], { updateState: 'completed' }), 'up 3'],
    ['after a rollback', CPU, snapshot(2, [cpu(100)], { updateState: 'rollback_completed' }), 'up 3'],
    ['switched off by a person', CPU, snapshot(0, [cpu(null)]), 'skip 0 switched-off'],
    ['no up step: all that is needed', { ...CPU, max: '50' }, snapshot(2, [cpu(700)]), 'up 20'],
    [
      'the up step: double or 4 more',
      { ...CPU, max: '50', 'up.step': '4,100%' },
      snapshot(2, [cpu(2000)]),
      'up 6 up-step',
    ],
    [
      'the up step: 100 % of many',
      { ...CPU, max: '50', 'up.step': '4,100%' },
      snapshot(10, [cpu(2000, 10)]),
      'up 20 up-step',
    ],
    [
      'a step counts what was added in its period',
      { ...CPU, max: '50', 'up.step': '4' },
      snapshot(6, [cpu(2000, 6)]),
      'hold 6 up-step',
      { scales: [{ at: NOW - 10_000, from: 2, to: 6 }] },
    ],
    [
      'a step begins anew after its period',
      { ...CPU, max: '50', 'up.step': '4' },
      snapshot(6, [cpu(2000, 6)]),
      'up 10 up-step',
      { scales: [{ at: NOW - 15_000, from: 2, to: 6 }] },
    ],
    ['the down step in replicas', { ...CPU, 'down.step': '1' }, snapshot(4, [cpu(1, 4)]), 'down 3 down-step'],
    [
      'the down step in percent lets at least one go',
      { ...CPU, 'down.step': '10%' },
      snapshot(4, [cpu(1, 4)]),
      'down 3 down-step',
    ],
    [
      'the down window holds the greatest need',
      { ...CPU, 'down.window': '60s' },
      snapshot(6, [cpu(1, 6)]),
      'down 4 down-window',
      {
        recommendations: [
          { at: NOW - 61_000, need: 9 },
          { at: NOW - 59_000, need: 4 },
        ],
      },
    ],
    [
      'the down window holds all',
      { ...CPU, 'down.window': '60s' },
      snapshot(6, [cpu(1, 6)]),
      'hold 6 down-window',
      { recommendations: [{ at: NOW - 59_000, need: 8 }] },
    ],
    [
      'the up window takes the least need',
      { ...CPU, 'up.window': '60s' },
      snapshot(2, [cpu(140)]),
      'up 3 up-window',
      { recommendations: [{ at: NOW - 10_000, need: 3 }] },
    ],
    [
      'the up window holds all',
      { ...CPU, 'up.window': '60s' },
      snapshot(2, [cpu(140)]),
      'hold 2 up-window',
      { recommendations: [{ at: NOW - 10_000, need: 1 }] },
    ],
    [
      'the up cooldown',
      { ...CPU, 'up.cooldown': '30s' },
      snapshot(2, [cpu(140)]),
      'hold 2 up-cooldown',
      { lastUpAt: NOW - 29_000 },
    ],
    [
      'the up cooldown is over',
      { ...CPU, 'up.cooldown': '30s' },
      snapshot(2, [cpu(140)]),
      'up 4',
      { lastUpAt: NOW - 30_000 },
    ],
    [
      'the up cooldown does not hold shrinking',
      { ...CPU, 'up.cooldown': '30s' },
      snapshot(2, [cpu(10)]),
      'down 1',
      { lastUpAt: NOW },
    ],
    [
      'the down cooldown',
      { ...CPU, 'down.cooldown': '30s' },
      snapshot(2, [cpu(10)]),
      'hold 2 down-cooldown',
      { lastDownAt: NOW - 1_000 },
    ],
    [
      'a reading too old is unknown',
      CPU,
      snapshot(4, [{ kind: 'cpu', meanPercent: 1, sampled: 4, at: NOW - 60_001 }]),
      'hold 4 on-error',
    ],
    ['not a number is unknown', CPU, snapshot(4, [cpu(NaN, 4)]), 'hold 4 on-error'],
    ['infinity is unknown', CPU, snapshot(4, [cpu(Infinity, 4)]), 'hold 4 on-error'],
    ['a missing reading is unknown', CPU, snapshot(4, []), 'hold 4 on-error'],
  ])('%s', (_name, labels, seen, expected, past = {}) => {
    expect(to(labels, seen, history(past))).toBe(expected);
  });

  it('tells its reasons in a line, the signal that decides first', () => {
    const both = { ...CPU, ...QUEUE, min: '2', max: '4' };
    expect(toText(decide(policy(both), snapshot(2, [cpu(96.4), jobs(61)]), history(), NOW))).toBe(
      'web: 2 -> 4: queue jobs at 61 jobs (10 jobs per replica) needs 7; ' +
        'cpu at 96 % (target 70 %, 2 of 2 tasks measured) needs 3; max is 4',
    );
    expect(toText(decide(policy(both), snapshot(4, [cpu(1, 4), jobs(null)]), history(), NOW))).toBe(
      'web: stays at 4: cpu at 1 % (target 70 %, 4 of 4 tasks measured) needs 1; ' +
        'queue jobs is unknown (10 jobs per replica, ECONNREFUSED); not shrinking while queue jobs is unknown',
    );
    expect(
      toText(decide(policy({ ...CPU, max: '7' }), snapshot(2, [cpu(300)], room(3)), history(), NOW)),
    ).toBe(
      'web: 2 -> 5: cpu at 300 % (target 70 %, 2 of 2 tasks measured) needs 9; ' +
        'needs 2 more CPUs: room for 3 of 5 new replicas',
    );
    expect(toText(decide(policy(CPU), snapshot(2, [], { updateState: 'updating' }), history(), NOW))).toBe(
      'web: left at 2: a rollout is in progress (updating), and scaling now would disturb it',
    );
    expect(
      toText(
        decide(
          policy({ ...CPU, 'down.window': '5m' }),
          snapshot(2, [cpu(1)]),
          history({ recommendations: [{ at: NOW - 1, need: 2 }] }),
          NOW,
        ),
      ),
    ).toBe(
      'web: stays at 2: cpu at 1 % (target 70 %, 2 of 2 tasks measured) needs 1; the down window (5m) saw a need of 2',
    );
  });

  it('grows at once with a history that was begun a moment later', () => {
    expect(to(CPU, snapshot(2, [cpu(140)]), beginHistory(2, null, NOW + 1))).toBe('up 4');
  });

  it('survives JSON', () => {
    const decision = decide(policy({ ...CPU, ...QUEUE }), snapshot(2, [cpu(96), jobs(61)]), history(), NOW);
    expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
  });
});

describe('the history', () => {
  const shrinking = policy({ ...CPU, 'down.window': '60s' });

  it('of a loop that has just begun shrinks nothing before the window has passed once', () => {
    let past = beginHistory(5, null, NOW);
    for (let now = NOW; now <= NOW + 60_000; now += 5_000) {
      const at = { ...cpu(1, 5), at: now } as SignalReading;
      const decision = decide(shrinking, snapshot(5, [at]), past, now);
      expect(decision.outcome, String(now - NOW)).toBe(now < NOW + 60_000 ? 'hold' : 'down');
      past = rememberDecision(past, decision, shrinking, now);
    }
    expect(past.recommendations.length).toBeLessThan(15);
  });

  it('of a single evaluation goes by the last change', () => {
    const recent = beginHistory(null, { at: NOW - 30_000, from: 2, to: 5 }, NOW);
    const old = beginHistory(null, { at: NOW - 90_000, from: 2, to: 5 }, NOW);
    expect(decide(shrinking, snapshot(5, [cpu(1, 5)]), recent, NOW).outcome).toBe('hold');
    expect(decide(shrinking, snapshot(5, [cpu(1, 5)]), old, NOW).outcome).toBe('down');
    expect(decide(shrinking, snapshot(5, [cpu(1, 5)]), EMPTY_HISTORY, NOW).outcome).toBe('down');
  });

  it('rebuilds a cooldown, and takes a change from the future as one of now', () => {
    const past = beginHistory(null, { at: NOW + 3_600_000, from: 2, to: 5 }, NOW);
    expect(past.lastUpAt).toBe(NOW);
    expect(past.lastDownAt).toBeNull();
  });

  it('holds what somebody else scaled up for the window, and lets go then', () => {
    const past = noticeOthers({ ...history(), lastDesired: 2 }, 5, NOW - 30_000);
    expect(decide(shrinking, snapshot(5, [cpu(1, 5)]), past, NOW).outcome).toBe('hold');
    expect(
      decide(shrinking, snapshot(5, [cpu(1, 5)]), noticeOthers({ ...history(), lastDesired: 5 }, 5, NOW), NOW)
        .outcome,
    ).toBe('down');
  });

  it('takes its own change for its own', () => {
    const past = rememberScale({ ...history(), lastDesired: 2 }, { at: NOW, from: 2, to: 5 }, NOW);
    expect(noticeOthers(past, 5, NOW)).toBe(past);
  });
});

describe('the down window of requests', () => {
  const requests: SignalReading = { kind: 'requests', arrivalsPerSecond: 10, queued: 0, at: NOW };
  const HTTP = { 'http.backend': 'web', 'http.target': '10' };

  it.each<[string, Record<string, string>, number | null, string, number]>([
    ['is six start-ups', HTTP, 20_000, '2m', 120_000],
    ['is longer than a minute, however soon replicas serve', HTTP, 1_000, '1m5s', 65_000],
    ['is no longer than four minutes', HTTP, 90_000, '4m', 240_000],
    ['takes a start-up that was not measured for half a minute', HTTP, null, '3m', 180_000],
    ['is what a label says', { ...HTTP, 'down.window': '10m' }, 1_000, '10m', 600_000],
  ])('%s', (_, labels, healthyAfterMs, window, windowMs) => {
    const seen = snapshot(6, [requests], { healthyAfterMs });
    const at = (agoMs: number) => history({ recommendations: [{ at: NOW - agoMs, need: 4 }] });
    const { to, reasons } = decide(policy(labels), seen, at(windowMs - 1), NOW);
    expect(to).toBe(4);
    expect(reasons.at(-1)).toBe(`the down window (${window}) saw a need of 4`);
    expect(decide(policy(labels), seen, at(windowMs), NOW).to).toBe(1);
  });
});
