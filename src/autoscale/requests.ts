/** Replicas for the requests that arrive at a balancer, and those that will have by the time a new replica serves. */

import type { RequestSignal, SignalPolicy } from '../policy/policy.js';
import { forecastArrivals, rememberArrivals, type Forecast } from './forecast.js';
import { learnServiceRate, type ServiceRate } from './service-rate.js';
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
}

/** Where a policy has no CPU target to learn by. Source: the HPA's own default. */
const DEFAULT_GOAL_PERCENT = 80;
/** Requests that wait are to be worked off within this time, beside those that arrive. */
const DRAIN_SECONDS = 30;
/** Until a task's way to health was measured, milliseconds. */
const DEFAULT_HEALTHY_AFTER_MS = 30_000;
const DEFAULT_LOOP_MS = 5_000;
const LONGEST_LOOP_MS = 60_000;

interface Circumstances {
  signals: readonly SignalPolicy[];
  snapshot: Snapshot;
  history: History;
  now: number;
}

/**
 * need = ceil((forecast + waiting / 30 s) / requests per second per replica). No tolerance: arrivals are no average
 * over replicas, so that a replica more or fewer does not change them, and there is nothing to swing.
 */
export function judgeRequests(
  signal: RequestSignal,
  verdict: SignalVerdict,
  circumstances: Circumstances,
): SignalVerdict {
  const { signals, snapshot, history, now } = circumstances;
  const arrivals = verdict.value;
  if (arrivals === null) return verdict;
  const queued = queuedOf(signals, snapshot);
  // Only what earlier decisions learned: were the present part of it, more load could mean fewer replicas.
  const serviceRate = history.serviceRate ?? null;
  const perReplica =
    signal.perReplica ??
    (serviceRate === null ? null : (serviceRate.perReplica * goalPercent(signals)) / 100);
  const horizonMs = horizonOf(snapshot, history, now);
  const forecast: Forecast = signal.forecast
    ? forecastArrivals(history.arrivals ?? null, arrivals, horizonMs, now)
    : { perSecond: arrivals, method: 'naive', horizonMs, headroom: 1 };
  const requests: RequestVerdict = { queued, perReplica, serviceRate, forecast };
  const load = forecast.perSecond + (queued ?? 0) / DRAIN_SECONDS;
  if (load === 0) return { ...verdict, need: 0, requests };
  if (perReplica === null) {
    return { ...verdict, requests, note: verdict.note ?? 'what a replica can serve is not known yet' };
  }
  return { ...verdict, need: Math.ceil(load / perReplica - 1e-9), requests };
}

/** The parts of the history that a decision's verdicts add to. */
export function learnRequests(
  history: History,
  signals: readonly SignalVerdict[],
  now: number,
): Pick<History, 'arrivals' | 'serviceRate'> {
  const verdict = signals.find(({ requests }) => requests !== undefined);
  if (verdict?.requests === undefined || verdict.value === null || verdict.partial !== undefined) return {};
  const { queued, forecast } = verdict.requests;
  const arrivals = rememberArrivals(history.arrivals ?? null, verdict.value, forecast.horizonMs, now);
  const cpu = signals.find(({ signal }) => signal === 'cpu');
  const serviceRate =
    cpu?.value == null
      ? history.serviceRate
      : learnServiceRate(
          history.serviceRate ?? null,
          {
            arrivalsPerSecond: verdict.value,
            queued: queued ?? 0,
            serving: cpu.coverage?.running ?? 0,
            cpuPercent: cpu.value,
          },
          now,
        );
  return { arrivals, ...(serviceRate == null ? {} : { serviceRate }) };
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
  return cpu.rule.kind === 'target'
    ? cpu.rule.targetPercent
    : (cpu.rule.upPercent + cpu.rule.downPercent) / 2;
}

/** From now until a replica that is ordered at the next decision serves. */
function horizonOf(snapshot: Snapshot, history: History, now: number): number {
  const since = history.arrivals === undefined ? DEFAULT_LOOP_MS : now - history.arrivals.at;
  const loopMs = since > 0 && since <= LONGEST_LOOP_MS ? since : DEFAULT_LOOP_MS;
  return (snapshot.healthyAfterMs ?? DEFAULT_HEALTHY_AFTER_MS) + loopMs;
}
