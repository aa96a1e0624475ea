/** Queues that lie in Redis, whichever library laid them out. */

import type { QueueKind, QueueSignal } from '../policy/policy.js';
import { startDeadline } from './deadline.js';
import { countBull } from './queues/bull.js';
import { countCelery } from './queues/celery.js';
import { countList } from './queues/list.js';
import { countRq } from './queues/rq.js';
import { countSidekiq } from './queues/sidekiq.js';
import { countStream } from './queues/stream.js';
import type { CountQueue, QueueCount } from './redis-ask.js';
import { RedisConnection } from './redis-connection.js';
import type { PasswordSource } from './redis-password.js';
import type { Measurement, ReadOptions, Source } from './types.js';

const READ_DEADLINE_MS = 1_000;

const COUNT: Readonly<Record<Exclude<QueueKind, 'rabbitmq'>, CountQueue>> = {
  list: countList,
  bull: countBull,
  bullmq: countBull,
  stream: countStream,
  celery: countCelery,
  sidekiq: countSidekiq,
  rq: countRq,
};

export interface RedisQueuesOptions {
  password: PasswordSource;
  deadlineMs?: number;
}

/** One connection per URL, shared by all queues there. */
export class RedisQueues implements Source<QueueSignal, Measurement> {
  readonly #password: PasswordSource;
  readonly #deadlineMs: number;
  readonly #connections = new Map<string, RedisConnection>();

  constructor(options: RedisQueuesOptions) {
    this.#password = options.password;
    this.#deadlineMs = options.deadlineMs ?? READ_DEADLINE_MS;
  }

  describe(query: QueueSignal): string {
    return `${query.queue} "${query.key}" at ${query.url}`;
  }

  async read(queries: readonly QueueSignal[], options: ReadOptions = {}): Promise<Measurement[]> {
    await this.#closeUnused(new Set(queries.map(({ url }) => url)));
    const deadline = startDeadline(this.#deadlineMs, options.signal);
    try {
      return await Promise.all(queries.map((query) => this.#readOne(query, deadline.signal)));
    } finally {
      deadline.clear();
    }
  }

  async close(): Promise<void> {
    await this.#closeUnused(new Set());
  }

  async #readOne(query: QueueSignal, signal: AbortSignal): Promise<Measurement> {
    if (query.queue === 'rabbitmq') return { value: null, note: 'is not in Redis' };
    const countQueue = COUNT[query.queue];
    const connection = this.#connections.get(query.url) ?? new RedisConnection(query.url, this.#password);
    this.#connections.set(query.url, connection);
    const answer = await connection.run((ask) => countQueue(ask, query), signal);
    return 'unknown' in answer ? { value: null, note: answer.unknown } : measurementOf(answer.value);
  }

  async #closeUnused(used: ReadonlySet<string>): Promise<void> {
    for (const [url, connection] of this.#connections) {
      if (used.has(url)) continue;
      this.#connections.delete(url);
      await connection.reset();
    }
  }
}

/** A count as a measurement, the parts of it told to people too. */
export function measurementOf(counted: QueueCount): Measurement {
  const { waiting, inFlight, paused = false, done = null, note, partial } = counted;
  const notes = [
    ...(inFlight === null ? [] : [`${waiting} waiting, ${inFlight} in flight`]),
    ...(paused ? ['the queue is paused'] : []),
    ...(note === undefined ? [] : [note]),
  ];
  return {
    value: waiting + (inFlight ?? 0),
    work: { waiting, inFlight, paused, done },
    ...(notes.length === 0 ? {} : { note: notes.join(', ') }),
    ...(partial === undefined ? {} : { partial }),
  };
}
