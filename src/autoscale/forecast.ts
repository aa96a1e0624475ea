/**
 * How many requests will arrive by the time a replica that is ordered now can serve. Three simple forecasts, of which
 * the one that was nearest lately counts:
 *
 *   naive   as now                                          right for loads that wander
 *   trend   as now, going on with half the present slope    right while a load climbs
 *   mean    as in the last half minute                      right for noise around a steady load
 *
 * On top comes headroom for what that forecast lately fell short by, as far as it exceeds what replicas have to spare
 * anyway by not being used in full. At the horizons of containers (seconds to minutes) seasons add nothing to this.
 * A forecast never shrinks anything: what arrives now is always answered when it exceeds what was forecast.
 *
 * The state is small and does not grow with time. A loop that begins anew has none, goes by what arrives now, and
 * learns the rest within minutes. Times are milliseconds, loads requests per second.
 */

type Method = 'naive' | 'trend' | 'mean';

export interface ArrivalHistory {
  /** when arrivals were last seen */
  at: number;
  /** Holt's level, and its change per millisecond */
  level: number;
  slope: number;
  mean: number;
  /** forecasts that have not come due yet, oldest first */
  pending: readonly PendingForecast[];
  /** recent mean absolute error of each forecast; null before the first came due */
  errors: Readonly<Record<Method, number>> | null;
  /** how often, lately, arrivals were so many times what had been forecast: shares by bins of `BIN_WIDTH` from 1 on */
  shortfalls: readonly number[];
}

interface PendingForecast extends Record<Method, number> {
  dueAt: number;
  /** the one that was gone by, before headroom */
  used: number;
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

/** Half an hour of errors: enough of them for a quantile, few enough to follow the hour of the day. */
const MEMORY_MS = 30 * 60_000;
/**
 * In so many of all cases what arrives is to fit into the full capacity of what was ordered. Noise around a mean stays
 * what it is, so that more of its tail can be known; a jump comes as it likes, and headroom for the rarest is wasted.
 */
const COVERED_SHARES: Readonly<Record<Method, number>> = { naive: 0.9, trend: 0.9, mean: 0.95 };
/** Beyond it the past is no measure of the future: a retry storm, an outage that ended. */
const MOST_HEADROOM = 1.6;
/** A slope seldom lasts. Half of it over the horizon is a slope that fades to nothing by the end of it. */
const DAMPING = 0.5;
/** Long enough to average Poisson noise out, short enough to be no slower than a metrics pipeline. */
const MEAN_MS = 30_000;
/** After a gap as long as this, what was seen before it says nothing about the present. */
const LONGEST_GAP_MS = 60_000;

const BIN_WIDTH = 0.02;
/** Shortfalls up to twice the forecast; what is more counts as that. */
const BINS = Math.round(1 / BIN_WIDTH) + 1;

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
  // Method and headroom depend on the past alone; were the present part of it, more arrivals could forecast fewer.
  const method = bestOf(history.errors);
  const headroom = headroomOf(history.shortfalls, COVERED_SHARES[method], goal);
  const forecast = forecastsOf(move(history, perSecond, horizonMs, now), perSecond, horizonMs)[method];
  const wanted = (method === 'mean' ? forecast : Math.max(perSecond, forecast)) * headroom;
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
    const shortfalls = history?.shortfalls ?? [];
    return { at: now, level: perSecond, slope: 0, mean: perSecond, pending: [], errors: null, shortfalls };
  }
  const motion = move(history, perSecond, horizonMs, now);
  const forecasts = forecastsOf(motion, perSecond, horizonMs);
  let dueCount = 0;
  while ((history.pending[dueCount]?.dueAt ?? Infinity) <= now) dueCount++;
  const due = history.pending[dueCount - 1];
  let { errors, shortfalls } = history;
  if (due !== undefined) {
    const share = 1 - Math.exp(-(now - history.at) / MEMORY_MS);
    errors = learnErrors(errors, due, perSecond, share);
    shortfalls = learnShortfall(shortfalls, due.used, perSecond, share);
  }
  const method = bestOf(errors);
  const used = method === 'mean' ? forecasts.mean : Math.max(perSecond, forecasts[method]);
  const pending = [...history.pending.slice(dueCount), { dueAt: now + horizonMs, ...forecasts, used }];
  return { at: now, ...motion, pending, errors, shortfalls };
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
  return { level, slope, mean: history.mean + shareOf(MEAN_MS) * (perSecond - history.mean) };
}

function forecastsOf(motion: Motion, perSecond: number, horizonMs: number): Record<Method, number> {
  const trend = Math.max(0, motion.level + DAMPING * motion.slope * horizonMs);
  return { naive: perSecond, trend, mean: motion.mean };
}

/** The forecast that was nearest lately; "as now" until another has shown to be better. */
function bestOf(errors: ArrivalHistory['errors']): Method {
  if (errors === null) return 'naive';
  const { naive, trend, mean } = errors;
  if (trend < naive && trend <= mean) return 'trend';
  return mean < naive ? 'mean' : 'naive';
}

function learnErrors(
  errors: ArrivalHistory['errors'],
  due: PendingForecast,
  actual: number,
  share: number,
): Record<Method, number> {
  const learn = (method: Method) => {
    const error = Math.abs(actual - due[method]);
    return errors === null ? error : errors[method] + share * (error - errors[method]);
  };
  return { naive: learn('naive'), trend: learn('trend'), mean: learn('mean') };
}

function learnShortfall(
  shortfalls: readonly number[],
  forecast: number,
  actual: number,
  share: number,
): readonly number[] {
  if (forecast <= 0) return shortfalls;
  const bin = Math.min(BINS - 1, Math.max(0, Math.ceil((actual / forecast - 1) / BIN_WIDTH - 1e-9)));
  const learned = shortfalls.length === BINS ? shortfalls.slice() : new Array<number>(BINS).fill(0);
  for (let index = 0; index < BINS; index++) {
    learned[index] = (learned[index] ?? 0) * (1 - share) + (index === bin ? share : 0);
  }
  return learned;
}

/** The factor with which the full capacity would have covered that share of the cases; 1 while there are none. */
function headroomOf(shortfalls: readonly number[], share: number, goal: number): number {
  let total = 0;
  for (const weight of shortfalls) total += weight;
  let [covered, bin] = [shortfalls[0] ?? 0, 0];
  while (covered < share * total && bin < BINS - 1) covered += shortfalls[++bin] ?? 0;
  return Math.min(MOST_HEADROOM, Math.max(1, (1 + bin * BIN_WIDTH) * goal));
}
