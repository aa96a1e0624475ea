/**
 * The Kubernetes HorizontalPodAutoscaler (autoscaling/v2) from its definition, to compare with. Not what scalectl
 * does itself. Sources: kubernetes `pkg/controller/podautoscaler` (`replica_calculator.go`, `horizontal.go`), restated
 * in the reference documentation "Horizontal Pod Autoscaling".
 */

import { recommend, type HpaBehaviour, type HpaMemory } from './hpa-behaviour.js';

export interface HpaPod {
  phase: 'running' | 'pending' | 'failed' | 'deleting';
  /** seconds; when the pod began */
  startedAt: number;
  ready: boolean;
  /** seconds; when `ready` last changed */
  readyChangedAt: number;
  /** usage of the metric, in the unit of the target; null when missing */
  metric: { value: number; at: number; windowSeconds: number } | null;
}

export type HpaMetric =
  /** mean of the pods' use of a resource, percent of the request; CPU also knows pods that are starting */
  | { kind: 'resource'; resource: 'cpu' | 'memory'; target: number; pods: readonly HpaPod[] | null }
  /** mean of a number of the pods' own */
  | { kind: 'pods'; target: number; pods: readonly HpaPod[] | null }
  /** one number for all, divided by the replicas */
  | { kind: 'external-average'; target: number; value: number | null }
  /** one number for all, as it is */
  | { kind: 'external-value'; target: number; value: number | null; readyPods: number };

export interface HpaState {
  now: number;
  /** `spec.replicas` of what is scaled */
  replicas: number;
  min: number;
  max: number;
}

const TOLERANCE = 0.1;
/** `--horizontal-pod-autoscaler-cpu-initialization-period` */
const CPU_INITIALISATION_SECONDS = 300;
/** `--horizontal-pod-autoscaler-initial-readiness-delay` */
const INITIAL_READINESS_SECONDS = 30;
const EPSILON = 1e-9;

/** Replicas that the HPA sets, and its memory after it. */
export function hpaReplicas(
  metrics: readonly HpaMetric[],
  state: HpaState,
  behaviour: HpaBehaviour,
  memory: HpaMemory,
): { replicas: number; memory: HpaMemory } {
  const { replicas, min, max } = state;
  if (replicas === 0 && min > 0) return { replicas, memory };
  if (replicas > max) return { replicas: max, memory };
  if (replicas < min) return { replicas: min, memory };
  const proposals = metrics.map((metric) => hpaProposal(metric, replicas, state.now));
  const valid = proposals.filter((proposal) => proposal !== null);
  const proposed = valid.length === 0 ? null : Math.max(...valid);
  // A metric that fails blocks shrinking, and growing goes on by the others.
  if (proposed === null || (valid.length < proposals.length && proposed < replicas))
    return { replicas, memory };
  return recommend(proposed, state, behaviour, memory);
}

/** Replicas that one metric proposes before windows, rates and bounds; null when it cannot be reckoned. */
export function hpaProposal(metric: HpaMetric, replicas: number, now: number): number | null {
  switch (metric.kind) {
    case 'external-average': {
      if (metric.value === null) return null;
      const ratio = metric.value / (metric.target * replicas);
      return replicas > 0 && withinTolerance(ratio) ? replicas : ceil(metric.value / metric.target);
    }
    case 'external-value': {
      if (metric.value === null) return null;
      const ratio = metric.value / metric.target;
      if (replicas === 0) return ceil(ratio);
      return withinTolerance(ratio) ? replicas : ceil(ratio * metric.readyPods);
    }
    default:
      return metric.pods === null ? null : podsProposal(metric, metric.pods, replicas, now);
  }
}

function podsProposal(
  metric: Extract<HpaMetric, { kind: 'resource' | 'pods' }>,
  pods: readonly HpaPod[],
  replicas: number,
  now: number,
): number | null {
  const isCpu = metric.kind === 'resource' && metric.resource === 'cpu';
  let [sum, measured, missing, unready] = [0, 0, 0, 0];
  for (const pod of pods) {
    if (pod.phase === 'deleting' || pod.phase === 'failed') continue;
    if (pod.phase === 'pending') unready++;
    else if (pod.metric === null) missing++;
    else if (isCpu && isUnready(pod, pod.metric, now)) unready++;
    else {
      sum += pod.metric.value;
      measured++;
    }
  }
  if (measured === 0) return null;
  const ratio = sum / measured / metric.target;
  const countsUnready = unready > 0 && ratio > 1;
  if (!countsUnready && missing === 0) return withinTolerance(ratio) ? replicas : ceil(ratio * measured);

  // What is missing is assumed to speak against the change; what starts has no use yet.
  const ofMissing =
    ratio < 1 ? missing * (metric.kind === 'resource' ? Math.max(100, metric.target) : metric.target) : 0;
  // Exactly at the target there is no change to speak against, and they are left out.
  const count = measured + (ratio === 1 ? 0 : missing) + (countsUnready ? unready : 0);
  const again = (sum + ofMissing) / count / metric.target;
  if (withinTolerance(again) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return replicas;
  const proposal = ceil(again * count);
  if ((again < 1 && proposal > replicas) || (again > 1 && proposal < replicas)) return replicas;
  return proposal;
}

/** Whether a pod's CPU use is its start: not ready, or measured before it was, within the first five minutes. */
function isUnready(pod: HpaPod, metric: { at: number; windowSeconds: number }, now: number): boolean {
  if (pod.startedAt + CPU_INITIALISATION_SECONDS > now) {
    return !pod.ready || metric.at < pod.readyChangedAt + metric.windowSeconds;
  }
  return !pod.ready && pod.startedAt + INITIAL_READINESS_SECONDS > pod.readyChangedAt;
}

function withinTolerance(ratio: number): boolean {
  return Math.abs(ratio - 1) <= TOLERANCE + EPSILON;
}

function ceil(value: number): number {
  return Math.max(0, Math.ceil(value - EPSILON));
}
