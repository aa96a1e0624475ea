/** The same step of load on two equal stacks, one kept by scalectl, the other by what tutorials do. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { burnCpu, type LoadResult } from '../../scripts/load.js';
import { isRunning } from '../../src/signals/usage.js';
import { openWorld, ROOT, serversUp, waitFor, type Running, type World } from '../e2e/harness.js';
import { classicTick } from './classic-scaler.js';

const CORES = 0.08;
const WORK_MS = 10;
const MIN = 2;
const MAX = 10;
const BASE_PER_SECOND = 6;
const STEP_PER_SECOND = 5 * BASE_PER_SECOND;
/** With these the stepped load keeps a replica busy for four fifths of its time. */
const ENOUGH = Math.ceil((STEP_PER_SECOND * WORK_MS) / 1000 / CORES / 0.8);
const SLOW_MS = 1_000;
const CLASSIC_INTERVAL_MS = 30_000;
const BASE_MS = 45_000;
const STEP_MS = 4 * 60_000;
const STEADY_MS = 10 * 60_000;

const stack = `
services:
  haproxy:
    image: \${HAPROXY_IMAGE}
    environment: { STACK: '\${SCALECTL_STACK}', BACKEND_SLOTS: '13' }
    configs: [{ source: haproxy_cfg, target: /usr/local/etc/haproxy/haproxy.cfg }]
    networks: [front]
    ports:
      - { target: 8080, published: '\${HTTP_PORT}', mode: host }
      - { target: 8404, published: '\${STATS_PORT}', mode: host }
    stop_grace_period: 1s
    deploy: { endpoint_mode: dnsrr }
  backend:
    image: \${SHOP_IMAGE}
    command: [node, burner.mjs]
    environment: { WORK_MS: '${WORK_MS}' }
    configs: [{ source: program, target: /app/burner.mjs }]
    networks: [front]
    healthcheck: { test: [CMD, bash, -c, 'exec 3<>/dev/tcp/127.0.0.1/3000'], interval: 1s, timeout: 10s, retries: 10 }
    stop_grace_period: 10s
    deploy:
      replicas: ${MIN}
      endpoint_mode: dnsrr
      resources: { limits: { cpus: '${CORES}' } }
networks: { front: }
configs:
  haproxy_cfg: { file: ${join(ROOT, 'haproxy/haproxy.cfg')} }
  program: { file: ${join(ROOT, 'test/fixtures/programs/burner.mjs')} }
`;

const policy = `
services:
  backend:
    deploy:
      labels:
        scalectl.autoscale: 'true'
        scalectl.min: '${MIN}'
        scalectl.max: '${MAX}'
        scalectl.cpu.target: '60'
        scalectl.http.backend: backend
        scalectl.http.url: http://\${ADDRESS}:\${STATS_PORT}/stats
`;

interface Side {
  world: World;
  service: string;
  http: string;
  statsPort: number;
}

let ours: Side;
let classic: Side;
let daemon: Running;

async function open(name: string, port: number, files: readonly string[]): Promise<Side> {
  const world = openWorld(name, { HTTP_PORT: String(port), STATS_PORT: String(port + 1) });
  world.env['ADDRESS'] = world.address;
  writeFileSync(join(world.directory, 'stack.yml'), stack);
  writeFileSync(join(world.directory, 'policy.yml'), policy);
  const deployed = await world.scalectl(['deploy', ...files.flatMap((file) => ['-c', file])]);
  expect(deployed.stderr).toContain(`stack ${name} is up after`);
  await waitFor(
    'the balancer to find the tasks',
    () => serversUp(world.address, 'backend', port + 1),
    (servers) => servers.length === MIN,
  );
  return {
    world,
    service: `${name}_backend`,
    http: `http://${world.address}:${port}/work`,
    statsPort: port + 1,
  };
}

beforeAll(async () => {
  ours = await open('ours', 8190, ['stack.yml', 'policy.yml']);
  classic = await open('classic', 8290, ['stack.yml']);
  daemon = ours.world.start(['autoscale', '--daemon', '--log-format', 'json']);
});

afterAll(async () => {
  await daemon.stop();
  for (const { world } of [ours, classic]) {
    await world.scalectl(['down', '--volumes', '--yes']);
    world.close();
  }
});

async function running({ world, service }: Side): Promise<number> {
  return (await world.engine.listTasks({ service: [service], 'desired-state': ['running'] })).filter(
    isRunning,
  ).length;
}

async function desired({ world, service }: Side): Promise<number> {
  return (await world.engine.inspectService(service)).Spec.Mode.Replicated?.Replicas ?? 0;
}

/** Milliseconds from now until there are enough replicas, or null when that does not come about in time. */
async function untilEnough(side: Side): Promise<number | null> {
  const startedAt = performance.now();
  return waitFor(
    'enough',
    () => running(side),
    (count) => count >= ENOUGH,
    STEP_MS,
  ).then(
    () => performance.now() - startedAt,
    () => null,
  );
}

const bad = ({ failed, tookMs }: LoadResult): number => failed + tookMs.filter((ms) => ms > SLOW_MS).length;

test('a five-fold step of load must be answered in a third of the time, with a tenth of the bad answers', async () => {
  const stop = new AbortController();
  const load = (perSecond: number, forMs: number) =>
    Promise.all(
      [ours, classic].map(({ http }) =>
        burnCpu(http, { perSecond, forMs, signal: stop.signal, mostUnderWay: 1_000 }),
      ),
    );
  await load(BASE_PER_SECOND, BASE_MS);

  const classicLoop = (async () => {
    // The step comes in the middle of its interval, neither luckily nor unluckily.
    await delay(CLASSIC_INTERVAL_MS / 2);
    while (!stop.signal.aborted) {
      await classicTick(classic.world.engine, { service: classic.service, min: MIN, max: MAX, cores: CORES });
      await delay(CLASSIC_INTERVAL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  const [[ourLoad, classicLoad], ourMs, classicMs] = await Promise.all([
    load(STEP_PER_SECOND, STEP_MS),
    untilEnough(ours),
    untilEnough(classic),
  ]);
  const seen = { ourMs, classicMs, ourBad: bad(ourLoad!), classicBad: bad(classicLoad!) };
  process.stderr.write(`side by side: ${JSON.stringify(seen)}\n`);

  const counts = [await desired(ours)];
  const steady = burnCpu(ours.http, { perSecond: STEP_PER_SECOND, forMs: STEADY_MS });
  const startedAt = performance.now();
  await waitFor(
    'ten minutes of a steady load',
    async () => {
      const count = await desired(ours);
      if (counts.at(-1) !== count) counts.push(count);
      return performance.now() - startedAt;
    },
    (passedMs) => passedMs >= STEADY_MS,
    STEADY_MS + 60_000,
  );
  stop.abort();
  const { failed } = await steady;
  process.stderr.write(`steady: ${JSON.stringify({ counts, failed })}\n`);
  await classicLoop;

  expect(ourMs).not.toBeNull();
  expect(ourMs).toBeLessThanOrEqual((classicMs ?? STEP_MS) / 3);
  expect(seen.ourBad).toBeLessThanOrEqual(seen.classicBad / 10);
  expect(counts).toHaveLength(1);
});
