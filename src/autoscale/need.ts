/** How many replicas one signal asks for. */

import { TOLERANCE } from '../policy/defaults.js';
import type { ResourceRule } from '../policy/policy.js';

/** Keeps a sum like 3.0000000000000004 from asking for a fourth replica. */
const EPSILON = 1e-9;

export interface ResourceMeasure {
  /** mean use of the measured tasks, percent */
  meanPercent: number;
  /** measured tasks, at least 1 */
  sampled: number;
  /** tasks that run and have warmed up, measured or not */
  running: number;
  /** replicas asked for in the service's specification */
  desired: number;
}

/**
 * Replicas for a mean use. Target tracking as in the Kubernetes HPA: ratio = mean / target, nothing within the
 * tolerance, else ceil(ratio x replicas). Tasks that were not measured are first assumed to be what speaks against
 * the change, and where that turns its direction, nothing changes: a task still starting counts as idle when growing
 * (it was already asked for, so the load is not answered twice) and as at its target when shrinking; a running task
 * that nobody could measure counts as at its target both ways.
 *
 * Two thresholds: nothing between them, else the count that brings the mean to the middle between them.
 */
export function resourceNeed(rule: ResourceRule, measure: ResourceMeasure): number {
  return rule.kind === 'target'
    ? targetNeed(rule.targetPercent, measure)
    : bandNeed(rule.upPercent, rule.downPercent, measure);
}

/** ceil(length / jobsPerReplica), without a tolerance: 100 jobs at 10 per replica are 10, and none are 0. */
export function queueNeed(length: number, jobsPerReplica: number): number {
  return ceil(length / jobsPerReplica);
}

function targetNeed(target: number, measure: ResourceMeasure): number {
  const { desired } = measure;
  const ratio = measure.meanPercent / target;
  if (withinTolerance(ratio)) return desired;
  const { total, replicas } = spread(measure, target, ratio > 1);
  if (withinTolerance(total / replicas)) return desired;
  return ratio > 1 ? Math.max(desired, ceil(total)) : Math.min(desired, ceil(total));
}

function bandNeed(up: number, down: number, measure: ResourceMeasure): number {
  const { desired, meanPercent } = measure;
  if (meanPercent >= down && meanPercent <= up) return desired;
  const middle = (up + down) / 2;
  const growing = meanPercent > up;
  const { total, replicas, whole } = spread(measure, middle, growing);
  if (!growing) return Math.min(whole ? desired - 1 : desired, ceil(total));
  const rounded = ceil(total);
  // Rounding up may land below the lower threshold and be undone at once; rounding down then lands between the two
  // (see checkBand in the policy room, which refuses thresholds for which it would not).
  const landing = (total * middle) / rounded;
  return Math.max(desired, landing < down && rounded - 1 > replicas ? rounded - 1 : rounded);
}

interface Spread {
  /** the load in replicas that run exactly at the aim */
  total: number;
  /** replicas that the load is or will be spread over */
  replicas: number;
  /** true when every replica was measured */
  whole: boolean;
}

function spread(measure: ResourceMeasure, aim: number, growing: boolean): Spread {
  const { meanPercent, sampled, desired } = measure;
  const running = Math.max(measure.running, sampled);
  const replicas = Math.max(desired, sampled);
  const starting = Math.max(0, replicas - running);
  const unmeasured = running - sampled;
  const total = (sampled * meanPercent) / aim + unmeasured + (growing ? 0 : starting);
  return { total, replicas, whole: starting === 0 && unmeasured === 0 && replicas === desired };
}

function withinTolerance(ratio: number): boolean {
  return Math.abs(ratio - 1) <= TOLERANCE + EPSILON;
}

function ceil(value: number): number {
  return Math.max(0, Math.ceil(value - EPSILON));
}
