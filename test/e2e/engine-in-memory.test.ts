import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AutoscaleEngine } from '../../src/daemon/types.js';
import { EngineError } from '../../src/swarm/engine.js';
import { FakeEngine } from '../support/engine-in-memory.js';
import { openWorld, waitFor, type World } from './harness.js';

const STACK = 'likeness';
const NAME = `${STACK}_web`;
const LABELS = { 'com.docker.stack.namespace': STACK };

let world: World;

interface Candidate {
  engine: () => AutoscaleEngine;
  remove: () => Promise<void>;
}

const fake = new FakeEngine();
const candidates: Record<string, Candidate> = {
  'a real Engine': {
    engine: () => world.engine,
    remove: () => world.engine.removeService(NAME),
  },
  'the Engine in memory': {
    engine: () => fake,
    remove: () => Promise.resolve(fake.remove(NAME)),
  },
};

beforeAll(async () => {
  world = openWorld(STACK);
  fake.add(NAME, { replicas: 1, labels: LABELS });
  await world.engine.createService({
    Name: NAME,
    Labels: LABELS,
    TaskTemplate: { ContainerSpec: { Image: world.env['REDIS_IMAGE'] ?? '', Command: ['sleep', '3600'] } },
    Mode: { Replicated: { Replicas: 1 } },
  });
});

afterAll(async () => {
  await world.engine.removeService(NAME).catch(() => undefined);
  world.close();
});

const kindOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof EngineError ? error.kind : String(error)),
  );

describe.each(Object.entries(candidates))('%s', (_, { engine, remove }) => {
  const find = async () => {
    const found = await engine().listServices({ label: [`com.docker.stack.namespace=${STACK}`] });
    expect(found.map(({ Spec }) => Spec.Name)).toEqual([NAME]);
    return engine().inspectService(found[0]?.ID ?? '');
  };

  test('must find services by a label, and none by another value', async () => {
    await find();
    expect(await engine().listServices({ label: ['com.docker.stack.namespace=other'] })).toEqual([]);
  });

  test('must tell that it manages a Swarm', async () => {
    const { Swarm } = await engine().info();
    expect(Swarm).toMatchObject({ LocalNodeState: 'active', ControlAvailable: true });
    expect(Swarm.Cluster?.ID).toBeTruthy();
  });

  test('an update must move the version on, and one with an old version must be out of sequence', async () => {
    const { ID, Spec, Version } = await find();
    const scaled = { ...Spec, Mode: { Replicated: { Replicas: 2 } } };
    await engine().updateService(ID, Version.Index, scaled);
    const after = await find();
    expect(after.Version.Index).toBeGreaterThan(Version.Index);
    expect(after.Spec.Mode.Replicated?.Replicas).toBe(2);
    expect(await kindOf(engine().updateService(ID, Version.Index, scaled))).toBe('out-of-sequence');
    expect((await find()).Version.Index).toBe(after.Version.Index);
  });

  test('its running tasks must have a container whose counters rise', async () => {
    const { ID } = await find();
    const tasks = await waitFor(
      'two running tasks',
      async () =>
        (await engine().listTasks({ service: [ID] })).filter(({ Status }) => Status.State === 'running'),
      (running) => running.length === 2,
    );
    const container = tasks[0]?.Status.ContainerStatus?.ContainerID ?? '';
    const first = await engine().containerStats(container, { oneShot: true });
    const second = await engine().containerStats(container, { oneShot: true });
    expect(first.memory_stats.usage).toBeGreaterThan(0);
    expect(second.cpu_stats.cpu_usage.total_usage).toBeGreaterThanOrEqual(
      first.cpu_stats.cpu_usage.total_usage,
    );
  });

  test('what is removed must not be found', async () => {
    const { ID, Spec, Version } = await find();
    await remove();
    expect(await kindOf(engine().inspectService(ID))).toBe('not-found');
    expect(await kindOf(engine().updateService(ID, Version.Index, Spec))).toBe('not-found');
    expect(await kindOf(engine().containerStats('no-such-container'))).toBe('not-found');
  });
});
