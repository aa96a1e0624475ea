/** A dry run decides what would be done, for thousands of random services, and writes nothing whatever it decides. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/engine-in-memory.js';
import { Dice } from '../../test/support/random-services.js';
import type { LoadSignal } from '../policy/policy.js';
import { UsageSampler } from '../signals/usage.js';
import type { Clock } from './clock.js';
import { evaluateOnce } from './evaluate.js';
import { runDaemon, type DaemonOptions } from './run.js';

const WORLDS = 400;
const SERVICES = 5;

/** The same world each time that the dice fall alike. */
function world(dice: Dice) {
  let nowMs = 0;
  const clock: Clock = {
    wallMs: () => Date.parse('2026-06-01T12:00:00Z') + nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      await setImmediate();
    },
    random: () => 0.5,
  };
  const engine = new FakeEngine(clock.wallMs);
  const lengths = new Map<string, number | null>();
  for (let index = 0; index < SERVICES; index++) {
    const name = `shop_s${index}`;
    engine.add(name, { labels: labelsOf(dice, name), replicas: dice.int(0, 12) });
    engine.load.set(name, dice.int(0, 150));
    if (dice.chance(0.1)) engine.mute.add(name);
    lengths.set(name, dice.chance(0.2) ? null : dice.int(0, 150));
  }
  const loads = {
    describe: () => 'queue',
    read: (signals: readonly LoadSignal[]) =>
      Promise.resolve(
        signals.map((signal) => ({
          value: signal.kind === 'queue' ? (lengths.get(signal.key) ?? null) : null,
        })),
      ),
    close: () => Promise.resolve(),
  };
  const usage = new UsageSampler(engine, { clock: clock.monotonicMs });
  const evaluate = (dryRun: boolean) =>
    evaluateOnce(engine, { usage, loads, clock, settleMs: 1_000, dryRun });
  const daemon = (options: Pick<DaemonOptions, 'signal' | 'place' | 'log'>) =>
    runDaemon(engine, { usage, loads, clock, pid: 4711, dryRun: true, ...options });
  return { engine, evaluate, daemon };
}

function labelsOf(dice: Dice, key: string): Record<string, string> {
  const min = dice.int(0, 4);
  const queue = min === 0 || dice.chance(0.5);
  return {
    'scalectl.autoscale': 'true',
    'scalectl.min': String(min),
    'scalectl.max': String(5 + dice.int(0, 10)),
    'scalectl.down.window': dice.pick('0s', '5m'),
    ...(queue ? { 'scalectl.queue.url': 'redis://r', 'scalectl.queue.key': key } : {}),
    ...(!queue || dice.chance(0.5) ? { 'scalectl.cpu.target': String(dice.int(20, 90)) } : {}),
    ...(dice.chance(0.2) ? { 'scalectl.on-error': 'max' } : {}),
    ...(dice.chance(0.1) ? { 'scalectl.paused-until': '2026-06-02T00:00:00Z' } : {}),
    ...(dice.chance(0.1) ? { 'scalectl.schedule.noon': '0 11 * * * 2h min=5' } : {}),
  };
}

it('a dry run writes nothing, and what it says is what is done without it', { timeout: 30_000 }, async () => {
  let changes = 0;
  for (let seed = 1; seed <= WORLDS; seed++) {
    const [dry, real] = [world(new Dice(seed)), world(new Dice(seed))];
    const before = JSON.stringify([...dry.engine.services]);
    const [told, done] = [await dry.evaluate(true), await real.evaluate(false)];
    expect(dry.engine.updates).toEqual([]);
    expect(dry.engine.configs.configs).toEqual([]);
    expect(JSON.stringify([...dry.engine.services])).toBe(before);
    expect(told.invalid).toEqual([]);
    expect(told.outcomes.map(({ decision }) => decision)).toEqual(
      done.outcomes.map(({ decision }) => decision),
    );
    const would = told.outcomes.flatMap(({ service, action }) =>
      action.kind === 'would-scale' ? [[service, action.to]] : [],
    );
    expect(would).toEqual(
      done.outcomes.flatMap(({ service, action }) =>
        action.kind === 'scaled' ? [[service, action.to]] : [],
      ),
    );
    expect(real.engine.updates.length).toBe(would.length);
    changes += would.length;
  }
  expect(changes).toBeGreaterThan(500);
});

it('a daemon that runs dry decides again and again, and takes no lease', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'scalectl-dry-'));
  const stop = new AbortController();
  const { engine, daemon } = world(new Dice(1));
  const before = JSON.stringify([...engine.services]);
  const decided = new Set<string>();
  let decisions = 0;
  try {
    await daemon({
      signal: stop.signal,
      place: { env: { SCALECTL_RUNTIME_DIR: directory }, uid: process.getuid?.() ?? null },
      log: (event) => {
        if (event.type !== 'decision') return;
        decided.add(event.outcome.action.kind);
        if (++decisions === 100) stop.abort();
      },
    });
  } finally {
    await rm(directory, { recursive: true });
  }
  expect(decided).toContain('would-scale');
  expect([...decided].filter((kind) => kind !== 'would-scale' && kind !== 'none')).toEqual([]);
  expect(engine.updates).toEqual([]);
  expect(engine.configs.configs).toEqual([]);
  expect(JSON.stringify([...engine.services])).toBe(before);
});
