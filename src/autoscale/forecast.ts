/**
 * How many requests will arrive by the time a replica that is ordered now can serve. Four simple forecasts, of which
 * the one that was nearest lately counts:
 *
 *   naive      as now                                          right for loads that wander
 *   trend      as now, going on with half the present slope    right while a load climbs
 *   mean       as in the last half minute                      right for noise around a load that moves slowly
 *   longMean   as in the last four minutes                     right for bursts around a steady load
 *
 * On top comes headroom for how far that forecast was off lately, as far as it exceeds what replicas have to spare
 * anyway by not being used in full. At the horizons of containers (seconds to minutes) seasons add nothing to this.
 * A forecast never shrinks anything: what arrives now is always answered when it exceeds what was forecast.
 *
 * The down window keeps the largest need of some minutes. The largest of many noisy forecasts is far above the load that
 * they are noise around, and headroom has paid for the same noise already; a mean over as long as the window is even.
 *
 * The state is small and does not grow with time. A loop that begins anew has none, goes by what arrives now, and
 * learns the rest within minutes. Times are milliseconds, loads requests per second.
 */

type Method = 'naive' | 'trend' | 'mean' | 'longMean';
type ByMethod = Readonly<Record<Method, number>>;

export interface ArrivalHistory {
  /** when arrivals were last seen */
  at: number;
  /** Holt's level, and its change per millisecond */
  level: number;
  slope: number;
  mean: number;
  longMean: number;
  /** forecasts that have not come due yet, oldest first */
  pending: readonly PendingForecast[];
  /** recent mean absolute error of each forecast; null before the first came due */
  errors: ByMethod | null;
  /** recent mean of what arrived beyond each forecast, 0 where it did not */
  shortfalls: ByMethod | null;
  /** how much of their memory those errors fill: from 0 to 1 */
  learned: number;
}

interface PendingForecast extends ByMethod {
  dueAt: number;
}

export interface Forecast {
  /** requests per second to be ready for, headroom included */
  perSecond: number;
  method: Method;
  horizonMs: number;
  /** factor on the forecast, from 1 to `MOST_HEADROOM` */
  headroom: number;
}

export interface ForecastSetting {
  /** from now until a replica that is ordered now serves */
  horizonMs: number;
  /** share of a replica's full capacity that is meant to be used, above 0 and at most 1 */
  goal: number;
}

/** Half an hour of errors: enough of them for a mean, few enough to follow the hour of the day. */
const MEMORY_MS = 30 * 60_000;
/**
 * So many standard deviations above the forecast are to fit into the full capacity of what was ordered. Noise around a
 * mean stays what it is, so that nearly all of it can be covered; three are the limits of W. Shewhart's control charts
 * (1931), beyond which something else than chance is at work. A jump comes as it likes, and headroom for the rarest is
 * wasted.
 */
const DEVIATIONS: ByMethod = { naive: 2, trend: 2, mean: 3, longMean: 3 };
/**
 * Standard deviation over mean shortfall, sqrt(2 pi) where errors are normal. Twice the 1.25 by which R. Brown makes
 * safety stock out of mean absolute errors ("Statistical Forecasting for Inventory Control", 1959), since only half of
 * the errors are shortfalls: a load that falls needs no headroom. A mean square would let a single jump decide for half
 * an hour.
 */
const DEVIATION_PER_SHORTFALL = 2.5;
/** Beyond it the past is no measure of the future: a retry storm, an outage that ended. */
const MOST_HEADROOM = 2;
/** A slope seldom lasts. Half of it over the horizon is a slope that fades to nothing by the end of it. */
const DAMPING = 0.5;
/** Long enough to average Poisson noise out, short enough to be no slower than a metrics pipeline. */
const MEAN_MS = 30_000;
/** As long as the down window of a service with requests: what moves faster than this is held by the window anyway. */
const LONG_MEAN_MS = 240_000;
/** After a gap as long as this, what was seen before it says nothing about the present. */
const LONGEST_GAP_MS = 60_000;

/** What to be ready for when `perSecond` arrive at `now`. More arrivals never forecast fewer. */
export function forecastArrivals(
  history: ArrivalHistory | null,
  perSecond: number,
  { horizonMs, goal }: ForecastSetting,
  now: number,
): Forecast {
  if (history === null || now - history.at > LONGEST_GAP_MS) {
    return { perSecond, method: 'naive', horizonMs, headroom: 1 };
  }
  // Method and deviation depend on the past alone; were the present part of it, more arrivals could forecast fewer.
  const method = bestOf(history.errors);
  const deviation = DEVIATION_PER_SHORTFALL * (history.shortfalls?.[method] ?? 0);
  const expected = expectedOf(
    forecastsOf(move(history, perSecond, horizonMs, now), perSecond, horizonMs),
    method,
  );
  const headroom = headroomOf(expected, DEVIATIONS[method] * deviation, goal);
  const wanted = expected * headroom;
  // What does not even fit into the full capacity of what is wanted is no noise around a mean.
  return { perSecond: perSecond > wanted / goal ? perSecond : wanted, method, horizonMs, headroom };
}

