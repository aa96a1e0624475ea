/**
 * One connection to one Redis, which looks after itself: opened on first use, reopened after an outage, logged in
 * anew on each connection. ioredis is loaded only when there is a queue to read.
 */

import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { valueOrNull } from './deadline.js';
import { QueueUnknown, type RedisAsk } from './redis-ask.js';
import type { PasswordSource } from './redis-password.js';

export type RedisAnswer<T> = { value: T } | { unknown: string };

const LONGEST_RETRY_MS = 2_000;

export class RedisConnection {
  readonly #url: URL;
  readonly #password: PasswordSource;
  #client: Promise<Redis> | null = null;
  /** true once this very connection has logged in and chosen its database */
  #prepared = false;
  /** why there is no connection, as the network tells it */
  #lastError: string | null = null;

  constructor(url: string, password: PasswordSource) {
    this.#url = new URL(url);
    this.#password = password;
  }

  /**
   * What `read` makes of the answers to its commands; unknown with a reason when it throws, and when there is no
   * connection or no answer. Does not throw, and ends with the signal.
   */
  async run<T>(read: (ask: RedisAsk) => Promise<T>, signal: AbortSignal): Promise<RedisAnswer<T>> {
    const client = await (this.#client ??= this.#open());
    for (;;) {
      if (!(await ready(client, signal))) return { unknown: this.#lastError ?? 'no connection' };
      const asked = this.#ask(client, read).catch((error: unknown): RedisAnswer<T> => ({
        unknown: firstLine(error),
      }));
      const answer = await valueOrNull(asked, signal);
      if (answer === null) {
        // Connected, and no word: the connection may be a dead one that nobody has told us of.
        await this.reset();
        return { unknown: 'connected, but no answer in time' };
      }
      // Lost while asking: there may be time for another connection.
      if ('value' in answer || client.status === 'ready') return answer;
    }
  }

  /** Ends a connection that does not answer; the next read opens a new one. */
  async reset(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    this.#prepared = false;
    (await client)?.disconnect();
  }

  async #open(): Promise<Redis> {
    const { Redis: Client } = await import('./redis-client.js');
    const { protocol, hostname, port } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    const client = new Client({
      host,
      port: Number(port),
      ...(protocol === 'rediss:' ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
      lazyConnect: true,
      connectTimeout: 1_000,
      // Failing at once is better than an answer that belongs to an earlier tick.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
      retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 10), LONGEST_RETRY_MS),
    });
    client.on('error', (error) => {
      this.#lastError = firstLine(error);
    });
    client.on('ready', () => {
      this.#lastError = null;
    });
    client.on('close', () => {
      this.#prepared = false;
    });
    return client;
  }

  async #ask<T>(client: Redis, read: (ask: RedisAsk) => Promise<T>): Promise<RedisAnswer<T>> {
    const problem = await this.#prepare(client);
    if (problem !== null) return { unknown: problem };
    const value = await read(async (...commands) => {
      const answers = await client.pipeline(commands.map((command) => [...command])).exec();
      return commands.map((command, index) => {
        const [error, answer] = answers?.[index] ?? [new Error('no answer')];
        if (error === null) return answer;
        const message = firstLine(error);
        if (message.startsWith('NOAUTH')) this.#prepared = false;
        throw new QueueUnknown(
          message.startsWith('WRONGTYPE')
            ? `key "${String(command[1])}" holds something that ${command[0]} cannot read`
            : message,
        );
      });
    });
    return { value };
  }

  /**
   * Logs in and chooses the database; null when all is well. We do this ourselves, since ioredis would write its
   * warnings to the terminal and keep a password that has changed.
   */
  async #prepare(client: Redis): Promise<string | null> {
    if (this.#prepared) return null;
    try {
      const password = await this.#password(this.#url.href);
      if (password !== null) {
        const problem = await client.auth(password).then(() => null, authProblem);
        if (problem !== null) return problem;
      }
      const database = this.#url.pathname.slice(1);
      if (database !== '' && database !== '0') await client.select(Number(database));
      this.#prepared = true;
      return null;
    } catch (error) {
      return firstLine(error);
    }
  }
}

/** Waits until commands can be sent, or the signal aborts. */
function ready(client: Redis, signal: AbortSignal): Promise<boolean> {
  if (client.status === 'ready') return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (value: boolean) => (): void => {
      client.off('ready', onReady);
      signal.removeEventListener('abort', onAbort);
      resolve(value);
    };
    const onReady = settle(true);
    const onAbort = settle(false);
    client.once('ready', onReady);
    signal.addEventListener('abort', onAbort, { once: true });
    // "wait": never connected; "end": given up for good. In every other state ioredis is already at it.
    if (client.status === 'wait' || client.status === 'end') client.connect().catch(() => undefined);
  });
}

/** A server without a password says so when it is offered one, which is no reason not to read from it. */
function authProblem(error: unknown): string | null {
  const message = firstLine(error);
  return /without any password configured|no password is set/i.test(message) ? null : message;
}

/** The message alone: the error of a command carries its arguments, and those of AUTH are the password. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('enableOfflineQueue')) return 'the connection was lost';
  return message.split('\n', 1)[0]?.slice(0, 200) ?? 'unknown error';
}
