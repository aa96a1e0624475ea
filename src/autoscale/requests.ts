/** Replicas for the requests that arrive at a balancer, and those that will have by the time a new replica serves. */

import { TOLERANCE } from '../policy/defaults.js';
import type { RequestSignal, SignalPolicy } from '../policy/policy.js';
import {
  asNow,
  forecastArrivals,
  rememberArrivals,
  type Forecast,
  type ForecastSetting,
} from './forecast.js';
import { learnServiceRate, type ServiceRate } from './service-rate.js';
import { healthyAfterMs } from './start-up.js';
import type { History, SignalVerdict, Snapshot } from './types.js';

/** What the need of a signal of requests was reckoned with, and what later decisions learn from. */
export interface RequestVerdict {
  /** requests that waited for a replica; null when unknown, and then taken as none */
  queued: number | null;
  /** requests per second for which one replica is meant; null while nothing is known of it */
  perReplica: number | null;
  /** what 100 % CPU of a replica serves, as learned; null while nothing is known of it */
  serviceRate: ServiceRate | null;
  forecast: Forecast;
  setting: ForecastSetting;
}

/** Where a policy has no CPU target to learn by. Source: the HPA's own default. */
const DEFAULT_GOAL_PERCENT = 80;
/** Requests that wait are to be worked off within this time, beside those that arrive. */
const DRAIN_SECONDS = 30;
const DEFAULT_LOOP_MS = 5_000;
const LONGEST_LOOP_MS = 60_000;

interface Circumstances {
  signals: readonly SignalPolicy[];
  snapshot: Snapshot;
  history: History;
  now: number;
}

/**
 * need = ceil((forecast + waiting / 30 s) / requests per second per replica). No tolerance when growing: a replica more
 * does not change what arrives, so that there is nothing to swing. Fewer have to be enough for what replicas are kept for.
 */
export function judgeRequests(
  signal: RequestSignal,
  verdict: SignalVerdict,
  { signals, snapshot, history, now }: Circumstances,
): SignalVerdict {
  const arrivals = verdict.value;
  if (arrivals === null) return verdict;
  const queued = queuedOf(signals, snapshot);
  // Only what earlier decisions learned: were the present part of it, more load could mean fewer replicas.
  const serviceRate = history.serviceRate ?? null;
  const goal = goalPercent(signals) / 100;
  const perReplica = signal.perReplica ?? (serviceRate === null ? null : serviceRate.perReplica * goal);
  const setting: ForecastSetting = { horizonMs: horizonOf(snapshot, history, now), goal };
  const forecast: Forecast = signal.forecast
    ? forecastArrivals(history.arrivals ?? null, arrivals, setting, now)
    : asNow(arrivals, setting.horizonMs);
  const requests: RequestVerdict = { queued, perReplica, serviceRate, forecast, setting };
  const toDrain = (queued ?? 0) / DRAIN_SECONDS;
  const load = forecast.perSecond + toDrain;
  if (load === 0) return { ...verdict, need: 0, requests };
  if (perReplica === null) {
    return { ...verdict, requests, note: verdict.note ?? 'what a replica can serve is not known yet' };
  }
  const need = replicasFor(load, perReplica);
  if (need >= snapshot.desired) return { ...verdict, need, requests };
  const kept = replicasFor(forecast.keptFor + toDrain, perReplica);
  return { ...verdict, need: Math.min(snapshot.desired, kept), requests };
}

/**
 * CPU beside requests that learn from it is a guard: it has a say where use is more than the arrivals explain
 * (requests that became dearer, work of another origin). Else it would say the same as they do, later and with more
 * noise.
 */
export function asGuard(cpu: SignalVerdict, requests: SignalVerdict): SignalVerdict {
  const { need } = requests;
  const rate = requests.requests?.serviceRate ?? null;
  if (cpu.need === null || need === null || cpu.need <= need || rate === null) return cpu;
  if (rate.surprise > 1 + TOLERANCE) return { ...cpu, note: 'more than the arrivals explain' };
  return { ...cpu, need, note: 'explained by the arrivals' };
}

/** The parts of the history that a decision's verdicts add to. */
export function learnRequests(
  history: History,
  signals: readonly SignalVerdict[],
  now: number,
): Pick<History, 'arrivals' | 'serviceRate'> {
  const verdict = signals.find(({ requests }) => requests !== undefined);
  if (verdict?.requests === undefined || verdict.value === null || verdict.partial !== undefined) return {};
  const { queued, setting } = verdict.requests;
  const arrivals = rememberArrivals(history.arrivals ?? null, verdict.value, setting, now);
  const cpu = signals.find(({ signal }) => signal === 'cpu');
  if (cpu?.value == null) return { arrivals };
  const observation = {
    arrivalsPerSecond: verdict.value,
    queued: queued ?? 0,
    serving: cpu.coverage?.running ?? 0,
    cpuPercent: cpu.value,
  };
  const serviceRate = learnServiceRate(history.serviceRate ?? null, observation, now);
  return serviceRate === null ? { arrivals } : { arrivals, serviceRate };
}

function replicasFor(load: number, perReplica: number): number {
  return Math.ceil(load / perReplica - 1e-9);
}

function queuedOf(signals: readonly SignalPolicy[], snapshot: Snapshot): number | null {
  const reading = snapshot.readings[signals.findIndex(({ kind }) => kind === 'requests')];
  return reading?.kind === 'requests' && reading.queued !== null && reading.queued >= 0
    ? reading.queued
    : null;
}

/** The use at which a replica is well used: the policy's own CPU target, or the middle between two thresholds. */
function goalPercent(signals: readonly SignalPolicy[]): number {
  const cpu = signals.find((signal) => signal.kind === 'cpu');
  if (cpu?.kind !== 'cpu') return DEFAULT_GOAL_PERCENT;
  const { rule } = cpu;
  return Math.min(100, rule.kind === 'target' ? rule.targetPercent : (rule.upPercent + rule.downPercent) / 2);
}

/** From now until a replica that is ordered at the next decision serves. */
function horizonOf(snapshot: Snapshot, history: History, now: number): number {
  const since = history.arrivals === undefined ? DEFAULT_LOOP_MS : now - history.arrivals.at;
  const loopMs = since > 0 && since <= LONGEST_LOOP_MS ? since : DEFAULT_LOOP_MS;
  return healthyAfterMs(snapshot) + loopMs;
}
