import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { postJson } from '../../scripts/load.js';
import { proxyEngine, type EngineProxy } from './engine-proxy.js';
import { openWorld, waitFor, type Running, type World } from './harness.js';

const STACK = 'faults';
const INTERVAL = ['--interval', '1s'];

let world: World;
let daemon: Running | null = null;
let proxy: EngineProxy | null = null;

beforeAll(async () => {
  // Counts are set by hand here, and the autoscaler is to act on them at once.
  world = openWorld(STACK, { BACKEND_DOWN_WINDOW: '1s', WORKER_DOWN_WINDOW: '1s' });
  const labels = { 'scalectl.hold': '0s' };
  const services = { backend: { deploy: { labels } }, worker: { deploy: { labels } } };
  writeFileSync(join(world.directory, 'hold.yml'), JSON.stringify({ version: '3.8', services }));
  const deployed = await world.scalectl(['deploy', '-c', 'stacks/ecommerce.yml', '-c', 'hold.yml']);
  expect(deployed.stderr).toContain(`stack ${STACK} is up after`);
});

afterEach(async () => {
  await daemon?.stop();
  await proxy?.goAway();
  daemon = null;
  proxy = null;
});

afterAll(async () => {
  await world.scalectl(['down', '--volumes', '--yes']);
  world.close();
});

const engineSocket = (): string => (world.env['DOCKER_HOST'] ?? '').replace('unix://', '');
const replicas = async (name: string): Promise<number> =>
  (await world.engine.inspectService(`${STACK}_${name}`)).Spec.Mode.Replicated?.Replicas ?? -1;
const said = (running: Running): Promise<string> => Promise.resolve(running.output());
/** Ticks of the daemon since it started, as its debug log shows them. */
const decisions = (running: Running): number => running.output().split('"type":"decision"').length;

function startDaemon(env: Record<string, string> = {}): Running {
  daemon = world.start(['autoscale', '--daemon', ...INTERVAL, '--log-format', 'json'], {
    SCALECTL_DEBUG: '1',
    ...env,
  });
  return daemon;
}

async function moreTicks(running: Running, count: number): Promise<void> {
  const before = decisions(running);
  await waitFor(
    `${count} further decisions`,
    () => Promise.resolve(decisions(running)),
    (now) => now >= before + count,
  );
}

