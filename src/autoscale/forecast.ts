/**
 * How many requests will arrive by the time a replica that is ordered now can serve. Two forecasts, of which the one
 * that was nearer lately counts: "as now", and "as now, and going on as over the last horizon, with half the slope".
 * On top comes headroom for what forecasts lately fell short by.
 *
 * At the horizons of containers (seconds to minutes) seasons add nothing to this. A forecast below what arrives now is
 * never used: growing may be answered early, shrinking only when it has happened.
 *
 * State is small and of fixed size but for the forecasts that have not come due yet. A loop that begins anew has no
 * state, uses what arrives now, and learns the rest within minutes.
 */

export interface ArrivalHistory {
  /** when the last arrivals were seen */
  at: number;
  perSecond: number;
  /** smoothed arrivals per second, and their change per millisecond */
  level: number;
  slope: number;
  /** forecasts that have not come due yet, oldest first */
  pending: readonly PendingForecast[];
  /** recent mean absolute error of each forecast, requests per second; null before the first came due */
  errors: { naive: number; trend: number } | null;
  /** how often, lately, arrivals were so many times what was forecast; by bin of `BIN_WIDTH` */
  shortfalls: readonly number[];
}

interface PendingForecast {
  dueAt: number;
  naive: number;
  trend: number;
  used: number;
}

export interface Forecast {
  /** requests per second to be ready for, headroom included */
  perSecond: number;
  method: 'naive' | 'trend';
  horizonMs: number;
  /** factor on the forecast, from 1 to `MOST_HEADROOM` */
  headroom: number;
}

/** Errors of the last half hour count: long enough for a quantile, short enough to follow the hour of the day. */
const MEMORY_MS = 30 * 60_000;
/** Forecasts that fell short less often than this are not worth a replica. */
const COVERED_SHARE = 0.85;
/** Beyond it the past is no measure of the future (a retry storm, an outage that ended). */
const MOST_HEADROOM = 1.6;
/** A slope seldom lasts; half of it is the damped trend whose slope fades to nothing over the horizon. */
const DAMPING = 0.5;
/** Arrivals that were not seen for so long begin anew, milliseconds. */
const LONGEST_GAP_MS = 60_000;

const BIN_WIDTH = 0.02;
const BINS = Math.round((MOST_HEADROOM - 1) / BIN_WIDTH) + 1;

/** What to be ready for at `now + horizonMs`, when `perSecond` arrive now. More arrivals never forecast fewer. */
export function forecastArrivals(
  history: ArrivalHistory | null,
  perSecond: number,
  horizonMs: number,
  now: number,
): Forecast {
  if (history === null || now - history.at > LONGEST_GAP_MS)
    return { perSecond, method: 'naive', horizonMs, headroom: 1 };
  const headroom = headroomOf(history.shortfalls);
  const method = history.errors !== null && history.errors.trend < history.errors.naive ? 'trend' : 'naive';
  const expected =
    method === 'naive' ? perSecond : trendOf(observe(history, perSecond, horizonMs, now), horizonMs);
  return { perSecond: Math.max(perSecond, expected) * headroom, method, horizonMs, headroom };
}

/** The history with the arrivals that were seen at `now`. */
export function rememberArrivals(
  history: ArrivalHistory | null,
  perSecond: number,
  horizonMs: number,
  now: number,
): ArrivalHistory {
  if (history === null || now - history.at > LONGEST_GAP_MS) {
    return {
      at: now,
      perSecond,
      level: perSecond,
      slope: 0,
      pending: [],
      errors: null,
      shortfalls: history?.shortfalls ?? [],
    };
  }
  const { level, slope } = observe(history, perSecond, horizonMs, now);
  const trend = Math.max(0, trendOf({ level, slope }, horizonMs));
  const due = history.pending.filter(({ dueAt }) => dueAt <= now);
  let { errors, shortfalls } = history;
  const last = due.at(-1);
  if (last !== undefined) {
    const share = 1 - Math.exp(-(now - history.at) / MEMORY_MS);
    errors = learnErrors(errors, last, perSecond, share);
    shortfalls = learnShortfall(shortfalls, last.used, perSecond, share);
  }
  const method = errors !== null && errors.trend < errors.naive ? 'trend' : 'naive';
  const used = Math.max(perSecond, method === 'trend' ? trend : 0);
  return {
    at: now,
    perSecond,
    level,
    slope,
    pending: [
      ...history.pending.slice(due.length),
      { dueAt: now + horizonMs, naive: perSecond, trend, used },
    ],
    errors,
    shortfalls,
  };
}

interface Motion {
  level: number;
  slope: number;
}

/**
 * Level and slope after one more observation: Holt's method with a memory in time instead of steps, as long for the
 * slope as the horizon: to look a minute ahead, look a minute back.
 */
function observe(history: ArrivalHistory, perSecond: number, horizonMs: number, now: number): Motion {
  const passed = Math.max(1, now - history.at);
  const ofLevel = 1 - Math.exp(-passed / (horizonMs / 4));
  const ofSlope = 1 - Math.exp(-passed / horizonMs);
  const predicted = history.level + history.slope * passed;
  const level = predicted + ofLevel * (perSecond - predicted);
  const slope = history.slope + ofSlope * ((level - history.level) / passed - history.slope);
  return { level, slope };
}

function trendOf({ level, slope }: Motion, horizonMs: number): number {
  return level + DAMPING * slope * horizonMs;
}

function learnErrors(
  errors: ArrivalHistory['errors'],
  due: PendingForecast,
  actual: number,
  share: number,
): { naive: number; trend: number } {
  const naive = Math.abs(actual - due.naive);
  const trend = Math.abs(actual - due.trend);
  if (errors === null) return { naive, trend };
  return {
    naive: errors.naive + share * (naive - errors.naive),
    trend: errors.trend + share * (trend - errors.trend),
  };
}

function learnShortfall(
  shortfalls: readonly number[],
  forecast: number,
  actual: number,
  share: number,
): readonly number[] {
  if (forecast <= 0) return shortfalls;
  const ratio = actual / forecast;
  const bin = Math.min(BINS - 1, Math.max(0, Math.ceil((ratio - 1) / BIN_WIDTH - 1e-9)));
  const learned = shortfalls.length === BINS ? shortfalls.slice() : new Array<number>(BINS).fill(0);
  for (let index = 0; index < BINS; index++) {
    learned[index] = (learned[index] ?? 0) * (1 - share) + (index === bin ? share : 0);
  }
  return learned;
}

/** The factor that would have covered `COVERED_SHARE` of the forecasts; 1 while there are none. */
function headroomOf(shortfalls: readonly number[]): number {
  let total = 0;
  for (const weight of shortfalls) total += weight;
  if (total === 0) return 1;
  let covered = 0;
  for (let index = 0; index < shortfalls.length; index++) {
    covered += shortfalls[index] ?? 0;
    if (covered >= COVERED_SHARE * total) return 1 + index * BIN_WIDTH;
  }
  return MOST_HEADROOM;
}
