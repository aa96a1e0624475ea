/** Windows, cooldowns and steps: what stands between a need and a change. */

import { SHORTEST_WINDOW_MS, STEP_PERIOD_MS, WINDOW_START_UPS } from '../policy/defaults.js';
import type { Policy, StepLimit } from '../policy/policy.js';
import { healthyAfterMs } from './start-up.js';
import type { History, Snapshot } from './types.js';

export interface Stabilised {
  replicas: number;
  /** what the window saw that held the change back */
  seen: number;
}

/** How long the stabilisation window of this direction is, milliseconds. */
export function windowOf(direction: 'up' | 'down', policy: Policy, snapshot: Snapshot): number {
  const { windowMs, byStartUp } = policy[direction];
  if (byStartUp === undefined) return windowMs;
  return Math.min(windowMs, Math.max(SHORTEST_WINDOW_MS, WINDOW_START_UPS * healthyAfterMs(snapshot)));
}

/**
 * Stabilisation as in the Kubernetes HPA: the present count is raised to the least need of the up window and lowered
 * to the greatest need of the down window, the present need being part of both.
 */
export function stabilise(
  need: number,
  policy: Policy,
  snapshot: Snapshot,
  history: History,
  now: number,
): Stabilised {
  const { desired } = snapshot;
  // A window of nothing holds nothing, not even what was recorded a moment after `now` was taken.
  const within = (windowMs: number): number[] =>
    windowMs === 0
      ? []
      : history.recommendations
          .filter(({ at }) => at > now - windowMs)
          .map((recommendation) => recommendation.need);
  const least = Math.min(need, ...within(windowOf('up', policy, snapshot)));
  const greatest = Math.max(need, ...within(windowOf('down', policy, snapshot)));
  if (desired < least) return { replicas: least, seen: least };
  if (desired > greatest) return { replicas: greatest, seen: greatest };
  return { replicas: desired, seen: need > desired ? least : greatest };
}

/** Milliseconds that the cooldown of this direction still lasts; 0 when it is over. */
export function cooldownLeftMs(
  direction: 'up' | 'down',
  policy: Policy,
  history: History,
  now: number,
): number {
  const last = direction === 'up' ? history.lastUpAt : history.lastDownAt;
  return last === null ? 0 : Math.max(0, policy[direction].cooldownMs - Math.max(0, now - last));
}

/**
 * The farthest count that the step allows, measured from the count at the beginning of the period: the autoscaler's
 * own changes within the period count against it, in both directions. Always lets at least one replica through.
 */
export function stepLimit(
  direction: 'up' | 'down',
  desired: number,
  policy: Policy,
  history: History,
  now: number,
): number {
  const recent = history.scales.filter(({ at }) => at > now - STEP_PERIOD_MS);
  const start = Math.max(
    0,
    recent.reduce((count, { from, to }) => count - (to - from), desired),
  );
  const most = largestChange(policy[direction].step, start);
  return direction === 'up' ? Math.max(desired, start + most) : Math.min(desired, Math.max(0, start - most));
}

function largestChange(step: StepLimit, start: number): number {
  if (step.replicas === null && step.percent === null) return Infinity;
  const byPercent = step.percent === null ? 0 : Math.ceil((start * step.percent) / 100);
  return Math.max(1, step.replicas ?? 0, byPercent);
}
