import { setTimeout as sleep } from 'node:timers/promises';
import { burn } from './lib/burn.js';
import { createCache } from './lib/cache.js';
import { loadConfig } from './lib/config.js';
import { createPool, isUnavailable } from './lib/database.js';
import { createApp, HttpError } from './lib/http.js';
import { objectInput, wholeInput } from './lib/input.js';
import { log, reason } from './lib/log.js';
import { Metrics } from './lib/metrics.js';
import { JobQueue } from './lib/queue.js';
import { createRedis } from './lib/redis.js';
import { untilDone } from './lib/retry.js';
import { migrate } from './lib/schema.js';
import { createShop } from './lib/shop.js';
import { onStop } from './lib/stop.js';

const ID = { min: 1, max: Number.MAX_SAFE_INTEGER };
const SWEEP_MS = 10_000;

const config = loadConfig();
const metrics = new Metrics().addProcess();
const stop = new AbortController();
const pools = {
  primary: createPool('primary', config.primary),
  replica: createPool('replica', config.replica),
};
const redis = createRedis(config.redis);
const shop = createShop(pools);
const queue = new JobQueue(redis, { key: config.queueKey });
const cache = createCache(redis, {
  seconds: config.cacheSeconds,
  count: metrics.counter('shop_cache_requests_total', 'Look-ups in the cache.'),
});
const countOrder = metrics.counter('shop_orders_total', 'Orders written.');
let schemaReady = false;

/** @type {import('./lib/http.js').Route[]} */
const routes = [
  {
    method: 'GET',
    path: '/products',
    handle: async () => {
      const { value, from } = await cache.through('cache:products', () => shop.products());
      return { body: value, headers: { 'x-read-from': from } };
    },
  },
  {
    method: 'GET',
    path: '/products/:id',
    handle: async ({ params }) => {
      const id = wholeInput(params.id, 'id', ID);
      const { value, from } = await cache.through(`cache:product:${id}`, () => shop.product(id));
      if (!value) throw new HttpError(404, `no product ${id}`, { 'x-read-from': from });
      return { body: value, headers: { 'x-read-from': from } };
    },
  },
  {
    method: 'POST',
    path: '/orders',
    handle: async ({ json }) => {
      const input = objectInput(await json());
      const order = await shop.placeOrder(
        wholeInput(input.productId, 'productId', ID),
        wholeInput(input.quantity, 'quantity', { min: 1, max: 1000 }),
      );
      countOrder();
      // The order stands from here on. If the queue is away, the sweep below brings the job later.
      const queued = await queue.push({ orderId: order.id }).then(
        () => true,
        () => false,
      );
      if (queued) shop.markQueued([order.id]).catch(() => undefined);
      return { status: 201, body: { ...order, queued }, headers: { location: `/orders/${order.id}` } };
    },
  },
  {
    method: 'GET',
    path: '/orders/:id',
    handle: async ({ params, query }) => {
      const id = wholeInput(params.id, 'id', ID);
      const consistent = query.get('consistent') === '1';
      const { value, from } = await shop.order(id, { consistent });
      if (value) return { body: value, headers: { 'x-read-from': from } };
      // A replica is a moment behind: an order that was just placed may not be there yet. Say so.
      const hint =
        from === 'replica' ? { 'x-hint': 'replicas lag a little; ?consistent=1 asks the primary' } : {};
      throw new HttpError(404, `no order ${id}`, { 'x-read-from': from, ...hint });
    },
  },
  {
    method: 'POST',
    path: '/jobs',
    handle: async ({ json }) => {
      const input = objectInput(await json());
      const count = wholeInput(input.count, 'count', { min: 1, max: 10_000 });
      const sleepMs = wholeInput(input.ms, 'ms', { min: 0, max: 60_000, fallback: 1000 });
      try {
        await queue.push(...Array.from({ length: count }, () => ({ sleepMs })));
      } catch (error) {
        log('error', 'could not queue jobs', { reason: reason(error) });
        throw new HttpError(503, 'the queue is not available', { 'retry-after': '2' });
      }
      return { status: 202, body: { queued: count, sleepMs } };
    },
  },
  {
    method: 'GET',
    path: '/work',
    handle: async ({ query, signal }) => {
      const ms = wholeInput(query.get('ms'), 'ms', { min: 0, max: 2000, fallback: 50 });
      await burn(ms, signal);
      return { body: { cpuMs: ms } };
    },
  },
  // Liveness. It asks nobody else: a database that is down must not get every replica restarted.
  { method: 'GET', path: '/health', handle: () => ({ body: { status: 'ok' } }) },
  { method: 'GET', path: '/ready', handle: readiness },
  { method: 'GET', path: '/metrics', handle: () => ({ text: metrics.render() }) },
];

async function readiness() {
  const [primary, replica, cached] = await Promise.allSettled([
    pools.primary.query('select 1'),
    pools.replica.query('select 1'),
    redis.ping(),
  ]);
  /** @param {PromiseSettledResult<unknown>} result */
  const word = (result) => (result.status === 'fulfilled' ? 'ok' : reason(result.reason));
  const parts = {
    schema: schemaReady ? 'ok' : 'pending',
    primary: word(primary),
    replica: word(replica),
    redis: word(cached),
  };
  const ready = Object.values(parts).every((part) => part === 'ok');
  return { status: ready ? 200 : 503, body: { ready, ...parts } };
}

/** Brings forgotten orders into the queue. Twice is harmless (see processOrder), so replicas need not agree on who. */
async function sweep() {
  while (!stop.signal.aborted) {
    await sleep(SWEEP_MS, undefined, { signal: stop.signal });
    try {
      const queueIsEmpty = (await redis.llen(config.queueKey)) === 0;
      const ids = await shop.forgottenOrders({ queueIsEmpty });
      if (ids.length === 0) continue;
      await queue.push(...ids.map((orderId) => ({ orderId })));
      await shop.markQueued(ids);
      log('warn', 'queued orders that were not in the queue', { count: ids.length });
    } catch (error) {
      log('warn', 'sweep failed', { reason: reason(error) });
    }
  }
}

const app = createApp({ routes, service: 'backend', id: config.id, metrics, isUnavailable });
await app.listen(config.port, config.host);
log('info', 'listening', { port: config.port, id: config.id });

untilDone(() => migrate(pools.primary), {
  signal: stop.signal,
  onFailure: (error, attempt) => {
    if (attempt % 10 === 0) log('warn', 'waiting for the primary', { reason: reason(error) });
  },
})
  .then(async (applied) => {
    schemaReady = true;
    log('info', 'schema is ready', { applied });
    await sweep();
  })
  .catch((/** @type {unknown} */ error) => {
    if (!stop.signal.aborted) log('error', 'background work ended', { reason: reason(error) });
  });

onStop(async () => {
  stop.abort();
  await app.close();
  redis.disconnect();
  await Promise.allSettled([pools.primary.end(), pools.replica.end()]);
});