/** The history with the arrivals that were seen at `now`. */
export function rememberArrivals(
  history: ArrivalHistory | null,
  perSecond: number,
  { horizonMs }: ForecastSetting,
  now: number,
): ArrivalHistory {
  if (history === null || now - history.at > LONGEST_GAP_MS) {
    return {
      at: now,
      level: perSecond,
      slope: 0,
      mean: perSecond,
      longMean: perSecond,
      pending: [],
      errors: history?.errors ?? null,
      shortfalls: history?.shortfalls ?? null,
      learned: history?.learned ?? 0,
    };
  }
  const motion = move(history, perSecond, horizonMs, now);
  const forecasts = forecastsOf(motion, perSecond, horizonMs);
  let dueCount = 0;
  while ((history.pending[dueCount]?.dueAt ?? Infinity) <= now) dueCount++;
  const due = history.pending[dueCount - 1];
  let { errors, shortfalls, learned } = history;
  if (due !== undefined) {
    const share = 1 - Math.exp(-(now - history.at) / MEMORY_MS);
    learned += share * (1 - learned);
    // All errors so far count alike until the memory is full: else the first one would, for half an hour.
    errors = average(errors, share / learned, (method) => Math.abs(perSecond - due[method]));
    shortfalls = average(shortfalls, share / learned, (method) =>
      Math.max(0, perSecond - expectedOf(due, method)),
    );
  }
  const pending = [...history.pending.slice(dueCount), { dueAt: now + horizonMs, ...forecasts }];
  return { at: now, ...motion, pending, errors, shortfalls, learned };
}

type Motion = Pick<ArrivalHistory, 'level' | 'slope' | 'mean' | 'longMean'>;

/**
 * Level, slope and mean after one more observation: Holt's method (1957) with memories in time instead of steps. The
 * slope is remembered for as long as the horizon: to look a minute ahead, look a minute back.
 */
function move(history: ArrivalHistory, perSecond: number, horizonMs: number, now: number): Motion {
  const passed = Math.max(1, now - history.at);
  const shareOf = (memoryMs: number) => 1 - Math.exp(-passed / memoryMs);
  const predicted = history.level + history.slope * passed;
  const level = predicted + shareOf(horizonMs / 4) * (perSecond - predicted);
  const slope = history.slope + shareOf(horizonMs) * ((level - history.level) / passed - history.slope);
  const mean = history.mean + shareOf(MEAN_MS) * (perSecond - history.mean);
  const longMean = history.longMean + shareOf(LONG_MEAN_MS) * (perSecond - history.longMean);
  return { level, slope, mean, longMean };
}

function forecastsOf(motion: Motion, perSecond: number, horizonMs: number): ByMethod {
  const trend = Math.max(0, motion.level + DAMPING * motion.slope * horizonMs);
  return { naive: perSecond, trend, mean: motion.mean, longMean: motion.longMean };
}

/** What is gone by: the trend of a load that falls is not. */
function expectedOf(forecasts: ByMethod, method: Method): number {
  return method === 'trend' ? Math.max(forecasts.naive, forecasts.trend) : forecasts[method];
}

/** The forecast that was nearest lately; "as now" until another has shown to be better. */
function bestOf(errors: ArrivalHistory['errors']): Method {
  if (errors === null) return 'naive';
  let best: Method = 'naive';
  for (const method of ['mean', 'trend', 'longMean'] as const) {
    if (errors[method] < errors[best]) best = method;
  }
  return best;
}

/** The averages with one more value each, which counts for `share`. */
function average(averages: ByMethod | null, share: number, value: (method: Method) => number): ByMethod {
  const learn = (method: Method) => {
    const before = averages?.[method] ?? 0;
    return before + share * (value(method) - before);
  };
  return {
    naive: learn('naive'),
    trend: learn('trend'),
    mean: learn('mean'),
    longMean: learn('longMean'),
  };
}

/** The factor with which so much more than was expected still fits into the full capacity, from 1 to `MOST_HEADROOM`. */
function headroomOf(expected: number, more: number, goal: number): number {
  if (expected <= 0) return 1;
  return Math.min(MOST_HEADROOM, Math.max(1, ((expected + more) / expected) * goal));
}
