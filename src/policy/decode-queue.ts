/** Queues from labels. */

import { didYouMean } from '../text.js';
import { DEFAULT_JOBS_PER_REPLICA } from './defaults.js';
import { QUEUE_KINDS } from './keys.js';
import type { LabelReader } from './label-reader.js';
import type { QueueKind, QueueSignal } from './policy.js';
import { parseHttpUrl } from './urls.js';
import {
  parseCount,
  parseDurationMs,
  parsePositive,
  parseRedisUrl,
  type Field,
  type ProblemSink,
} from './values.js';

const PARTS = [
  'url',
  'key',
  'kind',
  'target',
  'group',
  'processing',
  'prefix',
  'drain',
  'concurrency',
  'activation',
];

/** Labels that only some kinds of queue have a use for. */
const ONLY_FOR: Readonly<Record<string, readonly QueueKind[]>> = {
  group: ['stream'],
  processing: ['list'],
  prefix: ['bull', 'bullmq', 'celery', 'sidekiq', 'rq'],
};

export function decodeQueue(reader: LabelReader): QueueSignal | null {
  const first = PARTS.find((part) => reader.has(`queue.${part}`));
  if (first === undefined) return null;
  const queue = reader.has('queue.kind') ? reader.value('queue.kind', parseKind) : 'list';
  const rabbit = queue === 'rabbitmq';
  const url = queue === null ? null : rabbit ? rabbitUrl(reader) : redisUrl(reader);
  const key = reader.text('queue.key', 'key', 'orders');
  const jobs = reader.value('queue.target', (field, sink) => parsePositive(field, sink, 'jobs per replica'));
  const optional = {
    group: reader.text('queue.group', 'consumer group', 'workers'),
    processing: reader.text('queue.processing', 'key', 'orders:processing'),
    prefix: reader.text('queue.prefix', 'prefix', 'bull'),
    drainMs: reader.value('queue.drain', parseDrainMs),
    concurrency: reader.value('queue.concurrency', (field, sink) =>
      parsePositive(field, sink, 'jobs at once'),
    ),
    activation: reader.value('queue.activation', (field, sink) => parseCount(field, sink, 'jobs')),
  };
  reader.requires(`queue.${first}`, { 'queue.url': 'redis://redis:6379', 'queue.key': 'orders' });
  if (queue !== null) checkKind(reader, queue);
  if (url === null || key === null || queue === null) return null;
  return {
    kind: 'queue',
    queue,
    url,
    key,
    jobsPerReplica: jobs ?? DEFAULT_JOBS_PER_REPLICA,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
  };
}

function checkKind(reader: LabelReader, queue: QueueKind): void {
  for (const [part, kinds] of Object.entries(ONLY_FOR)) {
    if (!reader.has(`queue.${part}`) || kinds.includes(queue)) continue;
    reader.problem(
      `queue.${part}`,
      `means nothing for a queue of kind ${queue}`,
      `Remove it; it is for ${kinds.join(', ')}.`,
    );
  }
  if (queue === 'stream' && !reader.has('queue.group')) {
    reader.problem(
      'queue.kind',
      '"stream" stands without scalectl.queue.group',
      'Add scalectl.queue.group: "workers", for example: a stream never shortens by being read, its groups know what is left.',
    );
  }
  if (queue === 'list' && reader.has('queue.drain') && !reader.has('queue.processing')) {
    reader.problem(
      'queue.drain',
      'needs to see the jobs that are being worked at, and a plain list forgets a job once it is taken',
      'Move jobs with BLMOVE and add scalectl.queue.processing: "orders:processing", or use scalectl.queue.target.',
    );
  }
}

function parseKind(field: Field, sink: ProblemSink): QueueKind | null {
  const kind = QUEUE_KINDS.find((name) => name === field.text);
  return (
    kind ??
    sink.reject(
      field,
      'is no kind of queue that scalectl knows',
      didYouMean(field.text, QUEUE_KINDS) ?? `Write one of ${QUEUE_KINDS.join(', ')}.`,
    )
  );
}

function parseDrainMs(field: Field, sink: ProblemSink): number | null {
  const ms = parseDurationMs(field, sink);
  if (ms === null || ms >= 1_000) return ms;
  return sink.reject(
    field,
    'is too short a time to empty a queue in',
    `Write ${field.assign('60s')}, for example.`,
  );
}

function redisUrl(reader: LabelReader): string | null {
  const address = reader.value('queue.url', parseRedisUrl);
  if (address === null || address.password === null) return address?.url ?? null;
  reader.problem(
    'queue.url',
    'holds a password, and everyone who can read the service can read its labels',
    'Remove the password from the URL and give the daemon REDIS_PASSWORD_FILE.',
  );
  return null;
}

function rabbitUrl(reader: LabelReader): string | null {
  return reader.value('queue.url', (field, sink) =>
    parseHttpUrl(field, sink, {
      example: 'http://rabbitmq:15672',
      secretFile: 'SCALECTL_RABBITMQ_AUTH_FILE',
    }),
  );
}
