import { Redis } from 'ioredis';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { burnCpu, postJson } from '../../scripts/load.js';
import { openWorld, waitFor, type Running, type World } from './harness.js';

const STACK = 'auto';
const MIN = 2;

let world: World;
let daemon: Running | null = null;

beforeAll(async () => {
  // A small share of a core, so that a busy machine too can bring it above its target.
  const small = { BACKEND_CPUS: '0.2' };
  world = openWorld(STACK, { ...small, BACKEND_DOWN_WINDOW: '15s', WORKER_DOWN_WINDOW: '15s' });
  const deployed = await world.scalectl(['deploy', '-c', 'stacks/ecommerce.yml']);
  expect(deployed.stderr).toContain(`stack ${STACK} is up after`);
});

afterEach(async () => {
  await daemon?.stop();
  daemon = null;
});

afterAll(async () => {
  await world.scalectl(['down', '--volumes', '--yes']);
  world.close();
});

const startDaemon = (): Running =>
  (daemon = world.start(['autoscale', '--daemon', '--interval', '2s', '--log-format', 'json']));

/** What status says, held against what the Engine says at the same time. */
async function desired(name: string): Promise<number> {
  const full = `${STACK}_${name}`;
  const before = (await world.engine.inspectService(full)).Spec.Mode.Replicated?.Replicas;
  const shown = (await world.service(name)).replicas.desired;
  const after = (await world.engine.inspectService(full)).Spec.Mode.Replicated?.Replicas;
  expect([before, after]).toContain(shown);
  return shown ?? -1;
}

function redis(): Redis {
  const password = readFileSync(world.env['SCALECTL_REDIS_PASSWORD_FILE'] ?? '', 'utf8');
  return new Redis({ host: world.address, port: 6379, password, maxRetriesPerRequest: 3 });
}

describe('the daemon', () => {
  test('CPU above target must make backend grow, and the end of the load must bring it back to min', async () => {
    const running = startDaemon();
    const stopLoad = new AbortController();
    const load = burnCpu(`http://${world.address}:8080/work?ms=50`, {
      perSecond: 10,
      forMs: 60_000,
      signal: stopLoad.signal,
    });
    try {
      await waitFor(
        'backend to grow',
        () => desired('backend'),
        (replicas) => replicas > MIN,
        60_000,
      );
    } finally {
      stopLoad.abort();
      await load;
    }
    await waitFor(
      'backend to shrink',
      () => desired('backend'),
      (replicas) => replicas === MIN,
      90_000,
    );
    expect(running.output()).toMatch(/"signal":"cpu"/);
    const { lastScale } = await world.service('backend');
    expect(lastScale).toMatchObject({ to: MIN, by: 'autoscaler' });
  });

  test('100 jobs must give exactly 10 workers, and an empty queue the minimum', async () => {
    startDaemon();
    // Jobs that outlast the test: what waits stays 98, then 90, while workers hold on to theirs.
    await postJson(`http://${world.address}:8080/jobs`, { count: 100, ms: 60_000 });
    let most = 0;
    await waitFor(
      '10 workers',
      async () => {
        const replicas = await desired('worker');
        most = Math.max(most, replicas);
        return replicas;
      },
      (replicas) => replicas === 10,
      60_000,
    );
    await waitFor(
      '10 healthy workers',
      () => world.service('worker'),
      ({ replicas }) => replicas.healthy === 10,
    );
    expect(most).toBe(10);
    const client = redis();
    try {
      await client.del('jobs');
    } finally {
      client.disconnect();
    }
    await waitFor(
      'the minimum',
      () => desired('worker'),
      (replicas) => replicas === MIN,
      90_000,
    );
  });

  test('a dry run must decide and write nothing', async () => {
    await world.scalectl(['scale', 'backend=1']);
    const version = async () => (await world.engine.inspectService(`${STACK}_backend`)).Version.Index;
    const before = await version();
    const dry = await world.scalectl(['autoscale', '--dry-run']);
    expect(dry.stdout).toMatch(/auto_backend .* up +1 -> 2 +no \(dry run\)/);
    expect(dry.code).toBe(0);
    expect(await version()).toBe(before);
    const real = await world.scalectl(['autoscale']);
    expect(real.stdout).toMatch(/auto_backend .* up +1 -> 2 +yes/);
    expect((await world.service('backend')).replicas.desired).toBe(MIN);
  });

  test('status must measure by itself what a daemon for another stack does not', async () => {
    const other = world.start(['autoscale', '--daemon', '--stack', 'elsewhere', '--log-format', 'json']);
    try {
      await waitFor(
        'the socket',
        () => Promise.resolve(other.output()),
        (said) => said.includes('"listening"'),
      );
      const { cpuPercent, coverage } = await world.service('backend');
      expect(cpuPercent).not.toBeNull();
      expect(coverage).toEqual({ sampled: coverage.running, running: coverage.running });
    } finally {
      await other.stop();
    }
  });

  test('a second daemon must be refused, and SIGTERM must end the first one cleanly', async () => {
    const running = startDaemon();
    await waitFor(
      'the socket',
      () => Promise.resolve(running.output()),
      (said) => said.includes('"listening"'),
    );
    const second = await world.scalectl(['autoscale', '--daemon']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(String(running.child.pid));
    const { code } = await running.stop();
    expect(code).toBe(0);
    expect(running.output()).toContain('"stopped"');
  });
});
