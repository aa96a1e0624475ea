/** HAProxy's counters, from two real balancers in front of a server of the test's own. */

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, isInstalled, Servers } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import type { BackendSignal, RequestSignal } from '../policy/policy.js';
import { HaproxyBackends, type HaproxyOptions } from './haproxy.js';

type Kind = (RequestSignal | BackendSignal)['kind'];

const servers = new Servers();
const held: (() => void)[] = [];
let directory: string;
let backend: Server;
let balancers: { front: number; stats: number; socket: string; config: string }[];
const sources: HaproxyBackends[] = [];

/** Answers at once, with 500 where asked to, and `/held` only when `release` is called. */
function startBackend(): Promise<Server> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/broken' ? 500 : 200;
    if (request.url === '/held') held.push(() => void response.end());
    else if (request.url === '/slow') setTimeout(() => response.end(), 100);
    else response.end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function writeConfig(index: number, port: number) {
  const [front, stats] = [await freePort(), await freePort()];
  const socket = join(directory, `haproxy-${index}.sock`);
  const config = join(directory, `haproxy-${index}.cfg`);
  await writeFile(
    config,
    `global
  maxconn 200
  stats socket ${socket} mode 600 level user
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  timeout queue 10s
frontend web
  bind 127.0.0.1:${front}
  default_backend app
backend app
  server one 127.0.0.1:${port} maxconn 2
backend idle
frontend stats
  bind 127.0.0.1:${stats}
  stats enable
  stats uri /stats
  stats auth watcher:hunter2
`,
  );
  return { front, stats, socket, config };
}

const startBalancer = (index: number) =>
  servers.start('haproxy', ['-db', '-V', '-f', balancers[index]!.config], /Using \w+\(\) as the polling/);

const watcher = () => Promise.resolve(`Basic ${Buffer.from('watcher:hunter2').toString('base64')}`);

function source(options: Partial<HaproxyOptions> = {}): HaproxyBackends {
  const opened = new HaproxyBackends({ authorization: watcher, defaultUrls: urls(), ...options });
  sources.push(opened);
  return opened;
}

const urls = () => balancers.map(({ stats }) => `http://127.0.0.1:${stats}/stats`);

function signal(kind: Kind, more: { backend?: string; urls?: string[] } = {}): RequestSignal | BackendSignal {
  const at = { backend: 'app', ...more };
  return kind === 'requests' ? { kind, ...at, perReplica: 1, forecast: false } : { kind, ...at, target: 1 };
}

const read = async (from: HaproxyBackends, kind: Kind, more = {}) =>
  (await from.read([signal(kind, more)]))[0]!;

async function send(count: number, path = '/'): Promise<void> {
  await Promise.all(
    balancers.flatMap(({ front }) =>
      Array.from({ length: count }, () =>
        fetch(`http://127.0.0.1:${front}${path}`).then((answer) => answer.text()),
      ),
    ),
  );
}

