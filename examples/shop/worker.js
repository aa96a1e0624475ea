import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from './lib/config.js';
import { createPool, isUnavailable } from './lib/database.js';
import { createApp } from './lib/http.js';
import { HopelessJob, perform } from './lib/jobs.js';
import { log, reason } from './lib/log.js';
import { Metrics } from './lib/metrics.js';
import { JobQueue } from './lib/queue.js';
import { connected, createRedis } from './lib/redis.js';
import { backoffMs } from './lib/retry.js';
import { createShop } from './lib/shop.js';
import { onStop } from './lib/stop.js';

const HEARTBEAT_MS = 5000;

const config = loadConfig();
const metrics = new Metrics().addProcess();
const primary = createPool('worker', { ...config.primary, max: 1 });
const shop = createShop({ primary, replica: primary });
const redis = createRedis(config.redis);
// BLMOVE waits up to a second, so this is longer; without a limit a dead network would block us for ever.
const blocking = createRedis(config.redis, { commandTimeout: 5000 });
const queue = new JobQueue(redis, {
  key: config.queueKey,
  id: config.id,
  blocking,
  heartbeatMs: HEARTBEAT_MS,
});

const countJob = metrics.counter('shop_jobs_total', 'Jobs by how they ended.');
const observeJob = metrics.histogram('shop_job_duration_seconds', 'Time to do a job.');
let busy = 0;
metrics.gauge('shop_jobs_in_flight', 'Jobs being done.', () => busy);

const stop = new AbortController();
const giveUp = new AbortController();

/** Waits, unless we are to stop. @param {number} ms */
const pause = (ms) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);

/** @param {string} job */
async function work(job) {
  const startedAt = performance.now();
  busy = 1;
  try {
    await perform(job, { shop, id: config.id, signal: giveUp.signal });
    await queue.done(job);
    countJob({ result: 'done' });
  } catch (error) {
    if (!(error instanceof HopelessJob)) throw error;
    log('error', 'job put aside', { job: job.slice(0, 200), reason: error.message });
    await queue.bury(job);
    countJob({ result: 'dead' });
  } finally {
    busy = 0;
    observeJob({}, (performance.now() - startedAt) / 1000);
  }
}

async function run() {
  let failures = 0;
  while (!stop.signal.aborted) {
    try {
      const job = await queue.take();
      if (job !== null) await work(job);
      failures = 0;
    } catch (error) {
      if (stop.signal.aborted) break;
      // A database is away, most likely. The job goes back, and waiting keeps us from taking it again at once.
      if (failures % 10 === 0) log('warn', 'trying again', { reason: reason(error) });
      failures++;
      countJob({ result: 'retry' });
      await queue.giveBack().catch(() => undefined);
      await pause(backoffMs(failures));
    }
  }
}

async function keepAlive() {
  while (!stop.signal.aborted) {
    try {
      await queue.beat();
      const saved = await queue.recover();
      if (saved > 0) log('warn', 'took over jobs of workers that are gone', { saved });
      await pause(HEARTBEAT_MS);
    } catch {
      await pause(1000); // createRedis has logged it
    }
  }
}

const app = createApp({
  routes: [
    { method: 'GET', path: '/health', handle: () => ({ body: { status: 'ok' } }) },
    { method: 'GET', path: '/metrics', handle: () => ({ text: metrics.render() }) },
  ],
  service: 'worker',
  id: config.id,
  metrics,
  isUnavailable,
});
await app.listen(config.port, config.host);
log('info', 'working', { port: config.port, id: config.id, queue: config.queueKey });

// The heartbeat comes first: a worker without one would be taken for dead as soon as it holds a job.
const bothConnected = Promise.all([connected(redis, stop.signal), connected(blocking, stop.signal)]);
const heart = bothConnected.then(keepAlive);
const loop = bothConnected.then(run);

onStop(async () => {
  stop.abort();
  const timer = setTimeout(() => giveUp.abort(), config.drainMs);
  await loop;
  clearTimeout(timer);
  await heart;
  try {
    const returned = await queue.leave();
    if (returned > 0) log('info', 'gave jobs back', { returned });
  } catch (error) {
    // Redis is away. Whoever works when it is back finds our heartbeat gone and takes over.
    log('warn', 'could not give jobs back', { reason: reason(error) });
  }
  redis.disconnect();
  blocking.disconnect();
  await Promise.allSettled([primary.end(), app.close()]);
});
