/** Every label that scalectl knows on a service, and which of them this version can act on. */

export const LABEL_PREFIX = 'scalectl.';
export const LAST_SCALE_LABEL = 'scalectl.last-scale';

/** Labels that scalectl writes itself; a policy is not made of them. */
export const STATE_LABELS: ReadonlySet<string> = new Set([LAST_SCALE_LABEL]);

/** Policy labels that are understood and carried out. */
export const SUPPORTED_LABELS: readonly string[] = [
  'scalectl.autoscale',
  'scalectl.min',
  'scalectl.max',
  'scalectl.cpu.target',
  'scalectl.cpu.up',
  'scalectl.cpu.down',
  'scalectl.memory.target',
  'scalectl.memory.up',
  'scalectl.memory.down',
  'scalectl.queue.url',
  'scalectl.queue.key',
  'scalectl.queue.kind',
  'scalectl.queue.target',
  'scalectl.up.window',
  'scalectl.down.window',
  'scalectl.up.step',
  'scalectl.down.step',
  'scalectl.up.cooldown',
  'scalectl.down.cooldown',
  'scalectl.on-error',
];

/** Policy labels whose names are taken, and which nothing reads yet. Ignoring them would be a silent failure. */
export const UNSUPPORTED_LABELS: readonly string[] = [
  'scalectl.http.backend',
  'scalectl.http.target',
  'scalectl.http.forecast',
  'scalectl.sessions.target',
  'scalectl.prometheus.url',
  'scalectl.prometheus.query',
  'scalectl.prometheus.target',
];

export const QUEUE_KINDS: readonly string[] = ['list', 'bullmq', 'bull', 'stream', 'celery', 'sidekiq', 'rq'];
