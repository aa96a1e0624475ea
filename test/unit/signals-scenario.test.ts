/** Every source at once, on real servers, through the same evaluation that the daemon and the dry run make. */

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { evaluateOnce } from '../../src/daemon/evaluate.js';
import { formatEvent } from '../../src/daemon/report.js';
import { openSources, type Sources } from '../../src/daemon/sources.js';
import type { ServiceOutcome } from '../../src/daemon/types.js';
import { FakeEngine } from '../support/engine-in-memory.js';
import { freePort, isInstalled, Servers } from '../support/servers.js';
import { until } from '../support/until.js';

const servers = new Servers();
const installed = isInstalled('redis-server') && isInstalled('haproxy', '-v');

describe.skipIf(!installed)('a dry run on real servers (skipped without redis-server and haproxy)', () => {
  let directory: string;
  let app: Server;
  let redisPort: number;
  let redis: Redis;
  let balancers: { front: number; stats: number; config: string }[];
  let sources: Sources;
  let engine: FakeEngine;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scalectl-scenario-'));
    app = createServer((_, response) => void response.end('{"rooms": {"open": 25}}')).listen(0, '127.0.0.1');
    await once(app, 'listening');
    redisPort = await freePort();
    await servers.redis(redisPort, '--requirepass', 'hunter2');
    await writeFile(join(directory, 'password'), 'hunter2\n');
    redis = new Redis({ port: redisPort, host: '127.0.0.1', password: 'hunter2' });
    balancers = await Promise.all([0, 1].map(startBalancer));
  }, 30_000);
  afterEach(async () => {
    await redis.flushall();
    await sources.close();
  });
  afterAll(async () => {
    redis.disconnect();
    await servers.stopAll();
    app.closeAllConnections();
    app.close();
    await rm(directory, { recursive: true });
  });

  async function startBalancer(index: number) {
    const [front, stats] = [await freePort(), await freePort()];
    const config = join(directory, `${index}.cfg`);
    const { port } = app.address() as AddressInfo;
    await writeFile(
      config,
      `global
  maxconn 200
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend web
  bind 127.0.0.1:${front}
  default_backend app
backend app
  server one 127.0.0.1:${port}
frontend stats
  bind 127.0.0.1:${stats}
  stats enable
  stats uri /stats
`,
    );
    await servers.start('haproxy', ['-db', '-V', '-f', config], /Using \w+\(\) as the polling/);
    return { front, stats, config };
  }

  const haproxyUrls = () => balancers.map(({ stats }) => `http://127.0.0.1:${stats}/stats`).join(',');

  function open(env: Record<string, string> = {}): void {
    engine = new FakeEngine(() => Date.now());
    sources = openSources(engine, {
      SCALECTL_REDIS_PASSWORD_FILE: join(directory, 'password'),
      SCALECTL_HAPROXY_URL: haproxyUrls(),
      ...env,
    });
  }

  const labels = (more: Record<string, string>) => ({
    'scalectl.autoscale': 'true',
    'scalectl.max': '20',
    'scalectl.down.window': '0s',
    ...more,
  });
  const byRequests = {
    'scalectl.http.backend': 'app',
    'scalectl.http.target': '10',
    'scalectl.http.forecast': 'false',
  };
  const queue = () => ({
    'scalectl.queue.url': `redis://127.0.0.1:${redisPort}`,
    'scalectl.queue.key': 'jobs',
    'scalectl.queue.kind': 'bullmq',
  });

  async function dryRun(settleMs?: number): Promise<string[]> {
    const options = { ...sources, dryRun: true, ...(settleMs === undefined ? {} : { settleMs }) };
    const { outcomes, invalid } = await evaluateOnce(engine, options);
    expect(invalid).toEqual([]);
    expect(engine.updates).toEqual([]);
    return outcomes.map((outcome) => formatEvent({ level: 'info', at: '', type: 'decision', outcome }));
  }

  it('tells value, aim and need of each', async () => {
    open();
    await redis.rpush('bull:jobs:wait', ...Array.from({ length: 41 }, String));
    await redis.rpush('bull:jobs:active', 'a', 'b');
    const { port } = app.address() as AddressInfo;
    const json = {
      'scalectl.json.url': `http://127.0.0.1:${port}/`,
      'scalectl.json.pointer': '/rooms/open',
      'scalectl.json.target': '10',
    };
    engine.add('shop_rooms', { labels: labels({ ...json, ...queue(), 'scalectl.queue.key': 'nobody' }) });
    engine.add('shop_worker', { labels: labels(queue()) });
    const [rooms, worker] = await dryRun();
    expect(rooms).toBe(
      'shop_rooms: 2 -> 3: json /rooms/open at 25 (10 per replica) needs 3; ' +
        'queue nobody at 0 jobs (10 jobs per replica, 0 waiting, 0 in flight, nothing in Redis is named bull:nobody:…)' +
        ' needs 0 (dry run: not written)',
    );
    expect(worker).toBe(
      'shop_worker: 2 -> 5: queue jobs at 43 jobs (10 jobs per replica, 41 waiting, 2 in flight) needs 5' +
        ' (dry run: not written)',
    );
  });

  it(
    'sums requests over both balancers, and shrinks by no more than both tell',
    { timeout: 30_000 },
    async () => {
      open();
      engine.add('shop_web', { labels: labels(byRequests), replicas: 6 });
      const perSecond = 40;
      const tick = setInterval(() => {
        for (const { front } of balancers) {
          // The balancers may end before the last answers are there.
          fetch(`http://127.0.0.1:${front}/`)
            .then((answer) => answer.text())
            .catch(() => undefined);
        }
      }, 1_000 / perSecond);
      const found = await until(
        () => dryRun(),
        ([line]) => / -> [4-9]|stays/.test(line ?? '') && !line!.includes('last second'),
        15_000,
      ).finally(() => clearInterval(tick));
      const [, rate] = /requests to app at (\d+) requests\/s/.exec(found[0] ?? '') ?? [];
      expect(Number(rate)).toBeGreaterThan(perSecond * 0.5);
      expect(Number(rate)).toBeLessThan(perSecond * 2.2);

      // Nothing comes any more, and one balancer is gone: what it would have told is not known.
      await servers.stopWhere(({ spawnargs }) => spawnargs.includes(balancers[1]!.config));
      const quiet = await until(
        () => dryRun(),
        ([line]) => /at 0 requests/.test(line ?? ''),
        10_000,
      );
      expect(quiet[0]).toContain('shop_web: stays at 6');
      expect(quiet[0]).toContain('not shrinking while only 1 of 2 balancers answered');
      await startAgain(1);
      const whole = await until(
        () => dryRun(),
        ([line]) => /6 -> 1/.test(line ?? ''),
        10_000,
      );
      expect(whole[0]).toContain('shop_web: 6 -> 1');
    },
  );

  it('goes on growing by one signal while another is gone, and shrinks by none', async () => {
    open();
    const gone = {
      'scalectl.prometheus.url': `http://127.0.0.1:${await freePort()}`,
      'scalectl.prometheus.query': 'x',
    };
    engine.add('shop_worker', {
      labels: labels({ ...queue(), ...gone, 'scalectl.prometheus.target': '1' }),
      replicas: 3,
    });
    expect((await dryRun())[0]).toContain('stays at 3');
    expect((await dryRun())[0]).toContain('not shrinking while prometheus is unknown');
    await redis.rpush('bull:jobs:wait', ...Array.from({ length: 41 }, String));
    const [busy] = await dryRun();
    expect(busy).toContain('3 -> 5');
    expect(busy).toContain('prometheus is unknown (1 per replica, Prometheus: connect ECONNREFUSED');
    expect(busy).not.toContain('hunter2');
  });

  it('works out a queue’s drain from what its workers were seen to do', { timeout: 20_000 }, async () => {
    open();
    const drain = { 'scalectl.queue.drain': '60s', 'scalectl.queue.concurrency': '1' };
    engine.add('shop_worker', { labels: labels({ ...queue(), ...drain }), replicas: 2 });
    await redis.set('bull:jobs:id', 1_002);
    await redis.rpush('bull:jobs:wait', ...Array.from({ length: 1_000 }, String));
    await redis.rpush('bull:jobs:active', 'a', 'b');
    expect((await dryRun())[0]).toContain('2 -> 20');
    // 20 jobs done by two replicas in so many seconds, 10 each: how many do the other 980 in a minute, at 90 % load?
    const began = performance.now();
    await redis.ltrim('bull:jobs:wait', 20, -1);
    const needs = async () => Number(/needs (\d+)/.exec((await dryRun())[0] ?? '')?.[1]);
    const need = await until(needs, (replicas) => replicas < 50, 10_000);
    const seconds = (performance.now() - began) / 1_000;
    expect(need).toBeLessThanOrEqual(Math.ceil((2 + (980 * seconds) / (10 * 60)) / 0.9));
    expect(need).toBeGreaterThan(2);
  });

  async function startAgain(index: number): Promise<void> {
    await servers.start(
      'haproxy',
      ['-db', '-V', '-f', balancers[index]!.config],
      /Using \w+\(\) as the polling/,
    );
  }

  it('is the same for what a service outcome carries', async () => {
    open();
    engine.add('shop_worker', { labels: labels(queue()) });
    const { outcomes } = await evaluateOnce(engine, { ...sources, dryRun: true });
    const [{ decision }] = outcomes as [ServiceOutcome];
    expect(decision.signals).toMatchObject([
      { signal: 'queue jobs', value: 0, unit: 'jobs', aim: '10 jobs per replica', need: 0, coverage: null },
    ]);
    expect(decision.signals[0]?.ageMs).toBeLessThan(1_000);
  });
});