describe('a daemon in trouble', () => {
  test('Redis gone: workers must stay, the log must say why, and it must go on when Redis is back', async () => {
    await world.scalectl(['scale', 'redis=0', '--force']);
    await world.scalectl(['scale', 'worker=4', '--detach']);
    const running = startDaemon();
    await waitFor(
      'word of the missing queue',
      () => said(running),
      (text) => /queue jobs is unknown/.test(text),
    );
    await moreTicks(running, 6);
    expect(await replicas('worker')).toBe(4);
    await world.scalectl(['scale', 'redis=1', '--force']);
    await waitFor(
      'the empty queue to be seen',
      () => replicas('worker'),
      (now) => now === 2,
      60_000,
    );
  });

  test('statistics not to be had: nothing must shrink, and it must go on when they are', async () => {
    await world.scalectl(['scale', 'backend=4']);
    proxy = await proxyEngine(engineSocket(), 0);
    proxy.fail = /\/containers\/[^/]+\/stats/;
    const running = startDaemon({ DOCKER_HOST: proxy.address });
    await waitFor(
      'word of the missing CPU',
      () => said(running),
      (text) => /cpu is unknown/.test(text),
    );
    await moreTicks(running, 6);
    expect(await replicas('backend')).toBe(4);
    proxy.fail = null;
    await waitFor(
      'the idle backend to shrink',
      () => replicas('backend'),
      (now) => now === 2,
      60_000,
    );
  });

  test('statistics of one container not to be had: the others must not be taken for all', async () => {
    await world.scalectl(['scale', 'backend=2']);
    const [task] = await world.engine.listTasks({
      service: [`${STACK}_backend`],
      'desired-state': ['running'],
    });
    proxy = await proxyEngine(engineSocket(), 0);
    proxy.fail = new RegExp(`/containers/${task?.Status.ContainerStatus?.ContainerID ?? 'none'}/stats`);
    const status = await world.scalectl(['status', '-o', 'json'], { DOCKER_HOST: proxy.address });
    const backend = (JSON.parse(status.stdout) as Awaited<ReturnType<World['status']>>).services.find(
      ({ name }) => name === 'backend',
    );
    expect(backend?.coverage.running).toBe(2);
    expect(backend?.coverage.sampled).toBeLessThan(2);
  });

  test('a service removed between two ticks: the others must be looked after as before', async () => {
    const running = startDaemon();
    await moreTicks(running, 4);
    await world.engine.removeService(`${STACK}_worker`);
    await moreTicks(running, 4);
    expect(running.child.exitCode).toBeNull();
    const again = await world.scalectl(['deploy', '-c', 'stacks/ecommerce.yml', '-c', 'hold.yml']);
    expect(again.code).toBe(0);
    await waitFor(
      'the new worker service to be seen',
      () => said(running),
      (text) =>
        new RegExp(`"${STACK}_worker"`).test(text.slice(text.lastIndexOf('"type":"decision"') - 2000)),
    );
  });

  test('an update from elsewhere at the same moment: it must look again and decide again', async () => {
    const socket = join(world.directory, 'engine.sock');
    proxy = await proxyEngine(engineSocket(), socket);
    const id = (await world.engine.inspectService(`${STACK}_worker`)).ID;
    let interfered = false;
    proxy.before = {
      match: (method, path) => method === 'POST' && path.includes(`/services/${id}/update`),
      act: async () => {
        const { Spec, Version } = await world.engine.inspectService(id);
        await world.engine.updateService(id, Version.Index, {
          ...Spec,
          Labels: { ...Spec.Labels, elsewhere: 'yes' },
        });
        interfered = true;
      },
    };
    const running = startDaemon({ DOCKER_HOST: proxy.address });
    await postJson(`http://${world.address}:8080/jobs`, { count: 30, ms: 60_000 });
    await waitFor(
      'the workers to grow',
      () => replicas('worker'),
      (now) => now === 3,
      30_000,
    );
    expect(interfered).toBe(true);
    expect((await world.engine.inspectService(id)).Spec.Labels['elsewhere']).toBe('yes');
    // The Engine shows the count before the daemon has heard that it was written.
    await waitFor(
      'word of the second attempt',
      () => said(running),
      (text) => text.includes('"attempts":2'),
    );
  });

  test('the Engine gone: the daemon must wait, recover and be quoted, other commands must say so in one line', async () => {
    const socket = join(world.directory, 'engine.sock');
    proxy = await proxyEngine(engineSocket(), socket);
    const away = { DOCKER_HOST: proxy.address };
    const running = startDaemon(away);
    await moreTicks(running, 2);
    await proxy.goAway();
    await waitFor(
      'word of the lost Engine',
      () => said(running),
      (text) => text.includes('"engine-lost"'),
    );
    for (const command of [
      ['status'],
      ['scale', 'backend=3'],
      ['deploy', '-c', 'stacks/ecommerce.yml', '-c', 'hold.yml'],
      ['logs', 'backend'],
    ]) {
      const { code, stdout, stderr } = await world.scalectl(command, away);
      expect(stderr).toBe(
        `error: cannot reach the Docker Engine at ${proxy.address}: there is no such socket\n` +
          '  Is it running? Check with: scalectl doctor\n',
      );
      expect(stdout).toBe('');
      expect(code).toBe(1);
    }
    const lost = `warning: cannot reach the Docker Engine at ${proxy.address}: there is no such socket; `;
    const pid = running.child.pid ?? 0;
    for (const command of [
      ['why', 'backend'],
      ['history', 'backend'],
    ]) {
      const told = await world.scalectl(command, away);
      expect(told.code, told.stderr).toBe(0);
      expect(told.stderr.startsWith(lost), told.stderr).toBe(true);
      expect(told.stderr).toMatch(
        new RegExp(`; this is what the daemon on this machine \\(process ${pid}\\) knows, as of \\d+s ago\n`),
      );
    }
    const why = await world.scalectl(['why', 'backend', '-o', 'json'], away);
    expect(JSON.parse(why.stdout)).toMatchObject({
      kind: 'Why',
      service: `${STACK}_backend`,
      source: { kind: 'daemon', pid },
      desired: expect.any(Number) as number,
      outlook: null,
    });
    const typo = await world.scalectl(['why', 'bakcend'], away);
    expect(typo.stderr).toContain('knows of no service "bakcend"\n  Did you mean "backend"?\n');
    expect(typo.code).toBe(1);

    await proxy.comeBack();
    await waitFor(
      'word that it is back',
      () => said(running),
      (text) => text.includes('"engine-back"'),
      60_000,
    );
    await moreTicks(running, 2);
    expect(running.output().split('"engine-lost"').length).toBe(2);

    await running.stop();
    await proxy.goAway();
    const written = await world.scalectl(['why', 'backend'], away);
    expect(written.code, written.stderr).toBe(0);
    expect(written.stderr).toMatch(/; this is what the journal \S+\.jsonl knows, as of \d+s ago\n$/);
    expect(written.stdout).toMatch(new RegExp(`^${STACK}_backend: \\d+ replicas`));
  });
});
