/** The settings of a policy one by one, each with where its value comes from. */

import { formatDurationMs } from '../text.js';
import {
  DEFAULT_COVERAGE_PERCENT,
  DEFAULT_DOWN,
  DEFAULT_DOWN_BY_REQUESTS,
  DEFAULT_HOLD_MS,
  DEFAULT_JOBS_PER_REPLICA,
  DEFAULT_MIN,
  DEFAULT_ON_ERROR,
  DEFAULT_UP,
  SHORTEST_WINDOW_MS,
  WINDOW_START_UPS,
} from './defaults.js';
import { LABEL_PREFIX, STATE_LABELS } from './keys.js';
import type { StepLimit } from './policy.js';

export interface PolicySetting {
  /** without the prefix that all labels share: `down.window` */
  key: string;
  /** as a person would write it; what stands before an @ in a URL is left out */
  value: string;
  from: 'label' | 'default';
}

/** a key, or the beginning of several: `schedule.` */
type Has = (key: string) => boolean;

/** What holds without a label, and when it means anything. */
const DEFAULTS: readonly (readonly [key: string, value: string, applies?: (has: Has) => boolean])[] = [
  ['min', String(DEFAULT_MIN)],
  ['queue.kind', 'list', (has) => has('queue.key')],
  ['queue.target', String(DEFAULT_JOBS_PER_REPLICA), (has) => has('queue.key') && !has('queue.drain')],
  ['queue.concurrency', 'measured', (has) => has('queue.drain')],
  ['http.target', 'learned', byRequests],
  ['http.forecast', 'true', byRequests],
  ['prometheus.kind', 'total', (has) => has('prometheus.query')],
  ['json.kind', 'total', (has) => has('json.pointer')],
  ['timezone', 'UTC', (has) => has('schedule.')],
  ['up.window', formatWindow(DEFAULT_UP.windowMs)],
  ['down.window', formatWindow(DEFAULT_DOWN.windowMs), (has) => !byRequests(has)],
  ['down.window', windowByStartUp(), byRequests],
  ['up.step', formatStep(DEFAULT_UP.step)],
  ['down.step', formatStep(DEFAULT_DOWN.step)],
  ['up.cooldown', formatWindow(DEFAULT_UP.cooldownMs)],
  ['down.cooldown', formatWindow(DEFAULT_DOWN.cooldownMs)],
  ['hold', formatWindow(DEFAULT_HOLD_MS)],
  ['coverage', String(DEFAULT_COVERAGE_PERCENT)],
  ['on-error', DEFAULT_ON_ERROR.kind],
];

/** What labels say first, in their order, then what holds because they say nothing. Empty without any label of ours. */
export function explainSettings(labels: Readonly<Record<string, string>>): PolicySetting[] {
  const own = Object.entries(labels)
    .filter(([label]) => label.startsWith(LABEL_PREFIX) && !STATE_LABELS.has(label))
    .map(([label, text]): PolicySetting => {
      return { key: label.slice(LABEL_PREFIX.length), value: withoutSecrets(text), from: 'label' };
    });
  if (own.length === 0) return [];
  const has: Has = (key) =>
    own.some((setting) => (key.endsWith('.') ? setting.key.startsWith(key) : setting.key === key));
  const rest = DEFAULTS.filter(([key, , applies]) => !has(key) && (applies?.(has) ?? true));
  return [...own, ...rest.map(([key, value]): PolicySetting => ({ key, value, from: 'default' }))];
}

/** Connections that stay open are counted instead, unless both are asked for. */
function byRequests(has: Has): boolean {
  return has('http.backend') && (has('http.target') || has('http.forecast') || !has('sessions.target'));
}

/** A password in a URL makes a policy invalid, and is still nobody's business. */
function withoutSecrets(text: string): string {
  return text.replace(/(?<=:\/\/).*@/, '***@');
}

function windowByStartUp(): string {
  const [least, most] = [SHORTEST_WINDOW_MS, DEFAULT_DOWN_BY_REQUESTS.windowMs].map(formatDurationMs);
  return `${least} to ${most}, ${WINDOW_START_UPS} start-ups`;
}

function formatWindow(ms: number): string {
  return ms === 0 ? '0s' : formatDurationMs(ms);
}

function formatStep({ replicas, percent }: StepLimit): string {
  if (replicas === null && percent === null) return 'no limit';
  return [
    ...(replicas === null ? [] : [String(replicas)]),
    ...(percent === null ? [] : [`${percent}%`]),
  ].join(',');
}
