import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LEASE_NAME, newLeaseSpec, readLease } from '../../src/daemon/lease-record.js';
import { isEngineError } from '../../src/swarm/engine.js';
import { FakeConfigStore } from '../support/config-store.js';
import type { LeaseStore } from '../../src/daemon/lease.js';
import { openWorld, waitFor, type Running, type World } from './harness.js';

/**
 * Two daemons with separate runtime directories are what two managers' daemons are to each other. What makes them act
 * is a count below the minimum, which needs no load.
 */
const STACK = 'lease';
const NAME = `${STACK}_web`;
const MIN = 2;

let world: World;
let daemons: Running[] = [];

beforeAll(async () => {
  world = openWorld(STACK);
  await world.engine.createService({
    Name: NAME,
    Labels: {
      'com.docker.stack.namespace': STACK,
      'scalectl.autoscale': 'true',
      'scalectl.min': String(MIN),
      'scalectl.max': '4',
      'scalectl.cpu.target': '70',
      'scalectl.stateful': 'true',
    },
    TaskTemplate: { ContainerSpec: { Image: world.env['REDIS_IMAGE'] ?? '', Command: ['sleep', '3600'] } },
    Mode: { Replicated: { Replicas: MIN } },
  });
});

afterEach(async () => {
  for (const one of daemons) {
    one.child.kill('SIGCONT');
    await one.stop();
  }
  daemons = [];
});

afterAll(async () => {
  await world.engine.removeService(NAME).catch(() => undefined);
  world.close();
});

function start(name: string): Running {
  const running = world.start(['autoscale', '--daemon', '--interval', '1s', '--log-format', 'json'], {
    SCALECTL_RUNTIME_DIR: join(world.directory, name),
    SCALECTL_DEBUG: '1',
  });
  daemons.push(running);
  return running;
}

const has = (running: Running, type: string, deadlineMs = 60_000): Promise<string> =>
  waitFor(
    type,
    () => Promise.resolve(running.output()),
    (said) => said.includes(`"type":"${type}"`),
    deadlineMs,
  );
const count = (running: Running, text: string): number => running.output().split(text).length - 1;
const scaled = (running: Running): number => count(running, '"kind":"scaled"');
const live = () => world.engine.inspectService(NAME);

/** Somebody takes replicas away; whoever leads brings them back. */
async function disturb(): Promise<void> {
  for (;;) {
    const { ID, Spec, Version } = await live();
    const lower = { ...Spec, Mode: { Replicated: { Replicas: 1 } } };
    try {
      await world.engine.updateService(ID, Version.Index, lower);
      return;
    } catch (error) {
      if (!isEngineError(error, 'out-of-sequence')) throw error;
    }
  }
}

const mended = (deadlineMs = 60_000) =>
  waitFor('the minimum', live, ({ Spec }) => Spec.Mode.Replicated?.Replicas === MIN, deadlineMs);

async function pair(): Promise<[Running, Running]> {
  const first = start('one');
  await has(first, 'leading');
  const second = start('two');
  await has(second, 'standing-by');
  await has(second, 'decision');
  return [first, second];
}

describe('two daemons in one Swarm', () => {
  test('one must act for each change, and a clean end must hand over at once', async () => {
    const [first, second] = await pair();
    await disturb();
    await mended();
    expect([scaled(first), scaled(second)]).toEqual([1, 0]);
    await first.stop();
    // Far less than the 10 seconds after which a lease lapses.
    await has(second, 'leading', 5_000);
    await disturb();
    await mended();
    expect([scaled(first), scaled(second)]).toEqual([1, 1]);
  });

  test('a killed leader must be followed by the other within 15 seconds', async () => {
    const [first, second] = await pair();
    first.child.kill('SIGKILL');
    await first.ended;
    await has(second, 'leading', 15_000);
    await disturb();
    await mended();
    expect(scaled(second)).toBe(1);
  });

  test('a leader that was stopped for long must not write when it goes on', async () => {
    const [first, second] = await pair();
    first.child.kill('SIGSTOP');
    await has(second, 'leading', 20_000);
    await disturb();
    await mended();
    const { Version } = await live();
    first.child.kill('SIGCONT');
    await has(first, 'lease-lost');
    await waitFor(
      'it to stand by',
      () => Promise.resolve(first.output()),
      (said) => said.includes('"type":"standing-by"'),
    );
    expect((await live()).Version.Index).toBe(Version.Index);
    await disturb();
    await mended();
    expect([scaled(first), scaled(second)]).toEqual([0, 2]);
  });

  test('one evaluation by hand must act all the same, and say that a daemon is there', async () => {
    await has(start('one'), 'leading');
    const once = await world.scalectl(['autoscale']);
    expect(once.code).toBe(0);
    expect(once.stderr).toMatch(/a daemon on .+ looks after this Swarm/);
  });
});

describe.each<[string, () => LeaseStore]>([
  ['the Swarm', () => world.engine],
  ['the store in memory', () => new FakeConfigStore()],
])('the lease in %s', (_, open) => {
  const holder = { id: 'a', host: 'node1', pid: 1, since: '2026-01-01T00:00:00Z' };

  test('must be made once, and change only at the version that was seen', async () => {
    const store = open();
    const spec = newLeaseSpec(holder, holder.since);
    await store.createConfig(spec).catch(() => undefined);
    await expect(store.createConfig(spec)).rejects.toMatchObject({ kind: 'conflict' });
    const seen = await readLease(store);
    if (seen === null) throw new Error(`no ${LEASE_NAME}`);
    const labels = { Name: LEASE_NAME, Labels: spec.Labels ?? {} };
    await store.updateConfig(seen.objectId, seen.version, labels);
    await expect(store.updateConfig(seen.objectId, seen.version, labels)).rejects.toMatchObject({
      kind: 'out-of-sequence',
    });
    const after = await readLease(store);
    expect(after?.version).not.toBe(seen.version);
    expect(after?.holder).toEqual(holder);
  });
});
