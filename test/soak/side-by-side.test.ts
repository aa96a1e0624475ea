/**
 * The same step of load on two equal stacks, one kept by scalectl, the other by what tutorials do.
 *
 * A request costs 12 to 20 ms of CPU with what Node and the kernel add, as fast as the machine is; so that is measured
 * first, and the load made to it. Two replicas are a little less than half busy with the base, five would be nearly
 * full with five times of it, six are not quite 80 % busy: the tutorial's loop has four steps to go. All together stays
 * below 0.8 of a core.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { burnCpu, type LoadResult } from '../../scripts/load.js';
import type { DaemonEvent } from '../../src/daemon/types.js';
import { countersOf } from '../../src/signals/engine-reader.js';
import { isRunning } from '../../src/signals/usage.js';
import { openWorld, ROOT, serversOf, waitFor, type Running, type World } from '../e2e/harness.js';
import { classicTick } from './classic-scaler.js';

const CORES = 0.07;
const WORK_MS = 10;
const MIN = 2;
const MAX = 10;
const ENOUGH = 6;
const FIRST_PER_SECOND = 5;
/** Share of the limits of all replicas at the beginning that the base is to need. */
const BUSY = 0.47;
const SLOW_MS = 1_000;
const CLASSIC_INTERVAL_MS = 30_000;
/** A program that has just started needs more for the same request; measuring and the daemon begin when that is over. */
const WARM_UP_MS = 45_000;
const MEASURING_MS = 30_000;
const STEADY_MS = 10 * 60_000;
/** Longer than five intervals of the loop. */
const STEP_MS = 4 * 60_000;

// No health check in the container: at a limit like this, starting a shell every few seconds is a tenth of the load.
// The balancer's own says who is healthy.
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
        scalectl.cpu.target: '70'
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
let daemon: Running | null = null;
/** Ends the tutorial's loop. */
const stop = new AbortController();
let classicLoop: Promise<void> = Promise.resolve();

async function open(name: string, port: number, files: readonly string[]): Promise<Side> {
  const world = openWorld(name, { HTTP_PORT: String(port), STATS_PORT: String(port + 1) });
  world.env['ADDRESS'] = world.address;
  writeFileSync(join(world.directory, 'stack.yml'), stack);
  writeFileSync(join(world.directory, 'policy.yml'), policy);
  const deployed = await world.scalectl(['deploy', ...files.flatMap((file) => ['-c', file])]);
  expect(deployed.stderr).toContain(`stack ${name} is up after`);
  const side = {
    world,
    service: `${name}_backend`,
    http: `http://${world.address}:${port}/work`,
    statsPort: port + 1,
  };
  await waitFor(
    'the balancer to find the tasks',
    () => healthy(side),
    (count) => count === MIN,
  );
  return side;
}

beforeAll(async () => {
  ours = await open('ours', 8190, ['stack.yml', 'policy.yml']);
  classic = await open('classic', 8290, ['stack.yml']);
});

afterAll(async () => {
  stop.abort();
  await classicLoop;
  await daemon?.stop();
  for (const { world } of [ours, classic]) {
    await world.scalectl(['down', '--volumes', '--yes']);
    world.close();
  }
});

/** Replicas that the balancer has checked and found well. */
async function healthy({ world, statsPort }: Side): Promise<number> {
  const servers = await serversOf(world.address, 'backend', statsPort);
  return servers.filter(({ status }) => status === 'UP').length;
}

async function running({ world, service }: Side): Promise<number> {
  return (await world.engine.listTasks({ service: [service] })).filter(isRunning).length;
}

/** Milliseconds from now until enough replicas are healthy, or null when that does not come about in time. */
async function untilEnough(side: Side): Promise<number | null> {
  const startedAt = performance.now();
  return waitFor(
    'enough',
    () => healthy(side),
    (count) => count >= ENOUGH,
    STEP_MS,
  ).then(
    () => performance.now() - startedAt,
    () => null,
  );
}

