import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/engine-in-memory.js';
import { httpSend } from '../http-get.js';
import { UsageSampler } from '../signals/usage.js';
import { EngineError, type EventReader } from '../swarm/engine.js';
import { systemClock, type Clock } from './clock.js';
import { formatEvent } from './report.js';
import { runDaemon, type DaemonOptions } from './run.js';
import { socketPath, type RuntimePlace } from './runtime-dir.js';
import { readDaemonSamples } from './socket-client.js';
import type { DaemonEvent } from './types.js';

const CPU = { 'scalectl.autoscale': 'true', 'scalectl.max': '10', 'scalectl.cpu.target': '70' };
const uid = process.getuid?.() ?? null;
const silent = { describe: () => '', read: () => Promise.resolve([]), close: () => Promise.resolve() };

let directory: string;
let place: RuntimePlace;
let stops: AbortController[];
let ended: Promise<unknown>[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalectl-daemon-'));
  place = { env: { SCALECTL_RUNTIME_DIR: directory }, uid };
  stops = [];
  ended = [];
});

afterEach(async () => {
  for (const stop of stops) stop.abort();
  await Promise.allSettled(ended);
  await rm(directory, { recursive: true });
});

/** A clock that runs fifty times as fast as ours, so that windows and intervals pass within a test. */
function fastClock(): Clock {
  const factor = 50;
  const began = performance.now();
  const monotonicMs = (): number => (performance.now() - began) * factor;
  const start = Date.parse('2026-06-01T12:00:00Z');
  return {
    monotonicMs,
    wallMs: () => start + monotonicMs(),
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
    random: () => 0.5,
  };
}

const clock = fastClock();

function start(engine: FakeEngine, more: Partial<DaemonOptions> = {}) {
  const stop = new AbortController();
  const events: DaemonEvent[] = [];
  const usage = new UsageSampler(engine, { clock: clock.monotonicMs });
  const run = runDaemon(engine, {
    usage,
    loads: silent,
    log: (event) => events.push(event),
    signal: stop.signal,
    place,
    clock,
    pid: 4711,
    ...more,
  });
  run.catch(() => undefined);
  stops.push(stop);
  ended.push(run);
  return { run, stop, events };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not come about');
    await systemClock.sleep(5);
  }
}

const types = (events: readonly DaemonEvent[]) =>
  events.filter(({ level }) => level !== 'debug').map(({ type }) => type);

describe('the daemon', () => {
  it('scales, tells it, and stops when asked to', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    const { run, stop, events } = start(engine);
    await until(() => engine.replicas('shop_web') === 3);
    stop.abort();
    await run;
    expect(types(events).slice(0, 4)).toEqual(['started', 'listening', 'leading', 'decision']);
    expect(types(events).at(-1)).toBe('stopped');
    expect(formatEvent(events[0]!)).toBe('watching fake://engine every 5s as process 4711');
    expect(events.map(formatEvent)).toContain(
      'shop_web: 2 -> 3: cpu at 100 % (target 70 %, 2 of 2 tasks measured) needs 3',
    );
    await expect(stat(socketPath('cluster1', place))).rejects.toThrow('ENOENT');
  });

  it('finishes an update that is on its way before it stops', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    engine.updateMs = 200;
    let begun = false;
    engine.beforeUpdate = () => (begun = true);
    const { run, stop } = start(engine);
    await until(() => begun);
    stop.abort();
    await run;
    expect(engine.updates).toHaveLength(1);
  });

  it('waits for an Engine that is lost, says so once, and goes on', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 60);
    const { events } = start(engine, { intervalMs: 1_000 });
    await until(() => types(events).includes('decision'));
    engine.down = new EngineError('unreachable', 'no answer at fake://engine');
    const before = engine.calls;
    await until(() => engine.calls > before + 12);
    engine.down = null;
    engine.load.set('shop_web', 100);
    await until(() => engine.replicas('shop_web') === 3);
    const lost = types(events).filter((type) => type.startsWith('engine'));
    expect(lost).toEqual(['engine-lost', 'engine-back']);
  });

  it('waits at its start for an Engine that is not there yet', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.down = new EngineError('unreachable', 'no answer');
    const { events } = start(engine);
    await until(() => types(events).includes('engine-lost'));
    engine.down = null;
    await until(() => types(events).includes('decision'));
  });

  it.each(['denied', 'not-manager'] as const)(
    'ends at its start with an Engine error that stays: %s',
    async (kind) => {
      const engine = new FakeEngine(clock.wallMs);
      engine.down = new EngineError(kind, 'no');
      await expect(start(engine).run).rejects.toThrow('no');
    },
  );

  it('does not wait for its interval when more requests come than it has replicas for', async () => {
    const engine = new FakeEngine(clock.wallMs);
    const labels = { 'scalectl.http.backend': 'web', 'scalectl.http.target': '10' };
    engine.add('shop_web', { labels: { ...CPU, ...labels } });
    engine.load.set('shop_web', 50);
    let arriving = 15;
    const loads = {
      ...silent,
      read: (signals: readonly unknown[]) =>
        Promise.resolve(signals.map(() => ({ value: arriving, queued: 0 }))),
    };
    const { events } = start(engine, { loads, intervalMs: 3_600_000 });
    await until(() => types(events).includes('decision'));
    expect(engine.replicas('shop_web')).toBe(2);
    arriving = 55;
    await until(() => engine.replicas('shop_web') === 6);
  });

  it('does not repeat what it said, except once a minute', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 70);
    const { events } = start(engine);
    const decisions = () => events.filter(({ type }) => type === 'decision');
    await until(() => decisions().length > 20);
    const told = decisions().filter(({ level }) => level === 'info').length;
    expect(told).toBeGreaterThanOrEqual(2);
    expect(told).toBeLessThanOrEqual(4);
  });

  it('names wrong labels once, and again when they change, and when they are mended', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: { ...CPU, 'scalectl.min': 'x' } });
    const { events } = start(engine);
    const about = () => types(events).filter((type) => type.includes('policy'));
    await until(() => engine.calls > 15);
    expect(about()).toEqual(['invalid-policy']);
    engine.change('shop_web', ({ Labels }) => (Labels['scalectl.min'] = 'y'));
    await until(() => about().length === 2);
    engine.change('shop_web', ({ Labels }) => (Labels['scalectl.min'] = '1'));
    await until(() => about().length === 3);
    expect(about()[2]).toBe('policy-mended');
    expect(formatEvent(events.find(({ type }) => type === 'invalid-policy')!)).toBe(
      'shop_web is left alone: service shop_web, label scalectl.min: "x" is not a whole number of replicas. ' +
        'Write scalectl.min: "2", for example.',
    );
  });
});

