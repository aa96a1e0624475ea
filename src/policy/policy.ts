/**
 * What a person wants of one service's autoscaling, decoded and checked. Percentages are plain numbers (70 is 70 %),
 * durations are milliseconds. A policy never holds a password, so it may be printed whole.
 */

import type { Problem } from '../errors.js';
import type { Schedule } from './schedule.js';

/** `target`: keep the mean near this number. `band`: grow above `upPercent`, shrink below `downPercent`. */
export type ResourceRule =
  { kind: 'target'; targetPercent: number } | { kind: 'band'; upPercent: number; downPercent: number };

export interface ResourceSignal {
  /** `cpu`: percent of the CPU limit, else of the reservation, else of one core. `memory`: percent of the limit. */
  kind: 'cpu' | 'memory';
  rule: ResourceRule;
}

/** Percent of the scheduler's periods in which the CPU limit held a task back. */
export interface ThrottlingSignal {
  kind: 'throttling';
  targetPercent: number;
}

/** How the jobs lie: all but the last in Redis. */
export type QueueKind = 'list' | 'bull' | 'bullmq' | 'stream' | 'celery' | 'sidekiq' | 'rq' | 'rabbitmq';

export interface QueueSignal {
  kind: 'queue';
  queue: QueueKind;
  /** `redis://host:port/db`, for RabbitMQ `http://host:15672/vhost`; never with a password. */
  url: string;
  key: string;
  /** consumer group of a stream */
  group?: string;
  /** key, or pattern with `*`, of the lists in which workers keep what they have taken from a list */
  processing?: string;
  /** what the library puts before its keys, where that is not its default */
  prefix?: string;
  jobsPerReplica: number;
  /** Empty the queue within this time instead; `jobsPerReplica` holds until the workers' rate is measured. */
  drainMs?: number;
  /** Jobs that one replica works at at once. Absent: measured while jobs wait. */
  concurrency?: number;
  /** More jobs than this wake a service from 0. */
  activation?: number;
}

/** Requests that arrive at a balancer: a signal that does not saturate when the replicas do. */
export interface RequestSignal {
  kind: 'requests';
  /** the HAProxy backend that serves this service */
  backend: string;
  /** Where the balancers tell their statistics. Absent: where the daemon's environment says. */
  urls?: readonly string[];
  /**
   * Requests per second that one replica is meant to serve. Null: learned from CPU use, so that the service comes to
   * rest at the CPU target (see src/autoscale/service-rate.ts).
   */
  perReplica: number | null;
  /** Whether growing answers what is coming while new replicas start, instead of what is there now. */
  forecast: boolean;
}

/** What else HAProxy counts for one backend, summed over every balancer. */
export interface BackendSignal {
  /**
   * `queued`: requests that wait for a server. `sessions`: open connections. `response`: mean time to the answer, ms.
   * `errors`: percent of answers that are 5xx.
   */
  kind: 'queued' | 'sessions' | 'response' | 'errors';
  backend: string;
  urls?: readonly string[];
  /** Per replica for `queued` and `sessions`; else for the service as a whole. */
  target: number;
}

/** `total`: grows with the work, the target is per replica. `level`: the same for all replicas, like a latency. */
export type NumberForm = 'total' | 'level';

export interface PrometheusSignal {
  kind: 'prometheus';
  /** of the server, without `/api/v1/query` */
  url: string;
  query: string;
  form: NumberForm;
  target: number;
  activation?: number;
}

export interface JsonSignal {
  kind: 'json';
  url: string;
  /** RFC 6901, e.g. `/queue/depth` */
  pointer: string;
  form: NumberForm;
  target: number;
  activation?: number;
}

/** A signal whose number is asked for as a whole, not task by task. */
export type LoadSignal = QueueSignal | RequestSignal | BackendSignal | PrometheusSignal | JsonSignal;
export type SignalPolicy = ResourceSignal | ThrottlingSignal | LoadSignal;

/** Most change per `STEP_PERIOD_MS`. Where both are given the larger counts; neither means no limit. */
export interface StepLimit {
  replicas: number | null;
  /** percent of the replicas at the beginning of the period */
  percent: number | null;
}

export interface DirectionPolicy {
  /** Stabilisation window: growing uses the least, shrinking the greatest need seen within it. */
  windowMs: number;
  /** The window is at most so long, and shorter where replicas serve soon; absent: as it is. */
  byStartUp?: true;
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
  /** For so long a person's own change is left alone, milliseconds; absent: `DEFAULT_HOLD_MS`. */
  holdMs?: number;
  /** Below this share of measured tasks nothing shrinks; absent: all of them. */
  coveragePercent?: number;
  /** absent where there is none */
  schedules?: readonly Schedule[];
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
    ContainerSpec?: { Image?: string; Labels?: Record<string, string> };
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
