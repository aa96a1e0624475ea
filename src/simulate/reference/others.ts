/** Other policies to compare with, from their definitions. */

import type { Scaler, View } from '../view.js';
import type { Limits } from './hpa-scalers.js';

/** Mean CPU use over all replicas that exist: one that is starting uses nothing. Null when none serves. */
function meanOfAll(view: View, from: number, to: number): number | null {
  const percent = view.cpuPercent(from, to);
  return percent === null || view.desired === 0 ? null : (percent * view.readyBy(view.now)) / view.desired;
}

/**
 * `nomad:70`: target-value strategy of nomad-autoscaler: every 10 s, count x (last sample / target) rounded up, nothing
 * within 1 %, and 5 minutes of rest after any change. Source: hashicorp/nomad-autoscaler `plugins/builtin/strategy`.
 */
export function nomad(target: number, { min, max }: Limits): Scaler {
  const everySeconds = 10;
  const cooldownSeconds = 300;
  let lastChange = -Infinity;
  return {
    everySeconds,
    replicas(view) {
      const mean = meanOfAll(view, view.now - everySeconds, view.now);
      if (mean === null || view.now - lastChange < cooldownSeconds) return view.desired;
      const factor = mean / target;
      if (factor >= 1 - 0.01 && factor <= 1 + 0.01) return view.desired;
      const count = Math.min(max, Math.max(min, Math.ceil(view.desired * factor - 1e-9)));
      if (count !== view.desired) lastChange = view.now;
      return count;
    },
  };
}

/**
 * `aws-tt:70`: target tracking of ECS: points of one minute; out when 3 of 3 are above the target, in when 15 of 15
 * are below 0.9 of it, by the proportion of the last; in at most every 300 s. Source: aws/containers-roadmap #1208
 * and the documentation of Application Auto Scaling.
 */
export function awsTargetTracking(target: number, { min, max }: Limits): Scaler {
  const everySeconds = 60;
  const inCooldownSeconds = 300;
  const points: number[] = [];
  let lastIn = -Infinity;
  return {
    everySeconds,
    replicas(view) {
      const mean = meanOfAll(view, view.now - everySeconds, view.now);
      if (mean === null) return view.desired;
      points.push(mean);
      if (points.length > 15) points.shift();
      const count = Math.min(max, Math.max(min, Math.ceil((view.desired * mean) / target - 1e-9)));
      const last3 = points.slice(-3);
      if (last3.length === 3 && last3.every((point) => point > target)) return Math.max(view.desired, count);
      const isLow = points.length === 15 && points.every((point) => point < 0.9 * target);
      if (!isLow || count >= view.desired || view.now - lastIn < inCooldownSeconds) return view.desired;
      lastIn = view.now;
      return count;
    },
  };
}

/** `threshold:80/30`: what scripts do: every 30 s one more above the upper threshold, one fewer below the lower. */
export function thresholds(up: number, down: number): Scaler {
  const everySeconds = 30;
  return {
    everySeconds,
    replicas(view) {
      const mean = view.cpuPercent(view.now - 1, view.now);
      if (mean === null) return view.desired;
      return view.desired + (mean > up ? 1 : mean < down ? -1 : 0);
    },
  };
}

/** `static:N` */
export function fixed(replicas: number): Scaler {
  return { everySeconds: 3600, unbounded: true, replicas: () => Math.round(replicas) };
}

/**
 * `oracle`: knows the load to come, and has as many replicas as it takes, no sooner than it must. Not to be had, and
 * what no policy can be better than at the same SLO.
 */
export function oracle(needed: Int32Array, startupSeconds: number): Scaler {
  const ahead = slidingMaximum(needed, startupSeconds);
  return { everySeconds: 1, replicas: (view) => ahead[view.now] ?? 0 };
}

/** The greatest of each value and the `width` after it. */
function slidingMaximum(values: Int32Array, width: number): Int32Array {
  const result = new Int32Array(values.length);
  const candidates = new Int32Array(values.length);
  let [head, tail] = [0, 0];
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index] ?? 0;
    while (tail > head && (values[candidates[tail - 1] ?? 0] ?? 0) <= value) tail--;
    candidates[tail++] = index;
    while ((candidates[head] ?? 0) > index + width) head++;
    result[index] = values[candidates[head] ?? 0] ?? 0;
  }
  return result;
}
