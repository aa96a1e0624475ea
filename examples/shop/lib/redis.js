import { once } from 'node:events';
import { Redis } from 'ioredis';
import { log, reason } from './log.js';
import { backoffMs } from './retry.js';

/**
 * @param {{ host: string, port: number, password?: string }} options
 * @param {Partial<import('ioredis').RedisOptions>} [more]
 */
export function createRedis(options, more = {}) {
  const redis = new Redis({
    ...options,
    connectTimeout: 2000,
    // Fail at once while Redis is away: the callers know better than a queue in memory what to do then.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2000,
    keepAlive: 10_000,
    retryStrategy: (times) => backoffMs(times - 1),
    ...more,
  });
  let down = false;
  redis.on('error', (error) => {
    if (!down) log('warn', 'redis is not available', { reason: reason(error) });
    down = true;
  });
  redis.on('ready', () => {
    if (down) log('info', 'redis is available again');
    down = false;
  });
  return redis;
}

/**
 * Waits for the first connection, however long that takes, or until `signal` is aborted.
 *
 * @param {Redis} redis
 * @param {AbortSignal} signal
 */
export async function connected(redis, signal) {
  // Not `once(redis, 'ready')` alone: that also ends at the first 'error', of which there may be many until then.
  while (redis.status !== 'ready' && !signal.aborted) {
    await once(redis, 'ready', { signal }).catch(() => undefined);
  }
}