describe("the daemon's socket", () => {
  it('gives the last samples, to its own user only', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 70);
    const { events, stop, run } = start(engine);
    await until(() => types(events).includes('decision'));
    const answer = await readDaemonSamples('cluster1', { place, deadlineMs: 1_000 });
    expect(answer).toMatchObject({
      kind: 'Samples',
      pid: 4711,
      clusterId: 'cluster1',
      samples: [{ service: 'shop_web', sampled: 2, running: 2, cpuPercent: expect.closeTo(70, 0) as number }],
      decisions: [{ service: 'shop_web', decision: { outcome: 'hold' } }],
    });
    const path = socketPath('cluster1', place);
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(join(path, '..'))).mode & 0o777).toString(8)).toBe('700');
    stop.abort();
    await run;
    expect(await readDaemonSamples('cluster1', { place })).toBeNull();
  });

  it('decides at once when it is asked to, and says what came of it', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 70);
    const { events } = start(engine, { intervalMs: 3_600_000 });
    await until(() => types(events).includes('decision'));
    engine.load.set('shop_web', 100);
    expect(await post('/v1/evaluate')).toMatchObject({
      kind: 'Evaluation',
      outcomes: [{ service: 'shop_web', action: { kind: 'scaled', from: 2, to: 3 } }],
    });
    expect(engine.replicas('shop_web')).toBe(3);
    expect(await post('/v1/services/shop_web/pause', { for: '1h' })).toMatchObject({ kind: 'Paused' });
    expect(await post('/v1/services/shop_none/pause')).toEqual({ error: 'service shop_none not found' });
    expect(await post('/v1/evaluate')).toMatchObject({
      outcomes: [{ standing: { paused: expect.anything() as string } }],
    });
    expect(events.flatMap((event) => (event.type === 'asked' ? [event.what] : []))).toEqual([
      'evaluate',
      'pause',
      'evaluate',
    ]);
  });

  it('says at once that nothing can be decided while the Engine is lost', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    const { events } = start(engine, { intervalMs: 3_600_000 });
    await until(() => types(events).includes('decision'));
    engine.down = new EngineError('unreachable', 'no answer at fake://engine');
    expect(await post('/v1/evaluate')).toEqual({ error: 'no answer at fake://engine' });
    engine.down = null;
    await until(() => types(events).includes('engine-back'));
  });

  async function post(path: string, body: object = {}): Promise<unknown> {
    const { body: text } = await httpSend(`http://localhost${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      socketPath: socketPath('cluster1', place),
      signal: AbortSignal.timeout(5_000),
    });
    return JSON.parse(text) as unknown;
  }

  it('refuses a second daemon before it does anything, and names the first', async () => {
    const engine = new FakeEngine(clock.wallMs);
    const { events } = start(engine);
    await until(() => types(events).includes('listening'));
    const second = new FakeEngine(clock.wallMs);
    second.add('shop_web', { labels: CPU });
    second.load.set('shop_web', 100);
    const heard: AbortSignal[] = [];
    const stream: EventReader = {
      async *events(_, { signal } = {}) {
        if (signal !== undefined) heard.push(signal);
        await once(signal ?? stops[0]!.signal, 'abort');
      },
    };
    await expect(start(second, { events: stream }).run).rejects.toThrow(
      'a daemon for this Swarm already runs on this machine (process 4711)',
    );
    expect(second.updates).toEqual([]);
    // A stream that is left open would keep the process from ending.
    expect(heard.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('replaces a socket whose daemon is dead', async () => {
    const path = socketPath('cluster1', place);
    const { spawnSync } = await import('node:child_process');
    const script = `const fs=require('fs');fs.mkdirSync(${JSON.stringify(join(path, '..'))},{recursive:true,mode:0o700});
      require('net').createServer().listen(${JSON.stringify(path)},()=>process.kill(process.pid,'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect((await stat(path)).isSocket()).toBe(true);
    const { events } = start(new FakeEngine(clock.wallMs));
    await until(() => types(events).includes('listening'));
  });

  it('starts after one that was killed while it started, and not beside one that is starting', async () => {
    const path = socketPath('cluster1', place);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.starting`, String(process.pid));
    await expect(start(new FakeEngine(clock.wallMs)).run).rejects.toThrow('already runs on this machine');
    const { spawnSync } = await import('node:child_process');
    await writeFile(`${path}.starting`, String(spawnSync(process.execPath, ['-e', '']).pid));
    const { events } = start(new FakeEngine(clock.wallMs));
    await until(() => types(events).includes('listening'));
  });

  it('refuses beside somebody who listens and does not answer', async () => {
    const path = socketPath('cluster1', place);
    await import('node:fs/promises').then(({ mkdir }) => mkdir(join(path, '..'), { mode: 0o700 }));
    const server = createServer().listen(path);
    await once(server, 'listening');
    await expect(start(new FakeEngine(clock.wallMs)).run).rejects.toThrow('already runs on this machine');
    expect(await readDaemonSamples('cluster1', { place, deadlineMs: 100 })).toBeNull();
    server.close();
  });

  it('scales without a socket where none can be had', async () => {
    const { chmod, mkdir } = await import('node:fs/promises');
    await mkdir(join(directory, 'scalectl'));
    await chmod(join(directory, 'scalectl'), 0o777);
    const { events } = start(new FakeEngine(clock.wallMs));
    await until(() => types(events).includes('not-listening'));
    expect(await readDaemonSamples('cluster1', { place })).toBeNull();
  });

  it.each([
    [{ SCALECTL_RUNTIME_DIR: '/a', XDG_RUNTIME_DIR: '/b' }, 0, '/a/scalectl/c.sock'],
    [{ XDG_RUNTIME_DIR: '/b' }, 1000, '/b/scalectl/c.sock'],
    [{ XDG_RUNTIME_DIR: '/b' }, 0, '/run/scalectl/c.sock'],
    [{}, 1000, join(tmpdir(), 'scalectl-1000/scalectl/c.sock')],
  ])('lies where status finds it: %j, user %d', (env, user, path) => {
    expect(socketPath('c', { env, uid: user })).toBe(path);
  });
});

describe('two daemons on two managers', () => {
  it('scale once between them; the standby measures, writes nothing, and leads when the other ends', async () => {
    const engine = new FakeEngine(clock.wallMs);
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    const first = start(engine, { pid: 1 });
    await until(() => types(first.events).includes('leading'));
    const place2 = { env: { SCALECTL_RUNTIME_DIR: join(directory, '2') }, uid };
    const second = start(engine, { pid: 2, place: place2 });
    await until(() => types(second.events).includes('standing-by'));
    await until(() => engine.replicas('shop_web') === 3);
    await until(() => types(second.events).includes('decision'));
    expect(engine.updates).toHaveLength(1);
    first.stop.abort();
    await first.run;
    await until(() => types(second.events).includes('leading'));
    engine.load.set('shop_web', 200);
    await until(() => engine.replicas('shop_web') !== 3);
    const wrote = second.events.filter(
      (event) => event.type === 'decision' && event.outcome.action.kind === 'scaled',
    );
    expect(wrote).toHaveLength(1);
  });
});
