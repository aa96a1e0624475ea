/** Depth of RabbitMQ queues, from the management plugin's API: `messages_ready` and `messages_unacknowledged`. */

import type { HttpAnswer } from '../http-get.js';
import type { QueueSignal } from '../policy/policy.js';
import { HttpSource, type HttpSourceOptions } from './http-source.js';
import { measurementOf } from './redis-queues.js';
import type { Measurement } from './types.js';

const READ_DEADLINE_MS = 2_000;

export class RabbitQueues extends HttpSource<QueueSignal> {
  protected override readonly server = 'RabbitMQ';

  constructor(options: HttpSourceOptions) {
    super(options, READ_DEADLINE_MS);
  }

  describe({ key, url }: QueueSignal): string {
    return `queue "${key}" at ${url}`;
  }

  protected address({ url, key }: QueueSignal): string {
    return queueAddress(url, key);
  }

  protected measure({ status, body }: HttpAnswer, { key }: QueueSignal): Measurement {
    return parseQueue(status, body, key);
  }
}

/** The path of the URL is the virtual host; none is the default one, whose name is `/`. */
function queueAddress(url: string, queue: string): string {
  const { origin, pathname } = new URL(url);
  const vhost = decodeURIComponent(pathname.slice(1));
  return `${origin}/api/queues/${encodeURIComponent(vhost === '' ? '/' : vhost)}/${encodeURIComponent(queue)}`;
}

/** A queue whose node is down, or that was declared a moment ago, is told without numbers: unknown, not empty. */
export function parseQueue(status: number, body: string, queue: string): Measurement {
  const unknown = (why: string): Measurement => ({ value: null, note: `RabbitMQ: ${why}` });
  if (status === 401) return unknown('it wants a user and a password (SCALECTL_RABBITMQ_AUTH_FILE)');
  if (status === 404) return unknown(`there is no queue "${queue}" in this virtual host`);
  if (status !== 200) return unknown(`it answers ${status}`);
  let answer: Partial<Record<string, unknown>>;
  try {
    answer = JSON.parse(body) as Partial<Record<string, unknown>>;
  } catch {
    return unknown('the answer is no JSON');
  }
  const { messages_ready: ready, messages_unacknowledged: unacknowledged } = answer;
  if (typeof ready !== 'number' || typeof unacknowledged !== 'number') {
    return unknown('it does not tell the depth of the queue (its node may be down, or the queue quite new)');
  }
  const stats = answer['message_stats'] as Partial<Record<string, unknown>> | undefined;
  const acknowledged = stats?.['ack'];
  return measurementOf({
    waiting: ready,
    inFlight: unacknowledged,
    done: typeof acknowledged === 'number' ? acknowledged : null,
  });
}
