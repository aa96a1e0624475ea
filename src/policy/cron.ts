/**
 * The five fields of cron: minute, hour, day of the month, month, day of the week. Lists, ranges, steps (of `*` and of
 * ranges), names of months and days; 7 is Sunday too. Where both days are restricted, either will do.
 * Source: crontab(5).
 */

export interface Cron {
  minutes: readonly number[];
  hours: readonly number[];
  /** null: any */
  days: readonly number[] | null;
  /** 1 to 12 */
  months: readonly number[];
  /** 0 is Sunday; null: any */
  weekdays: readonly number[] | null;
}

interface FieldSpec {
  name: string;
  least: number;
  most: number;
  /** three letters each, the first standing for `least` */
  words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS = {
  minutes: { name: 'minute', least: 0, most: 59 },
  hours: { name: 'hour', least: 0, most: 23 },
  days: { name: 'day of the month', least: 1, most: 31 },
  months: { name: 'month', least: 1, most: 12, words: MONTHS },
  weekdays: { name: 'day of the week', least: 0, most: 7, words: WEEKDAYS },
} as const satisfies Record<string, FieldSpec>;
/** in a leap year */
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY_MS = 24 * 3600_000;

/** @param words five of them. @returns what is wrong, as text, where they are no cron */
export function parseCron(words: readonly string[]): Cron | string {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = words;
  const minutes = parseField(minute, FIELDS.minutes);
  const hours = parseField(hour, FIELDS.hours);
  const days = parseField(day, FIELDS.days);
  const months = parseField(month, FIELDS.months);
  const weekdays = parseField(weekday, FIELDS.weekdays);
  for (const field of [minutes, hours, days, months, weekdays]) if (typeof field === 'string') return field;
  const cron = { minutes, hours, days, months, weekdays } as Record<keyof Cron, number[]>;
  const anyDay = day.startsWith('*') && cron.days.length === 31;
  const anyWeekday = weekday.startsWith('*') && cron.weekdays.length === 8;
  const longest = Math.max(...cron.months.map((number) => LONGEST_MONTHS[number - 1] ?? 0));
  if (anyWeekday && Math.min(...cron.days) > longest) return 'names a day that its months do not have';
  return {
    ...cron,
    days: anyDay ? null : cron.days,
    weekdays: anyWeekday ? null : [...new Set(cron.weekdays.map((number) => number % 7))],
  };
}

/** The times of a day at which it begins, none when the day is another. Times of a clock, as `Date.UTC` has them. */
export function startsOn(cron: Cron, midnight: number): number[] {
  if (!isDay(cron, new Date(midnight))) return [];
  return cron.hours.flatMap((hour) => cron.minutes.map((minute) => midnight + (hour * 60 + minute) * 60_000));
}

/** Midnight of the day of a clock's time. */
export function midnightOf(clock: number): number {
  return Math.floor(clock / DAY_MS) * DAY_MS;
}

function isDay({ days, months, weekdays }: Cron, date: Date): boolean {
  if (!months.includes(date.getUTCMonth() + 1)) return false;
  const byDay = days?.includes(date.getUTCDate());
  const byWeekday = weekdays?.includes(date.getUTCDay());
  if (byDay === undefined || byWeekday === undefined) return (byDay ?? true) && (byWeekday ?? true);
  return byDay || byWeekday;
}

function parseField(text: string, field: FieldSpec): number[] | string {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const range = parseRange(part.toLowerCase(), field);
    if (range === null) {
      const { name, least, most } = field;
      return `has "${text}" for the ${name}, which is not made of numbers from ${least} to ${most}`;
    }
    for (let number = range.from; number <= range.to; number += range.step) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

function parseRange(text: string, field: FieldSpec): { from: number; to: number; step: number } | null {
  const [, first = '', second, every] = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const step = every === undefined ? 1 : Number(every);
  if (first === '' || step === 0) return null;
  if (first === '*') return second === undefined ? { from: field.least, to: field.most, step } : null;
  const from = parseNumber(first, field);
  const to = second === undefined ? from : parseNumber(second, field);
  if (from === null || to === null || from > to || (second === undefined && every !== undefined)) return null;
  return { from, to, step };
}

function parseNumber(text: string, { least, most, words = [] }: FieldSpec): number | null {
  if (words.includes(text)) return least + words.indexOf(text);
  if (!/^\d{1,2}$/.test(text)) return null;
  const number = Number(text);
  return number >= least && number <= most ? number : null;
}
