/**
 * RQ: the list `rq:queue:<name>`, and the sorted set `rq:wip:<name>` of started jobs, scored with the second at which
 * each is given up. Jobs of `rq:scheduled:<name>` come to the list when they are due, by a worker's scheduler.
 * Source: rq `registry.py` (`StartedJobRegistry`).
 */

import { count, redisTimeMs, type CountQueue } from '../redis-ask.js';

export const countRq: CountQueue = async (ask, { key, prefix = 'rq' }) => {
  const nowSeconds = Math.floor((await redisTimeMs(ask)) / 1000);
  const [waiting, started] = await ask(
    ['llen', `${prefix}:queue:${key}`],
    ['zcount', `${prefix}:wip:${key}`, nowSeconds, '+inf'],
  );
  return { waiting: count(waiting), inFlight: count(started) };
};
