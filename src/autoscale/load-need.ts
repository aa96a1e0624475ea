/** How many replicas the work asks for that is counted for a service as a whole, not task by task. */

import { TOLERANCE } from '../policy/defaults.js';
import type { QueueSignal } from '../policy/policy.js';
import { queueNeed } from './need.js';

/** Keeps a sum like 3.0000000000000004 from asking for a fourth replica. */
const EPSILON = 1e-9;

/** A sign of distress is not proportional to the load: it asks for no more than this many times the replicas. */
const MOST_GROWTH = 2;

/** Share of their measured rate at which workers are meant to run. */
const WORKER_LOAD = 0.9;

export interface Replicas {
  /** asked for in the service's specification */
  desired: number;
  /** run, and did so before the last growth that cannot show in the signals yet; see start-up.ts */
  settled: number;
}

/**
 * A number that the replicas share, like requests per second: ceil(total / target), unless the present count is
 * within the tolerance. Source: Kubernetes HPA, external metric with AverageValue.
 */
export function totalNeed(total: number, perReplica: number, { desired }: Replicas): number {
  if (desired > 0 && Math.abs(total / (perReplica * desired) - 1) <= TOLERANCE + EPSILON) return desired;
  return ceil(total / perReplica);
}

/**
 * A number that is the same for all replicas, like a latency: ratio = value / target; nothing within the tolerance,
 * else ceil(ratio x replicas). Source: Kubernetes HPA, external metric with Value. Growing counts the settled replicas
 * alone, so that those on their way are not asked for twice; shrinking counts them all.
 */
export function levelNeed(value: number, target: number, replicas: Replicas, most = Infinity): number {
  const { desired, settled } = replicas;
  const ratio = value / target;
  if (Math.abs(ratio - 1) <= TOLERANCE + EPSILON) return desired;
  if (ratio > 1) return Math.max(desired, ceil(Math.min(ratio, most) * settled));
  return Math.min(desired, ceil(ratio * desired));
}

/** A level that shows distress, like the share of errors. */
export function guardNeed(value: number, target: number, replicas: Replicas): number {
  return levelNeed(value, target, replicas, MOST_GROWTH);
}

/**
 * Requests that wait at the balancer are what the settled replicas, all of them full, do not manage: they ask for so
 * many more. A queue of next to nothing changes nothing; none at all asks for nothing.
 */
export function queuedNeed(queued: number, perReplica: number, { desired, settled }: Replicas): number {
  if (queued === 0) return 0;
  const more = queued / perReplica;
  return more <= TOLERANCE * settled + EPSILON ? desired : Math.max(desired, ceil(settled + more));
}

export interface QueueMeasure {
  /** replicas asked for in the service's specification */
  desired: number;
  /** replicas before a growth that cannot show yet; infinity where there was none */
  beforeGrowth: number;
  waiting: number;
  /** being worked at; 0 where that cannot be seen */
  inFlight: number;
  /** nobody takes from the queue for now, because somebody said so */
  paused: boolean;
  /** jobs per second that a busy replica gets done; null until measured */
  ratePerReplica: number | null;
  /** jobs that a busy replica works at at once; null until measured */
  concurrency: number | null;
}

/**
 * Replicas for a queue. While it is paused, only for what is being worked at: more workers would have nothing to do.
 * Never fewer than are busy now, where it is known how many jobs one works at: which of them Swarm would stop cannot
 * be chosen. 0 when nothing is left, or too little to wake a service for.
 */
export function workNeed(signal: QueueSignal, measure: QueueMeasure): number {
  const { desired, inFlight, paused } = measure;
  const waiting = paused ? 0 : measure.waiting;
  const idle = desired === 0 ? waiting + inFlight : inFlight > 0 ? Infinity : waiting;
  if (idle <= (signal.activation ?? 0)) return 0;
  const concurrency = signal.concurrency ?? measure.concurrency;
  const byWork =
    signal.drainMs === undefined || measure.ratePerReplica === null || concurrency === null
      ? queueNeed(waiting + inFlight, signal.jobsPerReplica)
      : drainNeed(
          { waiting, inFlight, beforeGrowth: measure.beforeGrowth },
          signal.drainMs / 1000,
          measure.ratePerReplica,
          concurrency,
        );
  const busy = concurrency === null ? 0 : Math.min(desired, ceil(inFlight / concurrency));
  return Math.max(1, byWork, busy);
}

/**
 * Replicas that keep up with what is being worked at and work the backlog off within `drainSeconds`:
 * (inFlight + waiting x min(1, S / drain)) / concurrency at 90 % load, where S = concurrency / rate is the time of
 * one job (Little's law). More than one worker's place per waiting job cannot help. What replicas of the last growth
 * have taken up as they began to run is the backlog for which they were asked, and counts as still waiting.
 */
function drainNeed(
  { waiting, inFlight, beforeGrowth }: Pick<QueueMeasure, 'waiting' | 'inFlight' | 'beforeGrowth'>,
  drainSeconds: number,
  ratePerReplica: number,
  concurrency: number,
): number {
  const jobSeconds = concurrency / ratePerReplica;
  const keptUp = Math.min(inFlight, beforeGrowth * concurrency);
  const backlog = waiting + inFlight - keptUp;
  const places = keptUp + backlog * Math.min(1, jobSeconds / drainSeconds);
  return ceil(places / (WORKER_LOAD * concurrency));
}

function ceil(value: number): number {
  return Math.max(0, Math.ceil(value - EPSILON));
}
