/**
 * Bull and BullMQ. Keys are `bull:<queue>:…`; what differs between their releases is absent from the others and then
 * counts 0:
 *
 *   wait         jobs to be taken; in BullMQ 4 also a marker, last in the list, that is no job
 *   prioritized  BullMQ 4 and later: jobs with a priority are here and not in `wait`
 *   delayed      score = due time in ms x 4096, plus a counter; due ones wait for somebody to move them
 *   paused       where `wait` went when somebody paused the queue (BullMQ 6 leaves it, and says so in `meta`)
 *   active       being worked at
 *   id           grows by one for each job that is added
 *
 * Sources: bull `lib/scripts.js`; bullmq `src/classes/queue-keys.ts`, `src/commands/getCounts-1.lua`, `pause-7.lua`.
 */

import type { QueueSignal } from '../../policy/policy.js';
import { count, redisTimeMs, type CountQueue } from '../redis-ask.js';

const MARKER = '0:';
const SCORE_PER_MS = 0x1000;

export const countBull: CountQueue = async (ask, queue) => {
  const base = baseOf(queue);
  const dueScore = (await redisTimeMs(ask)) * SCORE_PER_MS + SCORE_PER_MS - 1;
  const [wait, last, paused, active, prioritized, due, delayed, children, id, pausedFlag, pausedKey, meta] =
    await ask(
      ['llen', `${base}:wait`],
      ['lindex', `${base}:wait`, -1],
      ['llen', `${base}:paused`],
      ['llen', `${base}:active`],
      ['zcard', `${base}:prioritized`],
      ['zcount', `${base}:delayed`, '-inf', dueScore],
      ['zcard', `${base}:delayed`],
      ['zcard', `${base}:waiting-children`],
      ['get', `${base}:id`],
      ['hget', `${base}:meta`, 'paused'],
      ['exists', `${base}:meta-paused`],
      ['exists', `${base}:meta`],
    );
  const marker = typeof last === 'string' && last.startsWith(MARKER) ? 1 : 0;
  const ready = count(wait) - marker + count(paused) + count(prioritized);
  const inFlight = count(active);
  const isPaused = pausedFlag !== null || count(pausedKey) > 0;
  const added = id === null ? null : count(id);
  const unheardOf = added === null && count(meta) === 0 && ready + inFlight + count(delayed) === 0;
  return {
    waiting: ready + count(due),
    inFlight,
    paused: isPaused,
    done: added === null ? null : added - (ready + inFlight + count(delayed) + count(children)),
    ...(unheardOf ? { note: `nothing in Redis is named ${base}:…` } : {}),
  };
};

/** The name of a BullMQ queue holds no colon, so that one with a colon is the whole beginning of its keys. */
function baseOf({ queue, key, prefix }: QueueSignal): string {
  if (prefix !== undefined) return `${prefix}:${key}`;
  const whole = key.startsWith('bull:') || (queue === 'bullmq' && key.includes(':'));
  return whole ? key : `bull:${key}`;
}
