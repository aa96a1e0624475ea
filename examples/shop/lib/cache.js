/**
 * Reads through Redis. A cache that is away costs time, never an answer: every error of Redis counts as a miss.
 *
 * @param {import('ioredis').Redis} redis
 * @param {{ seconds: number, count: (labels: { result: string }) => void }} options
 */
export function createCache(redis, { seconds, count }) {
  return {
    /**
     * @template T
     * @param {string} key
     * @param {() => Promise<{ value: T, from: string }>} load
     * @returns {Promise<{ value: T, from: string }>}
     */
    async through(key, load) {
      const text = await redis.get(key).catch(() => null);
      if (text !== null) {
        count({ result: 'hit' });
        return { value: JSON.parse(text), from: 'cache' };
      }
      count({ result: 'miss' });
      const loaded = await load();
      // Not awaited: the answer need not wait for the cache to be filled.
      redis.set(key, JSON.stringify(loaded.value), 'EX', seconds).catch(() => undefined);
      return loaded;
    },
  };
}
