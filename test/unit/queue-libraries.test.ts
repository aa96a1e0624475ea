/** Queues as real libraries lay them out, on a real Redis. Each library fills one, and works at it. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { QueueKind, QueueSignal } from '../../src/policy/policy.js';
import { RedisQueues } from '../../src/signals/redis-queues.js';
import { freePort, isInstalled, Servers } from '../support/servers.js';
import { until } from '../support/until.js';

const LIBRARIES = fileURLToPath(new URL('../libraries', import.meta.url));
const PYTHON = '/usr/bin/python3';

const redis = isInstalled('redis-server');
const has = {
  npm: redis && existsSync(`${LIBRARIES}/node_modules/bullmq-5`),
  celery: redis && isInstalled(PYTHON, '-c', 'import celery, redis'),
  rq: redis && isInstalled(PYTHON, '-c', 'import rq'),
  sidekiq: redis && isInstalled('sidekiq', '--version'),
};

const servers = new Servers();
const sources: RedisQueues[] = [];
const children: ChildProcess[] = [];

afterAll(async () => {
  for (const child of children) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
    // Its whole group: workers have children of their own.
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
  }
  for (const source of sources) await source.close();
  await servers.stopAll();
});

async function open(queue: QueueKind, more: Partial<QueueSignal> = {}) {
  const port = await freePort();
  await servers.redis(port);
  const broker = `redis://127.0.0.1:${port}/0`;
  const source = new RedisQueues({ password: () => Promise.resolve(null), deadlineMs: 10_000 });
  sources.push(source);
  const signal: QueueSignal = {
    kind: 'queue',
    queue,
    url: broker,
    key: 'orders',
    jobsPerReplica: 10,
    ...more,
  };
  const read = async () => {
    const [{ value, work, note } = { value: null }] = await source.read([signal]);
    return work === undefined ? note : [value, work.waiting, work.inFlight, work.paused];
  };
  return {
    port,
    env: { ...process.env, BROKER: broker, PYTHONDONTWRITEBYTECODE: '1' },
    read,
    work: async () => (await source.read([signal]))[0]?.work,
    /** [all, waiting, in flight, paused] */
    reaches: (expected: unknown[]) =>
      until(read, (found) => JSON.stringify(found) === JSON.stringify(expected), 30_000),
  };
}

function begin(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(program, args, {
    cwd: LIBRARIES,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  children.push(child);
  return child;
}

async function finish(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, args, { cwd: LIBRARIES, env, stdio: 'ignore' });
  expect(await once(child, 'exit')).toEqual([0, null]);
}

describe.skipIf(!has.npm)(
  'Bull and BullMQ (skipped without redis-server or test/libraries installed)',
  () => {
    it.concurrent.each([
      ['bull', 'bull'],
      ['bullmq-4', 'bullmq'],
      ['bullmq-5', 'bullmq'],
      ['bullmq-6', 'bullmq'],
    ] as const)('%s', { timeout: 60_000 }, async (library, kind) => {
      const queue = await open(kind);
      expect(await queue.read()).toEqual([0, 0, 0, false]);
      const child = begin(process.execPath, ['bull.mjs', library, String(queue.port)], queue.env);
      const said = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();

      expect((await said.next()).value).toBe('filled');
      // The one that is due in an hour is no work yet.
      expect(await queue.reaches([8, 8, 0, false])).toEqual([8, 8, 0, false]);
      expect((await queue.work())?.done).toBe(0);

      child.stdin!.write('\n');
      expect((await said.next()).value).toBe('working');
      expect(await queue.reaches([8, 6, 2, false])).toEqual([8, 6, 2, false]);

      child.stdin!.write('\n');
      expect((await said.next()).value).toBe('paused');
      expect(await queue.reaches([8, 6, 2, true])).toEqual([8, 6, 2, true]);
    });
  },
);

describe.skipIf(!has.celery)('Celery (skipped without python3-celery)', () => {
  it(
    'counts every priority, and what the workers of this queue have reserved',
    { timeout: 90_000 },
    async () => {
      const queue = await open('celery');
      await finish(PYTHON, ['celery_app.py'], queue.env);
      expect(await queue.read()).toEqual([7, 7, 0, false]);
      const worker = ['-m', 'celery', '-A', 'celery_app', 'worker', '-P', 'solo', '-Q'];
      begin(PYTHON, [...worker, 'orders', '-n', 'a@x'], queue.env);
      begin(PYTHON, [...worker, 'other', '-n', 'b@x'], queue.env);
      expect(await queue.reaches([7, 6, 1, false])).toEqual([7, 6, 1, false]);
    },
  );
});

describe.skipIf(!has.rq)('RQ (skipped without python3-rq)', () => {
  it('counts the list and the jobs that were started', { timeout: 60_000 }, async () => {
    const queue = await open('rq');
    await finish(PYTHON, ['rq_fill.py'], queue.env);
    expect(await queue.read()).toEqual([5, 5, 0, false]);
    // The usual worker works in a session of its own, which would outlive this test.
    const worker = ['-m', 'rq.cli', 'worker', 'orders', '-w', 'rq.SimpleWorker', '--url', queue.env.BROKER];
    begin(PYTHON, worker, queue.env);
    expect(await queue.reaches([5, 4, 1, false])).toEqual([5, 4, 1, false]);
  });
});

describe.skipIf(!has.sidekiq)('Sidekiq (skipped without ruby-sidekiq)', () => {
  it('counts the list and the jobs that threads are at', { timeout: 60_000 }, async () => {
    const queue = await open('sidekiq');
    await finish('ruby', ['sidekiq_app.rb', 'fill'], queue.env);
    expect(await queue.read()).toEqual([5, 5, 0, false]);
    begin('sidekiq', ['-r', './sidekiq_app.rb', '-q', 'orders', '-c', '2'], queue.env);
    expect(await queue.reaches([5, 3, 2, false])).toEqual([5, 3, 2, false]);
  });
});
