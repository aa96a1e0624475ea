/**
 * What a person wants of one service's autoscaling, decoded and checked. Percentages are plain numbers (70 is 70 %),
 * durations are milliseconds. A policy never holds a password, so it may be printed whole.
 */

import type { Problem } from '../errors.js';

/** `target`: keep the mean near this number. `band`: grow above `upPercent`, shrink below `downPercent`. */
export type ResourceRule =
  { kind: 'target'; targetPercent: number } | { kind: 'band'; upPercent: number; downPercent: number };

export interface ResourceSignal {
  /** `cpu`: percent of the CPU limit, else of the reservation, else of one core. `memory`: percent of the limit. */
  kind: 'cpu' | 'memory';
  rule: ResourceRule;
}

export interface QueueSignal {
  kind: 'queue';
  /** How jobs lie in Redis; only a plain list is read in this version. */
  queue: 'list';
  /** `redis://host:port/db`, never with a password. */
  url: string;
  key: string;
  jobsPerReplica: number;
}

/** Requests that arrive at a balancer: a signal that does not saturate when the replicas do. */
export interface RequestSignal {
  kind: 'requests';
  /** the HAProxy backend that serves this service */
  backend: string;
  /**
   * Requests per second that one replica is meant to serve. Null: learned from CPU use, so that the service comes to
   * rest at the CPU target (see src/autoscale/service-rate.ts).
   */
  perReplica: number | null;
  /** Whether growing answers what is coming while new replicas start, instead of what is there now. */
  forecast: boolean;
}

export type SignalPolicy = ResourceSignal | QueueSignal | RequestSignal;

/** Most change per `STEP_PERIOD_MS`. Where both are given the larger counts; neither means no limit. */
export interface StepLimit {
  replicas: number | null;
  /** percent of the replicas at the beginning of the period */
  percent: number | null;
}

export interface DirectionPolicy {
  /** Stabilisation window: growing uses the least, shrinking the greatest need seen within it. */
  windowMs: number;
  step: StepLimit;
  /** Least time between two changes in this direction. */
  cooldownMs: number;
}

/** What to do while every signal is unknown. `replicas` is kept within the bounds. */
export type OnError = { kind: 'hold' } | { kind: 'max' } | { kind: 'replicas'; replicas: number };

export interface Policy {
  source: 'labels' | 'environment';
  min: number;
  max: number;
  /** At least one. The one that needs most replicas wins. */
  signals: readonly [SignalPolicy, ...SignalPolicy[]];
  up: DirectionPolicy;
  down: DirectionPolicy;
  onError: OnError;
}

/** `none`: nobody asked for autoscaling here. `invalid`: somebody did, and it cannot be carried out as written. */
export type Decoded<T> =
  | { kind: 'none' }
  | { kind: 'policy'; value: T }
  | { kind: 'invalid'; problems: readonly [Problem, ...Problem[]] };

/** The part of a service's specification that a policy is decoded from; the Engine's own `ServiceSpec` is one. */
export interface PolicySubject {
  Name: string;
  Labels?: Record<string, string>;
  Mode: { Replicated?: object; Global?: object; ReplicatedJob?: object; GlobalJob?: object };
  TaskTemplate: {
    Resources?: { Limits?: { NanoCPUs?: number; MemoryBytes?: number } };
  };
}

/** A classic single-service autoscaler's environment, as a policy for one service. */
export interface EnvironmentPolicy {
  /** as it was written: the full name of a service */
  service: string;
  policy: Policy;
  intervalMs: number;
  /** Password that stood in `REDIS_URL`. Not part of the policy, so that the policy can be printed. */
  redisPassword: string | null;
}

/** What the label `scalectl.last-scale` holds: written by the daemon in the same update that changed the count. */
export interface LastScale {
  /** RFC 3339 */
  at: string;
  from: number;
  to: number;
  reason: string;
  /** who did it, e.g. `autoscaler` */
  by: string;
}
