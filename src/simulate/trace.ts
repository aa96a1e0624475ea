/** A load over time, read from what people have: counts per bucket, or what Prometheus answers to a range query. */

import { UserError } from '../errors.js';
import { isJournal, JOURNAL_BUCKET_SECONDS, readJournalLoad } from './journal-trace.js';
import { arrivalsOf, type Jobs } from './jobs.js';

export interface Trace {
  /** as it was given, e.g. the file's name */
  name: string;
  bucketSeconds: number;
  /** arrivals per second in each bucket; a bucket that the file leaves out is as the one before */
  rates: Float64Array;
  /** for a list of jobs: each of them, and `rates` counts them */
  jobs?: Jobs;
}

const COUNTS_HEADER = 't_seconds,value';
const JOBS_HEADER = 't_seconds,job_seconds';

/** More than this at one-second steps would not fit into memory: half a year. */
const MOST_SECONDS = 183 * 86_400;

/**
 * A trace from the text of a file: a journal of the daemon, JSON when it begins like JSON, else CSV.
 * @param service of a journal, the one whose load it is
 * @throws UserError
 */
export function parseTrace(name: string, text: string, service: string | null = null): Trace {
  if (isJournal(text)) {
    const points = readJournalLoad(name, text, service);
    bucketOf(name, points);
    return toTrace(name, points, JOURNAL_BUCKET_SECONDS);
  }
  if (service !== null) {
    throw new UserError(`${name} is no journal, and tells of one load`, {
      place: '--service',
      hint: 'Leave it out.',
    });
  }
  if (text.startsWith(JOBS_HEADER)) return parseJobs(name, text);
  return text.trimStart().startsWith('{') ? parsePrometheus(name, text) : parseCounts(name, text);
}

/** `t_seconds,value` with a header: counts in the bucket that starts at `t_seconds`. */
function parseCounts(name: string, text: string): Trace {
  const header = text.slice(0, text.indexOf('\n')).trim();
  if (header !== COUNTS_HEADER) {
    throw new UserError(`"${header.slice(0, 60)}" is not the header of a trace`, {
      place: `${name}:1`,
      hint:
        `Begin the file with "${COUNTS_HEADER}" (seconds from the start, and the count in the bucket that starts ` +
        `there) or "${JOBS_HEADER}" (one line per job).`,
    });
  }
  const points = rowsOf(name, text);
  const bucketSeconds = bucketOf(name, points);
  const perSecond = points.map(({ at, value }) => ({ at, value: value / bucketSeconds }));
  return toTrace(name, perSecond, bucketSeconds);
}

/** `t_seconds,job_seconds` with a header: when each job comes, and how long it takes. */
function parseJobs(name: string, text: string): Trace {
  const rows = rowsOf(name, text).sort((a, b) => a.at - b.at);
  const start = rows[0]?.at ?? 0;
  const seconds = Math.floor((rows.at(-1)?.at ?? 0) - start) + 1;
  checkLength(name, seconds);
  const jobs = {
    at: Float64Array.from(rows, ({ at }) => at - start),
    seconds: Float64Array.from(rows, ({ value }) => value),
  };
  return { name, bucketSeconds: 1, rates: arrivalsOf(jobs, seconds), jobs };
}

function rowsOf(name: string, text: string): Point[] {
  const points: Point[] = [];
  const lines = text.split('\n');
  for (let index = 1; index < lines.length; index++) {
    const line = (lines[index] ?? '').trim();
    if (line === '') continue;
    const comma = line.indexOf(',');
    const point = { at: numberIn(line.slice(0, comma)), value: numberIn(line.slice(comma + 1)) };
    if (comma < 0 || !(point.at >= 0) || !(point.value >= 0)) {
      throw new UserError(`"${line.slice(0, 60)}" is not a time and a number`, {
        place: `${name}:${index + 1}`,
        hint: 'Write two numbers from 0 on, e.g. "300,56".',
      });
    }
    points.push(point);
  }
  return points;
}

/**
 * The answer of Prometheus to `/api/v1/query_range`, with values per second (`sum(rate(…[1m]))`). Several series are
 * added up; a value that is NaN or missing is taken as the one before.
 */