const load = ({ http }: Side, perSecond: number, forMs: number, signal?: AbortSignal) =>
  burnCpu(http, { perSecond, forMs, mostUnderWay: 1_000, ...(signal === undefined ? {} : { signal }) });

/** CPU time of all replicas so far, and when that was. */
async function cpuOf({ world, service }: Side): Promise<{ atMs: number; cpuMs: number }> {
  const tasks = (await world.engine.listTasks({ service: [service] })).filter(isRunning);
  let cpuMs = 0;
  for (const { Status } of tasks) {
    const counters = countersOf(await world.engine.containerStats(Status.ContainerStatus?.ContainerID ?? ''));
    if (counters?.cpuNs == null) throw new Error(`no CPU time of ${service} is to be had`);
    cpuMs += counters.cpuNs / 1e6;
  }
  return { atMs: performance.now(), cpuMs };
}

/** Requests per second that keep so many of the replicas at the beginning busy, by what one costs under the load there is. */
async function perSecondFor(busy: number, side: Side): Promise<number> {
  const before = await cpuOf(side);
  await delay(MEASURING_MS);
  const after = await cpuOf(side);
  const cores = (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs);
  return (FIRST_PER_SECOND * busy * MIN * CORES) / cores;
}

const bad = ({ failed, tookMs }: LoadResult): number => failed + tookMs.filter((ms) => ms > SLOW_MS).length;

/** Changes that the daemon made since a moment, each with its reasons. */
function changesSince(at: string): string[] {
  return (daemon?.output() ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as DaemonEvent)
    .flatMap((event) => {
      if (event.type !== 'decision' || event.outcome.action.kind !== 'scaled' || event.at < at) return [];
      const { from, to, reasons } = event.outcome.decision;
      return [`${event.at} ${from} -> ${to}: ${reasons.join('; ')}`];
    });
}

test('a steady load must change nothing, and five times of it be answered in a third of the time, with a tenth of the bad answers', async () => {
  const first = new AbortController();
  const warming = [ours, classic].map((side) => load(side, FIRST_PER_SECOND, Infinity, first.signal));
  await delay(WARM_UP_MS);
  const perSecond = await perSecondFor(BUSY, ours);
  first.abort();
  await Promise.all(warming);
  const rest = new AbortController();
  const base = [ours, classic].map((side) => load(side, perSecond, Infinity, rest.signal));
  daemon = ours.world.start(['autoscale', '--daemon', '--log-format', 'json']);
  let onClassicTick = (): void => undefined;
  classicLoop = (async () => {
    while (!stop.signal.aborted) {
      await classicTick(classic.world.engine, { service: classic.service, min: MIN, max: MAX, cores: CORES });
      onClassicTick();
      await delay(CLASSIC_INTERVAL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  await delay(STEADY_MS);
  await new Promise<void>((resolve) => (onClassicTick = resolve));
  // The step comes in the middle of the loop's interval, neither luckily nor unluckily.
  await delay(CLASSIC_INTERVAL_MS / 2);
  expect(changesSince('')).toEqual([]);
  expect([await running(ours), await running(classic)]).toEqual([MIN, MIN]);

  const stepAt = new Date().toISOString();
  rest.abort();
  const [ourLoad, classicLoad, ourMs, classicMs] = await Promise.all([
    load(ours, 5 * perSecond, STEP_MS),
    load(classic, 5 * perSecond, STEP_MS),
    untilEnough(ours),
    untilEnough(classic),
  ]);
  const seen = {
    perSecond,
    ourMs,
    classicMs,
    ourBad: bad(ourLoad),
    classicBad: bad(classicLoad),
    ofRequests: [ourLoad, classicLoad].map(({ answered, failed }) => answered + failed),
    badAtRest: (await Promise.all(base)).map(bad),
  };
  process.stderr.write(`side by side: ${JSON.stringify(seen)}\n${changesSince(stepAt).join('\n')}\n`);

  expect(ourMs).not.toBeNull();
  expect(ourMs).toBeLessThanOrEqual((classicMs ?? STEP_MS) / 3);
  expect(seen.ourBad).toBeLessThanOrEqual(seen.classicBad / 10);
});
