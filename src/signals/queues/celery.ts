/**
 * Celery (kombu's Redis transport). A queue is a list for each priority; what a worker has reserved is in the hash
 * `unacked` of the database, for all queues together, with the queue's routing key behind each message. Tasks with an
 * ETA are there too. With `acks_late=False`, the default, a task leaves it when it begins to run, and running ones
 * cannot be seen.
 * Source: kombu `transport/redis.py` (`priority_steps`, `sep`, `unacked_key`, `restore_by_tag`).
 */

import { count, texts, type CountQueue } from '../redis-ask.js';

const SEPARATOR = '\u0006\u0016';
const PRIORITIES = ['', `${SEPARATOR}3`, `${SEPARATOR}6`, `${SEPARATOR}9`];

/** More messages than this are not fetched to see whose they are. */
const MOST_LOOKED_AT = 500;

/** `[message, "exchange", "routing key"]`: the end is enough, and messages may be long. */
const ROUTING_KEY = /, ?"(?:[^"\\]|\\.)*", ?("(?:[^"\\]|\\.)*")\]$/;

export const countCelery: CountQueue = async (ask, { key, prefix = '' }) => {
  const lists = PRIORITIES.map((priority) => ['llen', `${prefix}${key}${priority}`] as const);
  const [unacked, ...lengths] = await ask(['hlen', `${prefix}unacked`], ...lists);
  const waiting = lengths.map(count).reduce((sum, length) => sum + length, 0);
  const reserved = count(unacked);
  if (reserved === 0) return { waiting, inFlight: 0 };
  if (reserved > MOST_LOOKED_AT) {
    return { waiting, inFlight: reserved, note: `${reserved} are reserved in all queues together` };
  }
  const [messages] = await ask(['hvals', `${prefix}unacked`]);
  return { waiting, inFlight: texts(messages).filter((message) => isFor(key, message)).length };
};

/** A message whose end tells nothing is counted: too many workers are better than one that is stopped at work. */
function isFor(queue: string, message: string): boolean {
  const routingKey = ROUTING_KEY.exec(message.slice(-1_000))?.[1];
  return routingKey === undefined || JSON.parse(routingKey) === queue;
}
