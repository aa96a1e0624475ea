/**
 * A stream, for one of its groups: `lag` entries that the group has not seen, and `pending` ones that a consumer has
 * and has not acknowledged. Redis tells the lag from 7.0 on, except after entries were deleted or when the group
 * began in the middle; then, and before 7.0, the entries behind the last one delivered are counted.
 */

import { count, type CountQueue, QueueUnknown, type RedisAsk, texts } from '../redis-ask.js';

/** Counting means fetching; beyond this the number is a lower bound. */
const MOST_COUNTED = 1_000;

export const countStream: CountQueue = async (ask, { key, group = '' }) => {
  const [type] = await ask(['type', key]);
  if (type === 'none') return { waiting: 0, inFlight: 0, note: `there is no stream "${key}" yet` };
  if (type !== 'stream') throw new QueueUnknown(`key "${key}" holds a ${String(type)}, not a stream`);
  const [length, groups] = await ask(['xlen', key], ['xinfo', 'groups', key]);
  const own = groupsOf(groups).find(({ name }) => name === group);
  if (own === undefined) {
    return {
      waiting: count(length),
      inFlight: 0,
      note: `it has no group "${group}" yet, so that all entries count`,
    };
  }
  const inFlight = count(own['pending']);
  const read = own['entries-read'];
  const done = typeof read === 'number' ? read - inFlight : null;
  if (typeof own['lag'] === 'number') return { waiting: own['lag'], inFlight, done };
  const behind = await entriesBehind(ask, key, String(own['last-delivered-id']));
  const more = behind > MOST_COUNTED;
  return {
    waiting: Math.min(behind, MOST_COUNTED),
    inFlight,
    done,
    ...(more ? { partial: `more than ${MOST_COUNTED} entries wait and were not counted` } : {}),
  };
};

function groupsOf(answer: unknown): Record<string, unknown>[] {
  if (!Array.isArray(answer)) return [];
  return answer.map((fields: unknown) => {
    const list = Array.isArray(fields) ? (fields as unknown[]) : [];
    const pairs = list.flatMap((name, index) => (index % 2 === 0 ? [[String(name), list[index + 1]]] : []));
    return Object.fromEntries(pairs) as Record<string, unknown>;
  });
}

async function entriesBehind(ask: RedisAsk, key: string, lastDelivered: string): Promise<number> {
  // Not "(id": exclusive ranges came with 6.2. One too many is fetched, and the delivered one left out.
  const [answer] = await ask(['xrange', key, lastDelivered, '+', 'count', MOST_COUNTED + 2]);
  const ids = Array.isArray(answer) ? answer.map((entry: unknown) => texts(entry)[0]) : [];
  return ids.filter((id) => id !== lastDelivered).length;
}
