import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freePort, isInstalled, Servers } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import type { QueueSignal } from '../policy/policy.js';
import { passwordFromEnvironment } from './redis-password.js';
import { RedisQueues } from './redis-queues.js';

const noPassword = (): Promise<null> => Promise.resolve(null);
const servers = new Servers();
const start = servers.redis.bind(servers);
const stop = servers.stop.bind(servers);
const sources: RedisQueues[] = [];

afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
  await servers.stopAll();
});

function queue(url: string, key = 'orders'): QueueSignal {
  return { kind: 'queue', queue: 'list', url, key, jobsPerReplica: 10 };
}

function lists(options: Partial<ConstructorParameters<typeof RedisQueues>[0]> = {}): RedisQueues {
  const source = new RedisQueues({ password: noPassword, ...options });
  sources.push(source);
  return source;
}

async function fill(
  port: number,
  commands: (client: Redis) => Promise<unknown>,
  password?: string,
): Promise<void> {
  const client = new Redis({ port, host: '127.0.0.1', ...(password === undefined ? {} : { password }) });
  await commands(client);
  client.disconnect();
}

describe.skipIf(!isInstalled('redis-server'))('lists of a real Redis (skipped without redis-server)', () => {
  it('counts jobs, and an absent key as an empty queue', async () => {
    const port = await freePort();
    await start(port);
    await fill(port, (client) => client.rpush('orders', ...Array.from({ length: 100 }, String)));
    const url = `redis://127.0.0.1:${port}/0`;
    const answer = await lists().read([queue(url), queue(url, 'absent')]);
    expect(answer).toMatchObject([{ value: 100 }, { value: 0 }]);
  });

  it('counts what workers have taken where it lies in lists', async () => {
    const port = await freePort();
    await start(port);
    const url = `redis://127.0.0.1:${port}/0`;
    await fill(port, async (client) => {
      await client.rpush('orders', 'a', 'b', 'c');
      await client.rpush('orders:processing', 'd');
      await client.rpush('orders:worker:1', 'e');
      await client.rpush('other', 'h');
      await client.hset('other:processing', 'a', '1');
      await client.rpush('orders:worker:2', 'f', 'g');
    });
    const found = await lists().read([
      queue(url),
      { ...queue(url), processing: 'orders:worker:1' },
      { ...queue(url), processing: 'orders:worker:*' },
      { ...queue(url), processing: 'nobody:*' },
      { ...queue(url), key: 'absent' },
      { ...queue(url), key: 'other' },
    ]);
    expect(found.map(({ value, work }) => [value, work?.waiting, work?.inFlight])).toEqual([
      [4, 3, 1],
      [4, 3, 1],
      [6, 3, 3],
      [3, 3, 0],
      [0, 0, null],
      [1, 1, null],
    ]);
    expect(found[2]?.note).toBe('3 waiting, 3 in flight');
  });

  it.each<[Partial<QueueSignal>, string]>([
    [{ queue: 'bullmq', key: 'mail' }, 'bull:mail'],
    [{ queue: 'bullmq', key: 'bull:mail' }, 'bull:mail'],
    [{ queue: 'bullmq', key: '{eu}:mail' }, '{eu}:mail'],
    [{ queue: 'bullmq', key: 'mail', prefix: '{eu}' }, '{eu}:mail'],
    [{ queue: 'bull', key: 'mail:send' }, 'bull:mail:send'],
    [{ queue: 'bull', key: 'mail:send', prefix: 'eu' }, 'eu:mail:send'],
  ])('finds the keys of Bull: %j', async (signal, base) => {
    const port = await freePort();
    await start(port);
    await fill(port, (client) => client.rpush(`${base}:wait`, 'a', 'b'));
    const [found] = await lists().read([{ ...queue(`redis://127.0.0.1:${port}/0`), ...signal }]);
    expect(found?.value).toBe(2);
  });

  it('says what a key is that is no list', async () => {
    const port = await freePort();
    await start(port);
    await fill(port, (client) => client.hset('orders', 'a', '1'));
    const [answer] = await lists().read([queue(`redis://127.0.0.1:${port}/0`)]);
    expect(answer).toEqual({ value: null, note: 'key "orders" holds a hash, not a list' });
  });

  it('reads the database that the URL names', async () => {
    const port = await freePort();
    await start(port);
    await fill(port, async (client) => {
      await client.select(3);
      await client.rpush('orders', 'a', 'b');
    });
    const source = lists();
    const [third, first] = await source.read(
      [3, 0].map((database) => queue(`redis://127.0.0.1:${port}/${database}`)),
    );
    expect([third?.value, first?.value]).toEqual([2, 0]);
  });

  it('is unknown within its deadline while Redis is gone, and goes on when it is back', async () => {
    const port = await freePort();
    const server = await start(port);
    await fill(port, (client) => client.rpush('orders', 'a'));
    const source = lists();
    const read = async () => (await source.read([queue(`redis://127.0.0.1:${port}/0`)]))[0]!;
    expect((await read()).value).toBe(1);

    await stop(server);
    const began = performance.now();
    const gone = await read();
    expect(gone.value).toBeNull();
    expect(gone.note).toMatch(/./);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect((await read()).note).toMatch(/ECONNREFUSED|the connection was lost/);

    await start(port);
    await fill(port, (client) => client.rpush('orders', 'a', 'b', 'c'));
    expect((await until(read, ({ value }) => value === 3)).value).toBe(3);
  });

  it('is unknown while Redis hangs, and reads again when it moves', async () => {
    const port = await freePort();
    const server = await start(port);
    const source = lists({ deadlineMs: 300 });
    const read = async () => (await source.read([queue(`redis://127.0.0.1:${port}/0`)]))[0]!;
    expect((await read()).value).toBe(0);
    server.kill('SIGSTOP');
    expect(await read()).toEqual({ value: null, note: 'connected, but no answer in time' });
    expect((await read()).value).toBeNull();
    server.kill('SIGCONT');
    expect((await until(read, ({ value }) => value === 0)).value).toBe(0);
  });

  it('replaces a connection that has died without a word', async () => {
    const port = await freePort();
    await start(port);
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => {
      sockets.push(socket);
      // The first connection is a hole; the next ones are the real thing.
      if (sockets.length > 1) socket.pipe(connect(port, '127.0.0.1')).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const url = `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}/0`;
    const source = lists({ deadlineMs: 300 });
    const read = async () => (await source.read([queue(url)]))[0]!;
    expect((await read()).note).toBe('connected, but no answer in time');
    expect((await read()).value).toBe(0);
    await source.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  it('logs in from a file, reads it again when the password changed, and never tells it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'scalectl-redis-'));
    const file = join(directory, 'password');
    await writeFile(file, 'wrong-secret\n');
    const port = await freePort();
    await start(port, '--requirepass', 'right-secret');
    await fill(port, (client) => client.rpush('orders', 'a', 'b'), 'right-secret');
    const said = ['log', 'warn', 'error'] as const;
    const spies = said.map((name) => vi.spyOn(console, name).mockImplementation(() => undefined));
    const source = lists({ password: passwordFromEnvironment({ REDIS_PASSWORD_FILE: file }) });
    const read = async () => (await source.read([queue(`redis://127.0.0.1:${port}/0`)]))[0]!;

    const refused = await read();
    expect(refused.note).toContain('WRONGPASS');
    expect(JSON.stringify(refused)).not.toContain('secret');
    await writeFile(file, 'right-secret\n');
    expect((await read()).value).toBe(2);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    await rm(directory, { recursive: true });
  });

  it('logs in again on a new connection', async () => {
    const port = await freePort();
    const server = await start(port, '--requirepass', 'secret');
    const source = lists({ password: passwordFromEnvironment({ REDIS_PASSWORD: 'secret' }) });
    const read = async () => (await source.read([queue(`redis://127.0.0.1:${port}/0`)]))[0]!;
    expect((await read()).value).toBe(0);
    await stop(server);
    await start(port, '--requirepass', 'secret');
    expect((await until(read, ({ value }) => value === 0)).value).toBe(0);
  });

  it('offers a password to a Redis that wants none without a word on the terminal', async () => {
    const port = await freePort();
    await start(port);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const source = lists({ password: passwordFromEnvironment({ REDIS_PASSWORD: 'secret' }) });
    const [answer] = await source.read([queue(`redis://127.0.0.1:${port}/0`)]);
    expect(answer?.value).toBe(0);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('lists of a Redis that is not there', () => {
  it('names the reason, and lets the others be read', async () => {
    const source = lists({ deadlineMs: 400 });
    const [answer] = await source.read([queue(`redis://127.0.0.1:${await freePort()}/0`)]);
    expect(answer?.value).toBeNull();
    expect(answer?.note).toContain('ECONNREFUSED');
  });

  it('says that a password file cannot be read', async () => {
    const source = passwordFromEnvironment({ SCALECTL_REDIS_PASSWORD_FILE: '/nowhere/password' });
    await expect(source('redis://redis:6379/0')).rejects.toThrow(
      'the password file /nowhere/password cannot be read (ENOENT)',
    );
  });

  it('takes a password from the classic URL for that URL only', async () => {
    const source = passwordFromEnvironment(
      { REDIS_PASSWORD: 'general' },
      { url: 'redis://a:6379/0', password: 'special' },
    );
    expect(await source('redis://a:6379/0')).toBe('special');
    expect(await source('redis://b:6379/0')).toBe('general');
  });
});
