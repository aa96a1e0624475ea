/** Notifications over HTTP: posted in order, tried again, given up in the end. Never in the way of a tick. */

import { httpSend } from '../http-get.js';
import type { Clock } from './clock.js';
import type { Notice } from './notices.js';

const MOST_WAITING = 100;
const TRIES = 3;
const FIRST_BACKOFF_MS = 1_000;
const DEADLINE_MS = 5_000;

export interface WebhookOptions {
  /** may hold a secret: it is never told to anybody but its host */
  url: string;
  clock: Pick<Clock, 'sleep' | 'random'>;
  onResult: (result: 'sent' | 'failed' | 'dropped', message: string) => void;
  /** sent with every notice, e.g. the id of the Swarm */
  about: () => Readonly<Record<string, string | null>>;
}

export class Webhook {
  readonly #options: WebhookOptions;
  readonly #waiting: Notice[] = [];
  readonly #stop = new AbortController();
  #sending: Promise<void> | null = null;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  notify(notice: Notice): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#options.onResult(
        'dropped',
        `${MOST_WAITING} notifications wait for ${originOf(this.#options.url)}`,
      );
      return;
    }
    this.#waiting.push(notice);
    this.#sending ??= this.#send();
  }

  /** What waits gets one more chance, no second backoff, and in all no more time than one notification may take. */
  async close(): Promise<void> {
    this.#stop.abort();
    const { clock, onResult, url } = this.#options;
    if (this.#sending === null) return;
    const ended = new AbortController();
    await Promise.race([this.#sending, clock.sleep(DEADLINE_MS, ended.signal)]);
    // The rest of that sleep would keep the process.
    ended.abort();
    for (const _ of this.#waiting.splice(0)) onResult('dropped', `${originOf(url)} was too slow`);
  }

  async #send(): Promise<void> {
    await Promise.resolve();
    for (let notice = this.#waiting.shift(); notice !== undefined; notice = this.#waiting.shift()) {
      await this.#deliver(notice);
    }
    this.#sending = null;
  }

  async #deliver(notice: Notice): Promise<void> {
    const { url, clock, onResult, about } = this.#options;
    const body = JSON.stringify({
      apiVersion: 'scalectl/v1',
      ...about(),
      ...notice,
      kind: 'Notification',
      event: notice.kind,
    });
    for (let attempt = 1; ; attempt++) {
      const trouble = await post(url, body);
      if (trouble === null) {
        onResult('sent', '');
        return;
      }
      if (attempt === TRIES || !trouble.again || this.#stop.signal.aborted) {
        onResult('failed', `${originOf(url)}: ${trouble.message}`);
        return;
      }
      const backoff = FIRST_BACKOFF_MS * 4 ** (attempt - 1);
      await clock.sleep(backoff / 2 + (backoff / 2) * clock.random(), this.#stop.signal);
    }
  }
}

/** Null when it was taken. A refusal (4xx) other than "too many" is for good. */
async function post(url: string, body: string): Promise<{ message: string; again: boolean } | null> {
  try {
    const { status } = await httpSend(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(DEADLINE_MS),
      maxBytes: 64 * 1024,
    });
    if (status >= 200 && status < 300) return null;
    return { message: `answered ${status}`, again: status >= 500 || status === 429 || status === 408 };
  } catch (error) {
    return { message: (error as Error).message, again: true };
  }
}

/** Of a URL that may hold a secret, what may be told. */
export function originOf(url: string): string {
  return new URL(url).origin;
}
