/** The load that a daemon wrote into its journal, as a trace: what arrived at one service, as far as it was measured. */

import { UserError } from '../errors.js';
import { closest } from '../text.js';

/** How each line of a journal begins. */
const JOURNAL_LINE = '{"journal":1,';

/** Decisions come as often as the daemon makes them; a journal on disk has them once a minute where nothing happens. */
export const JOURNAL_BUCKET_SECONDS = 15;

export interface JournalPoint {
  /** seconds since 1970, of a bucket */
  at: number;
  value: number;
}

interface SignalLine {
  signal?: unknown;
  unit?: unknown;
  value?: unknown;
  coverage?: { running?: unknown } | null;
}

export function isJournal(text: string): boolean {
  // The very first line may have lost its beginning.
  const end = text.indexOf('\n');
  return text.startsWith(JOURNAL_LINE) || text.startsWith(JOURNAL_LINE, end + 1);
}

/**
 * Means over buckets of 15 s, in order. Requests per second where those are measured; else CPU use, in replicas that
 * are used in full; else jobs in the queue. Of the latter two only the shape is a load: they want a --capacity of 1,
 * or --peak-replicas.
 * @param service full or short name; may be left out where the journal tells of one only
 * @throws UserError for a service that it does not tell of
 */
export function readJournalLoad(name: string, text: string, service: string | null): JournalPoint[] {
  const seen = new Map<string, { at: number; signals: SignalLine[] }[]>();
  for (const line of text.split('\n')) {
    const decision = decisionIn(line);
    if (decision === null) continue;
    const kept = seen.get(decision.service) ?? [];
    kept.push(decision);
    seen.set(decision.service, kept);
  }
  const decisions = seen.get(chosen(name, [...seen.keys()].sort(), service)) ?? [];
  for (const read of [requestsIn, cpuIn, jobsIn]) {
    const points = decisions.flatMap(({ at, signals }) => {
      const value = read(signals);
      return value === null ? [] : [{ at, value }];
    });
    if (points.length > 0) return meansOf(points);
  }
  throw new UserError('tells of no requests, no CPU use and no queue of this service', { place: name });
}

function decisionIn(line: string): { service: string; at: number; signals: SignalLine[] } | null {
  if (!line.startsWith(JOURNAL_LINE)) return null;
  let value: {
    type?: unknown;
    at?: unknown;
    outcome?: { service?: unknown; decision?: { signals?: unknown } };
  };
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return null;
  }
  const { type, at, outcome } = value;
  const service = outcome?.service;
  const signals = outcome?.decision?.signals;
  const seconds = typeof at === 'string' ? Date.parse(at) / 1000 : NaN;
  if (type !== 'decision' || typeof service !== 'string' || !Array.isArray(signals)) return null;
  return Number.isNaN(seconds) ? null : { service, at: seconds, signals: signals as SignalLine[] };
}

function chosen(name: string, services: readonly string[], service: string | null): string {
  const [only] = services;
  const hint = services.length === 0 ? undefined : `It tells of: ${services.join(', ')}`;
  const details = { place: name, ...(hint === undefined ? {} : { hint }) };
  if (only === undefined) throw new UserError('has no decisions in it', details);
  if (service === null) {
    if (services.length === 1) return only;
    throw new UserError('tells of several services', {
      ...details,
      hint: `Add --service, one of: ${services.join(', ')}`,
    });
  }
  const matches = services.filter((one) => one === service || one.endsWith(`_${service}`));
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return match;
  const guess = closest(service, services);
  throw new UserError(`"${service}" is not among its services`, {
    place: '--service',
    ...(guess === null
      ? details.hint === undefined
        ? {}
        : { hint: details.hint }
      : { hint: `Did you mean "${guess}"?` }),
  });
}

function requestsIn(signals: readonly SignalLine[]): number | null {
  return numberOf(signals.find(({ unit }) => unit === 'requests/s')?.value);
}

function cpuIn(signals: readonly SignalLine[]): number | null {
  const cpu = signals.find(({ signal }) => signal === 'cpu');
  const percent = numberOf(cpu?.value);
  const running = numberOf(cpu?.coverage?.running);
  return percent === null || running === null ? null : (percent / 100) * running;
}

function jobsIn(signals: readonly SignalLine[]): number | null {
  return numberOf(signals.find(({ unit }) => unit === 'jobs')?.value);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

function meansOf(points: readonly JournalPoint[]): JournalPoint[] {
  const buckets = new Map<number, { sum: number; count: number }>();
  for (const { at, value } of points) {
    const bucket = Math.floor(at / JOURNAL_BUCKET_SECONDS) * JOURNAL_BUCKET_SECONDS;
    const { sum, count } = buckets.get(bucket) ?? { sum: 0, count: 0 };
    buckets.set(bucket, { sum: sum + value, count: count + 1 });
  }
  return [...buckets].map(([at, { sum, count }]) => ({ at, value: sum / count })).sort((a, b) => a.at - b.at);
}