function parsePrometheus(name: string, text: string): Trace {
  const refuse = (what: string) =>
    new UserError(what, {
      place: name,
      hint: 'Save the answer of /api/v1/query_range to a query like sum(rate(http_requests_total[1m])).',
    });
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw new UserError(`is no JSON: ${(error as Error).message}`, { place: name, cause: error });
  }
  const data = (answer as { data?: { resultType?: unknown; result?: unknown } }).data;
  if (data?.resultType !== 'matrix' || !Array.isArray(data.result)) {
    throw refuse('is not the answer to a range query of Prometheus');
  }
  const sums = new Map<number, number>();
  for (const series of data.result as { values?: unknown }[]) {
    if (!Array.isArray(series.values)) throw refuse('has a series without values');
    for (const pair of series.values as unknown[]) {
      const [at, value] = Array.isArray(pair) ? [Number(pair[0]), Number(pair[1])] : [NaN, NaN];
      if (!Number.isFinite(at)) throw refuse('has a value without a time');
      if (value >= 0 && Number.isFinite(value)) sums.set(at, (sums.get(at) ?? 0) + value);
    }
  }
  const points = [...sums].map(([at, value]) => ({ at, value })).sort((a, b) => a.at - b.at);
  return toTrace(name, points, bucketOf(name, points));
}

interface Point {
  at: number;
  value: number;
}

/** The least distance between two points. */
function bucketOf(name: string, points: readonly Point[]): number {
  if (points.length < 2) {
    throw new UserError(`has ${points.length === 1 ? 'one value' : 'no values'}`, {
      place: name,
      hint: 'Give at least two buckets.',
    });
  }
  let least = Infinity;
  for (let index = 1; index < points.length; index++) {
    const step = (points[index]?.at ?? NaN) - (points[index - 1]?.at ?? NaN);
    if (!(step > 0)) {
      throw new UserError(`time ${points[index]?.at ?? ''} does not come after the one before`, {
        place: name,
        hint: 'Sort the file by time.',
      });
    }
    least = Math.min(least, step);
  }
  return least;
}

function toTrace(name: string, points: readonly Point[], bucketSeconds: number): Trace {
  const start = points[0]?.at ?? 0;
  const end = (points.at(-1)?.at ?? 0) - start + bucketSeconds;
  checkLength(name, end);
  const rates = new Float64Array(Math.round(end / bucketSeconds)).fill(NaN);
  for (const { at, value } of points) rates[Math.round((at - start) / bucketSeconds)] = value;
  for (let index = 1; index < rates.length; index++) {
    if (Number.isNaN(rates[index])) rates[index] = rates[index - 1] ?? 0;
  }
  return { name, bucketSeconds, rates };
}

function checkLength(name: string, seconds: number): void {
  if (seconds <= MOST_SECONDS) return;
  throw new UserError(`is ${Math.round(seconds / 86_400)} days long`, {
    place: name,
    hint: 'Give at most half a year.',
  });
}

function numberIn(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

/**
 * Arrivals per second in every second of the trace: straight lines between the middles of the buckets. A count says
 * nothing of how it lies within its bucket; held constant, it would jump at every full bucket, as no load does.
 * @param steps holds it constant all the same: the hardest case, and right where buckets are as long as seconds
 */
export function perSecond({ rates, bucketSeconds }: Trace, steps = false): Float64Array {
  const seconds = new Float64Array(Math.floor(rates.length * bucketSeconds));
  const last = rates.length - 1;
  for (let second = 0; second < seconds.length; second++) {
    const middle = (second + 0.5) / bucketSeconds;
    const position = Math.min(last, steps ? Math.floor(middle) : Math.max(0, middle - 0.5));
    const before = Math.floor(position);
    const [from, to] = [rates[before] ?? 0, rates[Math.min(last, before + 1)] ?? 0];
    seconds[second] = from + (position - before) * (to - from);
  }
  return seconds;
}

/** The trace multiplied so that its 99.9th percentile is `rate` per second. */
export function scaleToPeak(trace: Trace, rate: number): Trace {
  const sorted = trace.rates.slice().sort();
  const peak = sorted[Math.min(sorted.length - 1, Math.ceil(0.999 * sorted.length) - 1)] ?? 0;
  if (peak <= 0) {
    throw new UserError('has no arrivals that could be scaled', {
      place: trace.name,
      hint: 'Leave --peak-replicas out.',
    });
  }
  return { ...trace, rates: trace.rates.map((one) => (one * rate) / peak) };
}
