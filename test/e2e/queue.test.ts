/** A burst of jobs and a sleeping worker: every job is done, and once; the count goes up once and comes down again. */

import { Redis } from 'ioredis';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, ROOT, waitFor, type Running, type World } from './harness.js';

const STACK = 'burst';
const REDIS_PORT = 6391;
const MIN = 2;
const MAX = 20;
const JOBS = 1000;

const worker = (prefix: string, min: number) => `
  ${prefix}worker:
    image: \${SHOP_IMAGE}
    command: [node, counting-worker.mjs]
    environment: { REDIS_HOST: redis, JOB_MS: '200', PREFIX: '${prefix}' }
    configs: [{ source: program, target: /app/counting-worker.mjs }]
    networks: [net]
    stop_grace_period: 10s
    deploy:
      replicas: ${min}
      endpoint_mode: dnsrr
      restart_policy: { delay: 1s }
      labels:
        scalectl.autoscale: 'true'
        scalectl.min: '${min}'
        scalectl.max: '${MAX}'
        scalectl.queue.url: redis://\${ADDRESS}:${REDIS_PORT}
        scalectl.queue.key: ${prefix}numbered
        scalectl.queue.target: '10'
        scalectl.down.window: 20s
`;

const stack = `
services:
  redis:
    image: \${REDIS_IMAGE}
    command: [redis-server, --save, '', --protected-mode, 'no']
    networks: [net]
    ports: [{ target: 6379, published: ${REDIS_PORT}, mode: host }]
    deploy: { endpoint_mode: dnsrr }
${worker('', MIN)}${worker('sleeping-', 0)}
networks: { net: }
configs:
  program: { file: ${join(ROOT, 'test/fixtures/programs/counting-worker.mjs')} }
`;

let world: World;
let daemon: Running;
let redis: Redis;

beforeAll(async () => {
  // This Redis has no password.
  world = openWorld(STACK, { SCALECTL_REDIS_PASSWORD_FILE: '' });
  world.env['ADDRESS'] = world.address;
  writeFileSync(join(world.directory, 'stack.yml'), stack);
  const deployed = await world.scalectl(['deploy', '-c', 'stack.yml']);
  expect(deployed.stderr).toContain(`stack ${STACK} is up after`);
  redis = new Redis({ host: world.address, port: REDIS_PORT, maxRetriesPerRequest: 3 });
  daemon = world.start(['autoscale', '--daemon', '--log-format', 'json']);
});

afterAll(async () => {
  redis.disconnect();
  await daemon.stop();
  await world.scalectl(['down', '--volumes', '--yes']);
  world.close();
});

async function desired(name: string): Promise<number> {
  const { Spec } = await world.engine.inspectService(`${STACK}_${name}`);
  return Spec.Mode.Replicated?.Replicas ?? -1;
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));

describe('a queue', () => {
  test(`${JOBS} jobs at once must all be done, once, by a count that goes up once and comes down`, async () => {
    await redis.lpush('numbered', ...numbered(JOBS));
    const counts: number[] = [];
    await waitFor(
      'the queue to be empty and the workers back at their minimum',
      async () => {
        const replicas = await desired('worker');
        if (counts.at(-1) !== replicas) counts.push(replicas);
        return { counts, ended: await redis.llen('ended') };
      },
      ({ ended }) => ended >= JOBS && counts.length > 1 && counts.at(-1) === MIN,
      150_000,
    );
    const [first, most, ...down] = counts;
    expect([first, most]).toEqual([MIN, MAX]);
    expect(down).toEqual([...down].sort((a, b) => b - a));
    expect((await redis.lrange('ended', 0, -1)).sort()).toEqual(numbered(JOBS).sort());
    expect(await redis.llen('begun')).toBe(JOBS);
  });

  test('the first job for a service at 0 must be worked at within 10 s, and the last one put it to sleep', async () => {
    expect(await desired('sleeping-worker')).toBe(0);
    const pushedAt = Date.now();
    await redis.lpush('sleeping-numbered', 'wake up');
    const begun = await waitFor(
      'the job to be begun',
      () => redis.lrange('sleeping-begun', 0, -1),
      (words) => words.length > 0,
      30_000,
    );
    const { job, at } = JSON.parse(begun[0] ?? '') as { job: string; at: number };
    expect(job).toBe('wake up');
    expect(at - pushedAt).toBeLessThan(10_000);
    await waitFor(
      'the service to sleep again',
      () => desired('sleeping-worker'),
      (replicas) => replicas === 0,
      90_000,
    );
    expect(await redis.lrange('sleeping-ended', 0, -1)).toEqual(['wake up']);
  });
});
