/** How the layouts of queues are read from Redis: commands in one round trip, errors as one line. */

import type { QueueSignal } from '../policy/policy.js';

export type RedisCommand = readonly [name: string, ...args: (string | number)[]];

/** Sends the commands in one pipeline. Throws QueueUnknown when one of them is answered with an error. */
export type RedisAsk = (...commands: readonly RedisCommand[]) => Promise<unknown[]>;

/** Why a queue's length cannot be told, in one line without secrets. */
export class QueueUnknown extends Error {}

export interface QueueCount {
  waiting: number;
  /** null where the layout does not tell */
  inFlight: number | null;
  paused?: boolean;
  /** see `QueueWork.done` */
  done?: number | null;
  note?: string;
  partial?: string;
}

/** Counts one queue. Throws QueueUnknown. A queue that does not exist yet is an empty one. */
export type CountQueue = (ask: RedisAsk, queue: QueueSignal) => Promise<QueueCount>;

/** An answer that has to be a number. */
export function count(answer: unknown): number {
  const value = typeof answer === 'string' ? Number(answer) : answer;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new QueueUnknown('Redis answered something that is no number');
}

export function texts(answer: unknown): string[] {
  return Array.isArray(answer) ? answer.filter((one): one is string => typeof one === 'string') : [];
}

/** The clock of Redis itself, milliseconds since 1970: ours may be another one. */
export async function redisTimeMs(ask: RedisAsk): Promise<number> {
  const [time] = await ask(['time']);
  const [seconds, micros] = texts(time);
  return count(seconds) * 1000 + Math.floor(count(micros) / 1000);
}