describe.skipIf(!isInstalled('haproxy', '-v'))('two real balancers (skipped without haproxy)', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scalectl-haproxy-'));
    backend = await startBackend();
    const { port } = backend.address() as AddressInfo;
    balancers = await Promise.all([0, 1].map((index) => writeConfig(index, port)));
    await Promise.all([startBalancer(0), startBalancer(1)]);
    const listening = async () => (await read(source(), 'sessions')).value;
    expect(await until(listening, (value) => value === 0)).toBe(0);
  }, 30_000);
  afterEach(async () => {
    for (const opened of sources.splice(0)) await opened.close();
  });
  afterAll(async () => {
    await servers.stopAll();
    backend.closeAllConnections();
    backend.close();
    await once(backend, 'close');
    await rm(directory, { recursive: true });
  });

  it('sums the growth of requests over both', async () => {
    let now = 0;
    const from = source({ clock: () => now });
    await read(from, 'requests');
    await send(25);
    now = 5_000;
    expect(await read(from, 'requests')).toEqual({ value: 10, queued: 0 });
    now = 10_000;
    expect(await read(from, 'requests')).toEqual({ value: 0, queued: 0 });
  });

  it('counts requests as they arrive, those that wait for an answer too', async () => {
    let now = 0;
    const from = source({ clock: () => now });
    await read(from, 'requests');
    const waiting = send(5, '/held');
    await until(
      () => read(source(), 'queued'),
      ({ value }) => value === 6,
    );
    now = 5_000;
    expect(await read(from, 'requests')).toEqual({ value: 2, queued: 6 });
    const letGo = setInterval(() => held.splice(0).forEach((release) => release()), 10);
    await waiting;
    clearInterval(letGo);
  });

  it('sees a step between two ticks, whose rates do not begin at the looks between them', async () => {
    let now = 0;
    const from = source({ clock: () => now });
    const look = async (atMs: number, each: number, between: boolean) => {
      now = atMs;
      await send(each);
      return (await from.read([signal('requests')], { between }))[0]?.value;
    };
    await look(0, 0, false);
    await look(5_000, 5, false);
    for (const atMs of [5_500, 6_000, 6_500]) await look(atMs, 0, true);
    expect(await look(7_000, 5, true)).toBe(5);
    expect(await look(7_500, 5, true)).toBe(8);
    // 30 requests in a second and a half; since the last tick it were 30 in three.
    expect(await look(8_000, 5, true)).toBe(20);
    for (const atMs of [8_500, 9_000, 9_500]) await look(atMs, 0, true);
    expect(await look(10_000, 0, false)).toBe(6);
  });

  it('takes HAProxy’s own rate on the first reading', async () => {
    await send(20);
    const first = await until(
      () => read(source(), 'requests'),
      ({ value }) => value !== null && value > 0,
    );
    expect(first.value).toBeGreaterThan(0);
    expect(first.note).toBe('over the last second');
  });

  it('counts what began anew with a balancer from 0', async () => {
    let now = 0;
    const from = source({ clock: () => now });
    await send(30);
    await read(from, 'requests');
    expect(await restart(1)).toBe(true);
    await send(10);
    now = 5_000;
    // 10 more at the first, and the 10 that the second has seen in its new life.
    expect((await read(from, 'requests')).value).toBe(4);
  });

  it('tells what waits, what is open, how long answers take and how many fail', async () => {
    let now = 0;
    const from = source({ clock: () => now });
    const kinds = ['queued', 'sessions', 'response', 'errors'] as const;
    const all = async () =>
      (await from.read(kinds.map((kind) => signal(kind)))).map(({ value, note }) => note ?? value);
    await all();
    now = 5_000;
    expect(await all()).toEqual([0, 0, 'no request came', 'too few answers to tell (0)']);

    const waiting = send(5, '/held');
    // Two at each server at once; the others wait.
    const queued = await until(all, ([inQueue, open]) => inQueue === 6 && open === 10);
    expect(queued.slice(0, 2)).toEqual([6, 10]);
    const letGo = setInterval(() => held.splice(0).forEach((release) => release()), 10);
    await waiting;
    clearInterval(letGo);

    await send(30, '/slow');
    await send(10, '/broken');
    now = 10_000;
    const [, , response, errors] = await all();
    expect(response).toBeGreaterThan(20);
    expect(response).toBeLessThan(3_000);
    expect(errors).toBeCloseTo((20 / 90) * 100);
  });

  it('says that one balancer is missing, and is unknown without any', async () => {
    const gone = `http://127.0.0.1:${await freePort()}/stats`;
    const half = await read(source(), 'sessions', { urls: [urls()[0]!, gone] });
    expect(half.value).toBe(0);
    expect(half.partial).toContain('only 1 of 2 balancers answered');
    expect(half.partial).toContain('ECONNREFUSED');
    const none = await read(source(), 'sessions', { urls: [gone] });
    expect(none).toEqual({ value: null, note: expect.stringContaining('ECONNREFUSED') as string });
  });

  it('asks every address that a name means, once', async () => {
    const resolve = (host: string) =>
      host === 'tasks.lb'
        ? Promise.resolve(['127.0.0.1', '127.0.0.2', '127.0.0.1'])
        : Promise.reject(new Error('ENOTFOUND'));
    const { stats } = balancers[0]!;
    const found = await read(source({ resolve }), 'sessions', { urls: [`http://tasks.lb:${stats}/stats`] });
    expect(found.partial).toContain('only 1 of 2 balancers answered');
    expect(found.partial).toContain('127.0.0.2');
    const unnamed = await read(source({ resolve }), 'sessions', { urls: ['http://tasks.gone:1/stats'] });
    expect(unnamed).toEqual({ value: null, note: 'http://tasks.gone:1/stats: ENOTFOUND' });
  });

  it('reads the runtime socket', async () => {
    const sockets = balancers.map(({ socket }) => `unix://${socket}`);
    expect(await read(source(), 'sessions', { urls: sockets })).toEqual({ value: 0 });
    expect((await read(source(), 'sessions', { urls: ['unix:///nowhere.sock'] })).note).toContain('ENOENT');
  });

  it('names the backends that there are', async () => {
    expect(await read(source(), 'sessions', { backend: 'ap' })).toEqual({
      value: null,
      note: 'there is no backend "ap"; there are: app, idle',
    });
  });

  it('says that it has to log in, and nothing of the password', async () => {
    const anonymous = await read(source({ authorization: () => Promise.resolve(null) }), 'sessions');
    expect(anonymous.note).toContain('it wants a user and a password (SCALECTL_HAPROXY_AUTH_FILE)');
    const wrong = () => Promise.resolve('Basic c2VjcmV0');
    expect(JSON.stringify(await read(source({ authorization: wrong }), 'sessions'))).not.toContain(
      'c2VjcmV0',
    );
  });

  it('is unknown within its deadline while a balancer hangs', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/stats`;
    const began = performance.now();
    const found = await read(source({ deadlineMs: 300 }), 'sessions', { urls: [url] });
    expect(found.note).toContain('no answer in time');
    expect(performance.now() - began).toBeLessThan(1_500);
    silent.closeAllConnections();
    silent.close();
  });

  async function restart(index: number): Promise<boolean> {
    const { stats } = balancers[index]!;
    await servers.stopWhere(({ spawnargs }) => spawnargs.includes(balancers[index]!.config));
    await startBalancer(index);
    const up = () => read(source(), 'sessions', { urls: [`http://127.0.0.1:${stats}/stats`] });
    return (await until(up, ({ value }) => value !== null)).value !== null;
  }
});
