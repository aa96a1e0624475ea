/** What holds where a policy says nothing. docs/autoscaling.md explains each of them. */

import type { DirectionPolicy, OnError } from './policy.js';

export const DEFAULT_MIN = 1;
export const DEFAULT_JOBS_PER_REPLICA = 10;

/** Relative distance from a target within which nothing happens. Source: Kubernetes HPA, 0.1. */
export const TOLERANCE = 0.1;

/** Period of `up.step` and `down.step`, milliseconds. Source: Kubernetes HPA's default policies, 15 s. */
export const STEP_PERIOD_MS = 15_000;

/** Grow at once to what is needed: `max` is the bound that a person chose. */
export const DEFAULT_UP: DirectionPolicy = {
  windowMs: 0,
  step: { replicas: null, percent: null },
  cooldownMs: 0,
};

/** Shrink only to what was enough for 5 minutes, then in one step. Source: HPA's default `scaleDown`. */
export const DEFAULT_DOWN: DirectionPolicy = {
  windowMs: 300_000,
  step: { replicas: null, percent: 100 },
  cooldownMs: 0,
};

/**
 * The same where requests are counted at a balancer. The HPA's 5 minutes also bridge what its metrics pipeline averages
 * and delays; arrivals are seen at once. And who shrank too early is short until new replicas serve: what that costs
 * grows with their start-up, so that the window does as well (docs/simulating.md).
 */
export const DEFAULT_DOWN_BY_REQUESTS: DirectionPolicy = {
  ...DEFAULT_DOWN,
  windowMs: 240_000,
  byStartUp: true,
};

/** Such a window in start-ups of a replica. */
export const WINDOW_START_UPS = 6;
/** The least that it is: longer than a minute, so that what comes once a minute finds what it needed the last time. */
export const SHORTEST_WINDOW_MS = 65_000;

/** Arrivals per second are not measured over less than this: it would say more about chance than about the load. */
export const SHORTEST_RATE_MS = 2_000;
/** So many arrivals make a rate with a standard deviation of 7 % (Poisson), and older ones are not needed for it. */
export const ENOUGH_ARRIVALS = 200;

export const DEFAULT_ON_ERROR: OnError = { kind: 'hold' };

/** For so long a count that a person chose is left alone. As long as the down window: a person meant it to last. */
export const DEFAULT_HOLD_MS = 300_000;

/** Shrink only when every running task is measured. */
export const DEFAULT_COVERAGE_PERCENT = 100;

/** What the classic single-service autoscaler does when its environment leaves a variable out. */
export const CLASSIC = {
  upPercent: 80,
  downPercent: 30,
  minReplicas: 2,
  maxReplicas: 10,
  intervalSeconds: 30,
  jobsPerWorker: 10,
  minWorkers: 2,
  maxWorkers: 20,
} as const;
