import { describe, expect, it } from 'vitest';
import { EMPTY_HISTORY } from '../autoscale/history.js';
import type { DecisionBasis } from '../autoscale/thresholds.js';
import type { Snapshot } from '../autoscale/types.js';
import { DEFAULT_DOWN, DEFAULT_ON_ERROR, DEFAULT_UP } from '../policy/defaults.js';
import type { LoadSignal, SignalPolicy } from '../policy/policy.js';
import type { Measurement, ReadOptions, Source } from '../signals/types.js';
import { systemClock, type Clock } from './clock.js';
import { Lookout } from './lookout.js';

const requests: SignalPolicy = { kind: 'requests', backend: 'web', perReplica: null, forecast: true };
const cpu: SignalPolicy = { kind: 'cpu', rule: { kind: 'target', targetPercent: 70 } };
const rate = { perReplica: 10, at: 0, learnedMs: 0, surprise: 1 };

function basis(options: {
  signals?: readonly [SignalPolicy, ...SignalPolicy[]];
  desired?: number;
  max?: number;
  /** need of the last tick */
  need?: number;
  learned?: boolean;
}): DecisionBasis {
  const { signals = [cpu, requests] as const, desired = 2, max = 10, need = 2, learned = true } = options;
  const policy = {
    source: 'labels' as const,
    min: 1,
    max,
    signals,
    up: DEFAULT_UP,
    down: DEFAULT_DOWN,
    onError: DEFAULT_ON_ERROR,
  };
  const snapshot: Snapshot = {
    service: 'web',
    desired,
    running: desired,
    updateState: null,
    healthyAfterMs: null,
    readings: [],
  };
  const recommendations = [{ at: 0, need }];
  const history = { ...EMPTY_HISTORY, recommendations, ...(learned ? { serviceRate: rate } : {}) };
  return { policy, snapshot, history, now: 0 };
}

/** A wait of so many looks, in each of which so much arrives. */
async function during(bases: readonly DecisionBasis[], arriving: readonly (number | null)[]) {
  const asked: { signals: readonly LoadSignal[]; options: ReadOptions | undefined }[] = [];
  let hints = 0;
  let end = (): void => undefined;
  const wait = new Promise<void>((resolve) => (end = resolve));
  const loads: Source<LoadSignal, Measurement> = {
    describe: () => '',
    close: () => Promise.resolve(),
    read: (signals, options) => {
      asked.push({ signals, options });
      return Promise.resolve(signals.map(() => ({ value: arriving[asked.length - 1] ?? null })));
    },
  };
  let slept = 0;
  const clock: Clock = {
    ...systemClock,
    sleep: async () => {
      if (slept++ === arriving.length) end();
      // Lets the wait's end be noticed.
      await new Promise(setImmediate);
    },
  };
  const lookout = new Lookout(loads, clock, () => {
    hints++;
    end();
  });
  bases.forEach((one, index) => lookout.decided(`id-${index}`, one));
  if (bases.length === 0) end();
  await lookout.during(wait);
  return { hints, asked };
}

describe('looks between two ticks', () => {
  it.each<[string, DecisionBasis, (number | null)[], { hints: number; looks: number }]>([
    ['what was ordered can serve it', basis({}), [5, 15, 20], { hints: 0, looks: 3 }],
    ['more than that: one hint, and no further look', basis({}), [5, 21, 30], { hints: 1, looks: 2 }],
    ['unknown is no reason', basis({}), [null, null], { hints: 0, looks: 2 }],
    [
      'the last tick wanted as much, and did not get it',
      basis({ need: 4 }),
      [39, 40],
      { hints: 0, looks: 2 },
    ],
    ['it wanted less', basis({ need: 4 }), [39, 41], { hints: 1, looks: 2 }],
    [
      'by the target, where nothing was learned',
      basis({ signals: [{ ...requests, perReplica: 3 }], learned: false }),
      [6, 7],
      { hints: 1, looks: 2 },
    ],
  ])('%s', async (_, one, arriving, expected) => {
    const { hints, asked } = await during([one], arriving);
    expect({ hints, looks: asked.length }).toEqual(expected);
  });

  it('asks for requests alone, as a look between ticks', async () => {
    const { asked } = await during([basis({}), basis({ signals: [cpu] })], [1]);
    expect(asked.map(({ signals }) => signals)).toEqual([[requests]]);
    expect(asked[0]?.options?.between).toBe(true);
  });

  it.each<[string, DecisionBasis]>([
    ['it has all that it may have', basis({ desired: 10 })],
    ['what a replica can serve is unknown', basis({ learned: false })],
    ['no requests are counted', basis({ signals: [cpu] })],
  ])('asks nobody where %s', async (_, one) => {
    const lookout = new Lookout(
      { describe: () => '', close: () => Promise.resolve(), read: () => Promise.reject(new Error('asked')) },
      { ...systemClock, sleep: () => Promise.reject(new Error('waited')) },
      () => undefined,
    );
    lookout.decided('id', one);
    await expect(lookout.during(Promise.resolve())).resolves.toBeUndefined();
  });

  it('ends with the wait, however that ends', async () => {
    let signal: AbortSignal | undefined;
    const clock: Clock = {
      ...systemClock,
      sleep: (_, given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    };
    const lookout = new Lookout(
      { describe: () => '', close: () => Promise.resolve(), read: () => Promise.resolve([]) },
      clock,
      () => undefined,
    );
    lookout.decided('id', basis({}));
    await expect(lookout.during(Promise.reject(new Error('ended')))).rejects.toThrow('ended');
    expect(signal?.aborted).toBe(true);
  });
});
