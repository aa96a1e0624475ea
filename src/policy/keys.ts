/** Every label that scalectl knows on a service, and kinds of queue that it can read. */

import type { QueueKind } from './policy.js';

export const LABEL_PREFIX = 'scalectl.';
export const LAST_SCALE_LABEL = 'scalectl.last-scale';
/** until when the autoscaler leaves the service alone */
export const PAUSE_LABEL = 'scalectl.paused-until';

/** Labels that scalectl writes itself; a policy is not made of them, and a deploy neither compares nor drops them. */
export const STATE_LABELS: ReadonlySet<string> = new Set([LAST_SCALE_LABEL, PAUSE_LABEL]);

export const POLICY_LABELS: readonly string[] = [
  'scalectl.autoscale',
  'scalectl.min',
  'scalectl.max',
  'scalectl.cpu.target',
  'scalectl.cpu.up',
  'scalectl.cpu.down',
  'scalectl.memory.target',
  'scalectl.memory.up',
  'scalectl.memory.down',
  'scalectl.throttling.target',
  'scalectl.queue.url',
  'scalectl.queue.key',
  'scalectl.queue.kind',
  'scalectl.queue.group',
  'scalectl.queue.processing',
  'scalectl.queue.prefix',
  'scalectl.queue.target',
  'scalectl.queue.drain',
  'scalectl.queue.concurrency',
  'scalectl.queue.activation',
  'scalectl.http.backend',
  'scalectl.http.url',
  'scalectl.http.target',
  'scalectl.http.forecast',
  'scalectl.http.queued',
  'scalectl.http.response',
  'scalectl.http.errors',
  'scalectl.sessions.target',
  'scalectl.prometheus.url',
  'scalectl.prometheus.query',
  'scalectl.prometheus.kind',
  'scalectl.prometheus.target',
  'scalectl.prometheus.activation',
  'scalectl.json.url',
  'scalectl.json.pointer',
  'scalectl.json.kind',
  'scalectl.json.target',
  'scalectl.json.activation',
  'scalectl.up.window',
  'scalectl.down.window',
  'scalectl.up.step',
  'scalectl.down.step',
  'scalectl.up.cooldown',
  'scalectl.down.cooldown',
  'scalectl.hold',
  'scalectl.coverage',
  'scalectl.on-error',
  'scalectl.stateful',
  'scalectl.timezone',
];

/** Labels of schedules have names that people choose behind this. */
export const SCHEDULE_PREFIX = 'scalectl.schedule.';

export function isPolicyLabel(label: string): boolean {
  return POLICY_LABELS.includes(label) || /^scalectl\.schedule\.[a-z\d][a-z\d_-]*$/i.test(label);
}

export const QUEUE_KINDS: readonly QueueKind[] = [
  'list',
  'bullmq',
  'bull',
  'stream',
  'celery',
  'sidekiq',
  'rq',
  'rabbitmq',
];
