/** The HPA over CPU, over arrivals, and over the length of a queue as KEDA gives it to it. */

import type { Scaler, View } from '../view.js';
import { DEFAULT_BEHAVIOUR, NO_MEMORY } from './hpa-behaviour.js';
import { hpaReplicas, type HpaMetric, type HpaPod } from './hpa.js';

/** `--horizontal-pod-autoscaler-sync-period` */
const SYNC_SECONDS = 15;
/** metrics-server looks at a kubelet every 15 s, and its numbers are half a period old when they are used */
const METRIC_WINDOW_SECONDS = 15;
const METRIC_AGE_SECONDS = 8;

export interface Limits {
  min: number;
  max: number;
}

/** `hpa-cpu:70`: mean CPU use of the pods, percent. */
export function hpaCpu(target: number, limits: Limits): Scaler {
  return hpa(limits, (view) => {
    const at = view.now - METRIC_AGE_SECONDS;
    const percent = view.cpuPercent(at - METRIC_WINDOW_SECONDS, at);
    return { kind: 'resource', resource: 'cpu', target, pods: podsOf(view, percent, at) };
  });
}

/** `hpa-rps:70`: arrivals at the balancer as an external metric, at so many percent of what a replica serves. */
export function hpaRps(targetPercent: number, limits: Limits): Scaler {
  return hpa(limits, (view) => {
    const at = view.now - METRIC_AGE_SECONDS;
    const value = view.arrivalsPerSecond(at - METRIC_WINDOW_SECONDS, at);
    return { kind: 'external-average', target: (view.capacity * targetPercent) / 100, value };
  });
}

/** KEDA's loop between none and one: how often it looks, and how long nothing must wait before it goes to the minimum. */
const KEDA_POLL_SECONDS = 30;
const KEDA_COOLDOWN_SECONDS = 300;

/**
 * `keda-redis:5`: a list's length, so many jobs per replica; jobs that are being worked on are not in the list. From
 * one to many the HPA asks for the length itself; KEDA's own loop only switches on and off.
 * With `counted` the jobs that are being worked on count too.
 */
export function kedaQueue(
  listLength: number,
  limits: Limits,
  counted: 'waiting' | 'active+waiting' = 'waiting',
): Scaler {
  const length = (view: View) => view.waiting + (counted === 'waiting' ? 0 : view.active);
  const inner = hpa({ min: Math.max(1, limits.min), max: limits.max }, (view) => ({
    kind: 'external-average',
    target: listLength,
    value: length(view),
  }));
  let lastActive = 0;
  return {
    everySeconds: SYNC_SECONDS,
    replicas(view) {
      if (length(view) > 0) lastActive = view.now;
      if (limits.min > 0) return inner.replicas(view);
      const polls = view.now % KEDA_POLL_SECONDS === 0;
      if (view.desired === 0) return polls && length(view) > 0 ? 1 : 0;
      if (polls && view.now - lastActive >= KEDA_COOLDOWN_SECONDS) return 0;
      return inner.replicas(view);
    },
  };
}

function hpa({ min, max }: Limits, metric: (view: View) => HpaMetric): Scaler {
  let memory = NO_MEMORY;
  return {
    everySeconds: SYNC_SECONDS,
    replicas(view) {
      const state = { now: view.now, replicas: view.desired, min, max };
      const decided = hpaReplicas([metric(view)], state, DEFAULT_BEHAVIOUR, memory);
      memory = decided.memory;
      return decided.replicas;
    },
  };
}

/** All pods that serve are used alike; one that began to serve within the window shows a part of it. */
function podsOf(view: View, percent: number | null, at: number): HpaPod[] {
  const pods: HpaPod[] = [];
  for (const { count, createdAt, readyAt } of view.cohorts) {
    const served = Math.min(METRIC_WINDOW_SECONDS, Math.max(0, at - readyAt));
    const pod: HpaPod = {
      phase: 'running',
      startedAt: createdAt,
      ready: readyAt <= view.now,
      readyChangedAt: readyAt <= view.now ? readyAt : createdAt,
      metric:
        createdAt > at - METRIC_WINDOW_SECONDS || percent === null
          ? null
          : { value: (percent * served) / METRIC_WINDOW_SECONDS, at, windowSeconds: METRIC_WINDOW_SECONDS },
    };
    for (let index = 0; index < count; index++) pods.push(pod);
  }
  return pods;
}
