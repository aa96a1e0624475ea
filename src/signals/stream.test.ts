import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort, isInstalled, Servers } from '../../test/support/servers.js';
import type { QueueSignal } from '../policy/policy.js';
import { RedisQueues } from './redis-queues.js';

const servers = new Servers();
let port: number;
let client: Redis;
let source: RedisQueues;

describe.skipIf(!isInstalled('redis-server'))(
  'a stream of a real Redis (skipped without redis-server)',
  () => {
    beforeAll(async () => {
      port = await freePort();
      await servers.redis(port);
    });
    afterAll(() => servers.stopAll());
    beforeEach(async () => {
      client = new Redis({ port, host: '127.0.0.1' });
      await client.flushall();
      source = new RedisQueues({ password: () => Promise.resolve(null) });
    });
    afterEach(async () => {
      client.disconnect();
      await source.close();
    });

    async function read() {
      const signal: QueueSignal = {
        kind: 'queue',
        queue: 'stream',
        url: `redis://127.0.0.1:${port}/0`,
        key: 'orders',
        group: 'workers',
        jobsPerReplica: 10,
      };
      return (await source.read([signal]))[0]!;
    }

    /** Ids 1-0, 2-0, … */
    async function add(from: number, to: number): Promise<void> {
      const pipeline = client.pipeline();
      for (let id = from; id <= to; id++) pipeline.xadd('orders', `${id}-0`, 'a', '1');
      await pipeline.exec();
    }

    const take = (count: number) =>
      client.xreadgroup('GROUP', 'workers', 'one', 'COUNT', count, 'STREAMS', 'orders', '>');

    it('that is not there yet is empty', async () => {
      expect(await read()).toMatchObject({
        value: 0,
        note: expect.stringContaining('no stream "orders"') as string,
      });
    });

    it('counts all entries while the group is not there', async () => {
      await add(1, 3);
      expect(await read()).toMatchObject({
        value: 3,
        note: expect.stringContaining('no group "workers"') as string,
      });
    });

    it('counts what waits and what is pending, and what was done', async () => {
      await add(1, 10);
      await client.xgroup('CREATE', 'orders', 'workers', '0');
      await take(4);
      await client.xack('orders', 'workers', '1-0');
      const work = { waiting: 6, inFlight: 3, paused: false, done: 1 };
      expect(await read()).toEqual({ value: 9, work, note: '6 waiting, 3 in flight' });
    });

    it('counts by itself where Redis does not tell the lag: after entries were deleted', async () => {
      await add(1, 10);
      await client.xgroup('CREATE', 'orders', 'workers', '0');
      await take(4);
      await client.xdel('orders', '7-0');
      const [group] = (await client.xinfo('GROUPS', 'orders')) as [unknown[]];
      expect(group[group.indexOf('lag') + 1]).toBeNull();
      expect(await read()).toMatchObject({ value: 9, work: { waiting: 5, inFlight: 4 } });
    });

    it('and when the group began in the middle; the last entry delivered may itself be gone', async () => {
      await add(1, 10);
      await client.xgroup('CREATE', 'orders', 'workers', '6-0');
      expect(await read()).toMatchObject({ value: 4 });
      await client.xdel('orders', '6-0');
      expect(await read()).toMatchObject({ value: 4 });
    });

    it('counts no further than a thousand, and says so', async () => {
      await add(1, 1_200);
      await client.xgroup('CREATE', 'orders', 'workers', '100-0');
      expect(await read()).toMatchObject({
        value: 1_000,
        partial: 'more than 1000 entries wait and were not counted',
      });
      await client.xtrim('orders', 'MAXLEN', 1_000);
      expect((await read()).partial).toBeUndefined();
    });

    it('is unknown when it is something else', async () => {
      await client.lpush('orders', 'a');
      expect(await read()).toEqual({ value: null, note: 'key "orders" holds a list, not a stream' });
    });
  },
);
