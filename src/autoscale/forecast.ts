/**
 * How many requests will arrive by the time a replica that is ordered now can serve. Three simple forecasts, of which
 * the one that was nearest lately counts:
 *
 *   naive    as now                                                      right for loads that wander
 *   trend    as now, going on with half the present slope                right while a load climbs
 *   fading   the mean of some minutes, and what will be left by then     right for noise and bursts around a load
 *            of what is beyond it now                                    that moves slowly
 *
 * On top comes headroom for how far that forecast was off lately, as far as it exceeds what replicas have to spare
 * anyway by not being used in full. At the horizons of containers (seconds to minutes) seasons add nothing to this.
 * A forecast never shrinks anything: what arrives now is always answered when it exceeds what was forecast.
 *
 * The state is small and does not grow with time. A loop that begins anew has none, goes by what arrives now, and
 * learns the rest within minutes. Times are milliseconds, loads requests per second.
 */

type Method = 'naive' | 'trend' | 'fading';
type ByMethod = Readonly<Record<Method, number>>;

export interface ArrivalHistory {
  /** when arrivals were last seen */
  at: number;
  /** Holt's level, and its change per millisecond */
  level: number;
  slope: number;
  mean: number;
  /** forecasts that have not come due yet, oldest first */
  pending: readonly PendingForecast[];
  /** recent mean square of how far each forecast was off; null before the first came due */
  errors: ByMethod | null;
  /** the same of what arrived beyond it alone, 0 where it did not */
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
  /** replicas go only when the others are enough for this: a little more than `perSecond` where it is not steady */
  keptFor: number;
  method: Method;
  horizonMs: number;
  /** factor on what is usual by that forecast, from 1 to `MOST_HEADROOM` */
  headroom: number;
}

export interface ForecastSetting {
  /** from now until a replica that is ordered now serves */
  horizonMs: number;
  /** share of a replica's full capacity that is meant to be used, above 0 and at most 1 */
  goal: number;
}

/** Twenty minutes of errors: enough of them for a mean, few enough to follow the hour of the day. */
const MEMORY_MS = 20 * 60_000;
/**
 * So many standard deviations above the forecast are to fit into the full capacity of what was ordered: where errors are
 * normal, eight readings in a thousand are beyond. What is rarer comes as it likes, and headroom for it is wasted.
 */
const DEVIATIONS = 2.4;
/**
 * An error beyond so many deviations, and beyond a quarter of the forecast, counts as no more than that: a jump is no
 * noise, and squared it would decide for all that time. Source: winsorising, as in P. Huber, "Robust Estimation of a
 * Location Parameter" (1964).
 */
const MOST_DEVIATIONS = 3.5;
const ALWAYS_COUNTED = 0.25;
/** Beyond it the past is no measure of the future: a retry storm, an outage that ended. */
const MOST_HEADROOM = 4;
/**
 * Of a load that is not steady: at the edge between two counts it would have a replica come and go for ever. More than this
 * is calmer, and costs more replica-hours than it saves late requests.
 */
const SHRINK_MARGIN = 0.03;
/** A slope seldom lasts. Half of it over the horizon is a slope that fades to nothing by the end of it. */
const DAMPING = 0.5;
/**
 * What is beyond the mean is half gone after this, and goes ever more slowly: bursts are of many lengths, and those that
 * have lasted are the longer ones.
 */
const BURST_HALF_MS = 10_000;
/** Longer than a burst, shorter than the hour of the day. */
const MEAN_MS = 400_000;
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
    return asNow(perSecond, horizonMs);
  }
  // Method and deviation depend on the past alone; were the present part of it, more arrivals could forecast fewer.
  const method = bestOf(history.errors);
  const motion = move(history, perSecond, horizonMs, now);
  const expected = expectedOf(forecastsOf(motion, perSecond, horizonMs), method);
  // Replicas are used as meant on average, so that noise which fits into what they have to spare moves nothing.
  const usual = method === 'fading' ? motion.mean : expected;
  const deviation = deviationOf(history, method);
  const most = (expected + DEVIATIONS * deviation) * goal;
  const headroom = usual > 0 ? Math.min(MOST_HEADROOM, Math.max(1, most / usual)) : 1;
  const wanted = usual * headroom;
  // What does not even fit into the full capacity of what is wanted is no noise around a mean.
  const ready = perSecond > wanted / goal ? perSecond : wanted;
  const keptFor = ready + Math.min(deviation, SHRINK_MARGIN * ready);
  return { perSecond: ready, keptFor, method, horizonMs, headroom };
}

/** Nothing foreseen, and no headroom. */
export function asNow(perSecond: number, horizonMs: number): Forecast {
  return { perSecond, keptFor: perSecond, method: 'naive', horizonMs, headroom: 1 };
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
    const errorOf = (method: Method, forecast: number): number => {
      const most = Math.max(ALWAYS_COUNTED * forecast, MOST_DEVIATIONS * deviationOf(history, method));
      return Math.min(most, Math.max(-most, perSecond - forecast));
    };
    // All errors so far count alike until the memory is full: else the first one would, for all that time.
    errors = average(errors, share / learned, (method) => errorOf(method, due[method]) ** 2);
    shortfalls = average(
      shortfalls,
      share / learned,
      (method) => Math.max(0, errorOf(method, expectedOf(due, method))) ** 2,
    );
  }
  const pending = [...history.pending.slice(dueCount), { dueAt: now + horizonMs, ...forecasts }];
  return { at: now, ...motion, pending, errors, shortfalls, learned };
}

type Motion = Pick<ArrivalHistory, 'level' | 'slope' | 'mean'>;

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
  return { level, slope, mean };
}

function forecastsOf(motion: Motion, perSecond: number, horizonMs: number): ByMethod {
  const trend = Math.max(0, motion.level + DAMPING * motion.slope * horizonMs);
  const left = BURST_HALF_MS / (BURST_HALF_MS + horizonMs);
  const fading = motion.mean + left * (perSecond - motion.mean);
  return { naive: perSecond, trend, fading };
}

/** What is gone by: the trend of a load that falls is not. */
function expectedOf(forecasts: ByMethod, method: Method): number {
  return method === 'trend' ? Math.max(forecasts.naive, forecasts.trend) : forecasts[method];
}

/** The forecast that was nearest lately; "as now" until another has shown to be better. */
function bestOf(errors: ArrivalHistory['errors']): Method {
  if (errors === null) return 'naive';
  let best: Method = 'naive';
  for (const method of ['trend', 'fading'] as const) {
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
  return { naive: learn('naive'), trend: learn('trend'), fading: learn('fading') };
}

/**
 * The standard deviation of all errors, but no more than twice that of the shortfalls: a load that falls needs no
 * headroom. Squares, since the mean of absolute errors says too little of bursts.
 */
function deviationOf({ errors, shortfalls }: ArrivalHistory, method: Method): number {
  return Math.sqrt(Math.min(errors?.[method] ?? 0, 4 * (shortfalls?.[method] ?? 0)));
}
