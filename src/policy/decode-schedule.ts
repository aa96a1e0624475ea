/** Schedules from labels: `scalectl.schedule.NAME: "0 8 * * mon-fri 10h min=4"`. */

import { parseCron } from './cron.js';
import { LABEL_PREFIX, SCHEDULE_PREFIX } from './keys.js';
import type { LabelReader } from './label-reader.js';
import type { Schedule } from './schedule.js';
import { isTimeZone } from './time-zone.js';
import { parseDurationMs, parseReplicas, type Field, type ProblemSink } from './values.js';

const EXAMPLE = '0 8 * * mon-fri 10h min=4';
const CRON_FIELDS = 5;
const SHORTEST_MS = 60_000;

export function decodeSchedules(reader: LabelReader, keys: readonly string[]): Schedule[] {
  const names = keys.flatMap((key) =>
    key.startsWith(SCHEDULE_PREFIX) ? [key.slice(SCHEDULE_PREFIX.length)] : [],
  );
  const timeZone = reader.has('timezone') ? reader.value('timezone', parseTimeZone) : 'UTC';
  if (names.length === 0 && reader.has('timezone')) {
    reader.problem(
      'timezone',
      'stands without a schedule',
      `Add scalectl.schedule.office: "${EXAMPLE}", for example.`,
    );
  }
  return names.flatMap((name) => {
    const decoded = reader.value(`${SCHEDULE_PREFIX.slice(LABEL_PREFIX.length)}${name}`, parseWindow);
    return decoded === null || timeZone === null ? [] : [{ name, timeZone, ...decoded }];
  });
}

/** A window that asks for what the bounds do not allow would be a second, hidden pair of bounds. */
export function checkSchedules(
  reader: LabelReader,
  schedules: readonly Schedule[],
  { min, max }: { min: number; max: number },
): void {
  for (const { name, kind, replicas } of schedules) {
    const label = `schedule.${name}`;
    if (replicas > max) {
      reader.problem(
        label,
        `asks for ${replicas} replicas, and scalectl.max is ${max}`,
        `Raise scalectl.max to ${replicas}, or lower the number.`,
      );
    } else if (kind === 'floor' && replicas <= min) {
      reader.problem(
        label,
        `changes nothing: scalectl.min is ${min} at any time`,
        'Raise the number, or lower scalectl.min.',
      );
    } else if (replicas < min) {
      reader.problem(
        label,
        `asks for ${replicas} replicas, and scalectl.min is ${min}`,
        `Lower scalectl.min to ${replicas}, or raise the number.`,
      );
    }
  }
}

function parseTimeZone(field: Field, sink: ProblemSink): string | null {
  if (isTimeZone(field.text)) return field.text;
  return sink.reject(field, 'is no time zone', `Write ${field.assign('Europe/Berlin')}, for example.`);
}

type Window = Pick<Schedule, 'cron' | 'durationMs' | 'kind' | 'replicas'>;

function parseWindow(field: Field, sink: ProblemSink): Window | null {
  const words = field.text.split(/\s+/);
  const [duration = '', aim = ''] = words.slice(CRON_FIELDS);
  if (words.length !== CRON_FIELDS + 2) {
    return sink.reject(
      field,
      'is no schedule: it takes the five fields of cron, a duration, and min=N or replicas=N',
      `Write ${field.assign(EXAMPLE)}, for example.`,
    );
  }
  const cron = parseCron(words);
  if (typeof cron === 'string') {
    return sink.reject(field, cron, `Write ${field.assign(EXAMPLE)}, for example.`);
  }
  const [, what = '', number = ''] = /^(min|replicas)=(.*)$/.exec(aim) ?? [];
  if (what === '') {
    return sink.reject(
      field,
      `ends in "${aim}", which is neither min=N nor replicas=N`,
      'Write min=4 for at least 4 replicas, replicas=4 for exactly 4.',
    );
  }
  const part = (text: string): Field => ({ ...field, text });
  const durationMs = parseDurationMs(part(duration), sink);
  const replicas = parseReplicas(part(number), sink);
  if (durationMs === null || replicas === null) return null;
  if (durationMs < SHORTEST_MS) {
    return sink.reject(field, 'lasts less than a minute', `Write ${field.assign(EXAMPLE)}, for example.`);
  }
  return { cron, durationMs, kind: what === 'min' ? 'floor' : 'fixed', replicas };
}
