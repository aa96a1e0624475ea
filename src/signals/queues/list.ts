/**
 * A plain list. What workers have taken with BRPOP is gone from it and cannot be seen; with BLMOVE it lies in a list
 * of the worker's, which is counted: the one that the label names, a pattern of them, or `<key>:processing`.
 */

import { count, QueueUnknown, texts, type CountQueue, type RedisAsk } from '../redis-ask.js';

/** Looking for lists by pattern walks through the whole database, which may hold much else. */
const MOST_SCANS = 100;
const KEYS_PER_SCAN = 1_000;

export const countList: CountQueue = async (ask, { key, processing }) => {
  const taken = processing ?? `${key}:processing`;
  if (processing !== undefined && /[*?[]/.test(processing)) {
    const keys = await keysLike(ask, processing);
    const [waiting, ...lengths] = await lengthsOf(ask, [key, ...keys]);
    return { waiting: waiting ?? 0, inFlight: lengths.reduce((sum, length) => sum + length, 0) };
  }
  if (processing !== undefined) {
    const [waiting = 0, inFlight = 0] = await lengthsOf(ask, [key, taken]);
    return { waiting, inFlight };
  }
  // Only a guess: what is there may be something else, and where it is empty nobody has said that it is in use.
  const [waiting = 0] = await lengthsOf(ask, [key]);
  const [type] = await ask(['type', taken]);
  return { waiting, inFlight: type === 'list' ? ((await lengthsOf(ask, [taken]))[0] ?? null) : null };
};

async function lengthsOf(ask: RedisAsk, keys: readonly string[]): Promise<number[]> {
  const types = await ask(...keys.map((key) => ['type', key] as const));
  keys.forEach((key, index) => {
    const type = types[index];
    if (type === 'list' || type === 'none') return;
    throw new QueueUnknown(`key "${key}" holds a ${String(type)}, not a list`);
  });
  return (await ask(...keys.map((key) => ['llen', key] as const))).map(count);
}

async function keysLike(ask: RedisAsk, pattern: string): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = '0';
  for (let scans = 0; scans < MOST_SCANS; scans++) {
    const [answer] = await ask(['scan', cursor, 'match', pattern, 'count', KEYS_PER_SCAN]);
    const [next, found] = Array.isArray(answer) ? (answer as unknown[]) : [];
    for (const key of texts(found)) keys.add(key);
    if (typeof next !== 'string') break;
    cursor = next;
    if (cursor === '0') return [...keys];
  }
  throw new QueueUnknown(`the database holds too many keys to look for ${pattern}; name one list`);
}
