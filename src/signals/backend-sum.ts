/** One number for a backend from what several balancers counted. Pure. */

import type { BackendStats } from '../balancer/stats.js';
import { ENOUGH_ARRIVALS, SHORTEST_RATE_MS } from '../policy/defaults.js';
import type { BackendSignal, RequestSignal } from '../policy/policy.js';
import type { Measurement } from './types.js';

export interface BackendSample extends BackendStats {
  /** milliseconds of a clock that does not jump */
  atMs: number;
}

/** One balancer's last sample, and the ones before it, oldest first. */
export interface BackendSpan {
  now: BackendSample;
  /** at earlier ticks */
  before: readonly BackendSample[];
  /** of the last seconds, at ticks and between them */
  recent: readonly BackendSample[];
}

/**
 * A load that jumps is not averaged with the calm before it: so many looks in a row have to be beyond chance, each at
 * least so long after the one before. A single one may have met a page with all its pictures.
 */
const STEP_LOOKS = 3;
const LEAST_BETWEEN_LOOKS_MS = 400;
/** Looks older than this are of no use for that. */
export const RECENT_MS = 3_000;
/** Standard deviations; that of a count of arrivals that come by chance is its square root (Poisson). */
const BEYOND_CHANCE = 4;

/** The share of errors is taken over this long, and not at all from fewer answers than these. */
const ERRORS_OVER_MS = 30_000;
const FEWEST_ANSWERS = 20;

export function sumBackend(
  kind: (RequestSignal | BackendSignal)['kind'],
  spans: readonly BackendSpan[],
): Measurement {
  switch (kind) {
    case 'requests':
      return { ...sumRates(spans), queued: sumNow('queued', spans) };
    case 'queued':
    case 'sessions': {
      const value = sumNow(kind, spans);
      return value === null ? { value, note: `HAProxy does not tell ${kind}` } : { value };
    }
    case 'response':
      return meanResponse(spans);
    case 'errors':
      return shareOfErrors(spans);
  }
}

function sumNow(kind: 'queued' | 'sessions', spans: readonly BackendSpan[]): number | null {
  const values = spans.map(({ now }) => now[kind]);
  const whole = values.filter((value) => value !== null);
  return whole.length < values.length ? null : sum(whole);
}

/**
 * Requests per second. From the second reading on by the growth of the counter; a counter that has shrunk began anew
 * when the balancer started, and everything in it is growth. On the first reading HAProxy's own rate over a second.
 */
function sumRates(spans: readonly BackendSpan[]): Measurement {
  const rates = spans.map(rateOf);
  const known = rates.filter((rate) => rate !== null);
  if (known.length < rates.length) return { value: null, note: 'HAProxy does not tell the rate' };
  const first = spans.some((span) => baseOf(span) === null);
  const step = first ? null : stepOf(spans);
  const value = sum(known);
  if (step !== null && step > value) return { value: step, note: 'a step of load, seen between two ticks' };
  return { value, ...(first ? { note: 'over the last second' } : {}) };
}

/** Requests per second over the last looks, when each of them saw more than the last tick did, beyond chance. */
function stepOf(spans: readonly BackendSpan[]): number | null {
  const looks = spans.map(looksOf);
  const whole = looks.filter((one) => one !== null);
  if (whole.length < looks.length) return null;
  for (let index = 0; index < STEP_LOOKS; index++) {
    const expected = sum(whole.map(({ calmPerMs, gaps }) => calmPerMs * (gaps[index]?.ms ?? 0)));
    const seen = sum(whole.map(({ gaps }) => gaps[index]?.requests ?? 0));
    if (seen <= expected + BEYOND_CHANCE * Math.sqrt(Math.max(1, expected))) return null;
  }
  return sum(
    whole.map(
      ({ gaps }) => sum(gaps.map(({ requests }) => requests)) / (sum(gaps.map(({ ms }) => ms)) / 1000),
    ),
  );
}

interface Looks {
  /** arrivals from the last tick but one to the last */
  calmPerMs: number;
  /** between the last looks, the newest first */
  gaps: { ms: number; requests: number }[];
}

function looksOf({ now, before, recent }: BackendSpan): Looks | null {
  const [earlier, last] = before.slice(-2);
  if (earlier === undefined || last === undefined || last.atMs <= earlier.atMs) return null;
  const calm = growth(earlier.requests, last.requests);
  if (calm === null) return null;
  const gaps: Looks['gaps'] = [];
  let later = now;
  while (gaps.length < STEP_LOOKS) {
    const sample = recent.findLast(({ atMs }) => later.atMs - atMs >= LEAST_BETWEEN_LOOKS_MS);
    const requests = sample === undefined ? null : growth(sample.requests, later.requests);
    if (sample === undefined || requests === null) return null;
    gaps.push({ ms: later.atMs - sample.atMs, requests });
    later = sample;
  }
  return { calmPerMs: calm / (last.atMs - earlier.atMs), gaps };
}

function rateOf(span: BackendSpan): number | null {
  const base = baseOf(span);
  const { now } = span;
  if (base === null) return now.perSecond;
  const grown = growth(base.requests, now.requests);
  return grown === null ? null : grown / ((now.atMs - base.atMs) / 1000);
}

/** The newest earlier sample that is old enough for a rate; one between two ticks where enough has arrived since. */
function baseOf({ now, before, recent }: BackendSpan): BackendSample | null {
  const isOld = ({ atMs }: BackendSample) => now.atMs - atMs >= SHORTEST_RATE_MS;
  const tick = before.findLast(isOld);
  if (tick === undefined) return null;
  const fresh = recent.findLast(
    (sample) =>
      isOld(sample) &&
      sample.atMs > tick.atMs &&
      (growth(sample.requests, now.requests) ?? 0) >= ENOUGH_ARRIVALS,
  );
  return fresh ?? tick;
}

/**
 * HAProxy's mean over the last 512 requests of each balancer, weighted by how many it had since the last reading.
 * That mean stays as it was when requests stop coming; without any, no answer is too slow.
 */
function meanResponse(spans: readonly BackendSpan[]): Measurement {
  const parts = spans.flatMap(({ now, before }) => {
    const last = before.at(-1);
    const requests = last === undefined ? now.perSecond : growth(last.requests, now.requests);
    return requests === null || now.responseMs === null ? [] : [{ requests, ms: now.responseMs }];
  });
  if (parts.length < spans.length) return { value: null, note: 'HAProxy does not tell response times' };
  const requests = sum(parts.map((part) => part.requests));
  if (requests === 0) return { value: 0, note: 'no request came' };
  return { value: sum(parts.map((part) => part.requests * part.ms)) / requests };
}

function shareOfErrors(spans: readonly BackendSpan[]): Measurement {
  let answers = 0;
  let errors = 0;
  for (const { now, before } of spans) {
    const base = before.find(({ atMs }) => now.atMs - atMs <= ERRORS_OVER_MS) ?? before.at(-1);
    if (base === undefined) return { value: null, note: 'only one reading yet' };
    const grown = growth(base.answers, now.answers);
    const failed = growth(base.answers5xx, now.answers5xx);
    if (grown === null || failed === null)
      return { value: null, note: 'HAProxy counts no answers of this backend' };
    answers += grown;
    errors += failed;
  }
  if (answers < FEWEST_ANSWERS) return { value: 0, note: `too few answers to tell (${answers})` };
  return { value: (errors / answers) * 100 };
}

function growth(before: number | null, now: number | null): number | null {
  if (before === null || now === null) return null;
  return now >= before ? now - before : now;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
