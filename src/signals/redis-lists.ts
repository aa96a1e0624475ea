/** Lengths of Redis lists. */

import { startDeadline } from './deadline.js';
import { RedisConnection } from './redis-connection.js';
import type { PasswordSource } from './redis-password.js';
import type { QueueLength, QueueQuery, ReadOptions, Source } from './types.js';

const READ_DEADLINE_MS = 1_000;

export interface RedisListsOptions {
  password: PasswordSource;
  deadlineMs?: number;
  /** wall clock, milliseconds since 1970 */
  now?: () => number;
}

/** One connection per URL, shared by all queues there. */
export class RedisLists implements Source<QueueQuery, QueueLength> {
  readonly #password: PasswordSource;
  readonly #deadlineMs: number;
  readonly #now: () => number;
  readonly #connections = new Map<string, RedisConnection>();

  constructor(options: RedisListsOptions) {
    this.#password = options.password;
    this.#deadlineMs = options.deadlineMs ?? READ_DEADLINE_MS;
    this.#now = options.now ?? (() => Date.now());
  }

  describe(query: QueueQuery): string {
    return `list "${query.key}" at ${query.url}`;
  }

  async read(queries: readonly QueueQuery[], options: ReadOptions = {}): Promise<QueueLength[]> {
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

  async #readOne(query: QueueQuery, signal: AbortSignal): Promise<QueueLength> {
    const connection = this.#connections.get(query.url) ?? new RedisConnection(query.url, this.#password);
    this.#connections.set(query.url, connection);
    const answer = await connection.listLength(query.key, signal);
    return 'length' in answer
      ? { length: answer.length, at: this.#now() }
      : { length: null, at: null, note: answer.unknown };
  }

  async #closeUnused(used: ReadonlySet<string>): Promise<void> {
    for (const [url, connection] of this.#connections) {
      if (used.has(url)) continue;
      this.#connections.delete(url);
      await connection.reset();
    }
  }
}
