/** What goes into a decision and what comes out of it. All times are milliseconds of one clock that never jumps. */

import type { BackendSignal, JsonSignal, PrometheusSignal } from '../policy/policy.js';
import type { ScheduledBounds } from '../policy/schedule.js';
import type { ArrivalHistory } from './forecast.js';
import type { RequestVerdict } from './requests.js';
import type { Room } from './capacity.js';
import type { ServiceRate } from './service-rate.js';

export interface ResourceReading {
  kind: 'cpu' | 'memory' | 'throttling';
  /** Mean over the measured tasks that have warmed up; null when none could be measured. */
  meanPercent: number | null;
  /** How many warmed-up running tasks `meanPercent` stands for. */
  sampled: number;
  at: number | null;
  /** Why the number is missing, or not whole. */
  note?: string;
}

export interface QueueReading {
  kind: 'queue';
  /** Jobs waiting and in flight; null when unknown. An empty queue is a real 0. */
  length: number | null;
  /** those of `length` that are being worked at; null or absent where that cannot be seen */
  inFlight?: number | null;
  /** nobody takes from the queue for now, because somebody said so */
  paused?: boolean;
  /** jobs per second that a busy replica gets done; null or absent until measured */
  ratePerReplica?: number | null;
  /** jobs that a busy replica works at at once; null or absent until measured */
  concurrency?: number | null;
  at: number | null;
  note?: string;
  partial?: string;
}

export interface RequestReading {
  kind: 'requests';
  /**
   * Requests per second that arrived since the reading before, over all balancers: those that were queued or denied
   * count too, since they are load that the replicas should have carried. Null when unknown.
   */
  arrivalsPerSecond: number | null;
  /** Requests that wait for a replica at this moment, over all balancers; null when unknown. */
  queued: number | null;
  at: number | null;
  note?: string;
  partial?: string;
}

/** Another number for the service as a whole: from the balancers, from Prometheus, from a JSON document. */
export interface LoadReading {
  kind: (BackendSignal | PrometheusSignal | JsonSignal)['kind'];
  /** null when unknown */
  value: number | null;
  at: number | null;
  note?: string;
  /** Why the number may be too small (`only 1 of 2 balancers answered`): it may grow a service, not shrink it. */
  partial?: string;
}

export type SignalReading = ResourceReading | QueueReading | RequestReading | LoadReading;

export interface Snapshot {
  /** full name */
  service: string;
  /** Replicas asked for in the service's specification: what a decision changes. Not how many happen to run. */
  desired: number;
  /** Tasks on all nodes that run and have warmed up. The rest of `desired` is on its way. */
  running: number;
  /** The Engine's `UpdateStatus.State`, or null when the service was never updated. */
  updateState: string | null;
  /** Measured time from a task's creation until it serves, milliseconds; null or absent when none was measured. */
  healthyAfterMs?: number | null;
  /** Bounds that a schedule sets for the time being, within the policy's own. */
  scheduled?: ScheduledBounds;
  /** How many replicas more the Swarm has room for, as far as that can be known; absent: nothing is known against it. */
  room?: Room;
  /** Why nothing may change although there is a policy: `paused until …`. */
  paused?: string;
  /** One reading per signal of the policy, in the policy's order. */
  readings: readonly SignalReading[];
}

export interface History {
  /** What the signals asked for at earlier decisions, oldest first. */
  recommendations: readonly { at: number; need: number }[];
  /** The autoscaler's own changes, as far back as steps and starting replicas go, oldest first. */
  scales: readonly { at: number; from: number; to: number }[];
  /** When any signal was last known; null when none ever was. */
  lastKnownAt: number | null;
  /** Replicas after the last decision; another number now means that somebody else scaled. */
  lastDesired: number | null;
  lastUpAt: number | null;
  lastDownAt: number | null;
  /** the time in the service's label of its last change, when it was looked at last; absent before that */
  labelSeen?: string;
  /** the last change by hand, and what it set the count to; absent where none is known */
  byHand?: { at: number; to: number };
  /** what arrived and what had been forecast; absent until arrivals were seen */
  arrivals?: ArrivalHistory;
  /** absent until CPU use under load was seen */
  serviceRate?: ServiceRate;
}

/** One signal's say: what it measured, what it aims at, how many replicas that takes. */
export interface SignalVerdict {
  signal: string;
  value: number | null;
  /** `%`, `jobs`, `requests/s`, `ms`…; empty for a number that only its owner can name */
  unit: string;
  /** The aim in words: `target 70 %`, `30 to 80 %`, `10 jobs per replica`. */
  aim: string;
  /** null when the value is unknown */
  need: number | null;
  /** Measured and running tasks, for a signal that is measured task by task. */
  coverage: { sampled: number; running: number } | null;
  /** why the value may be too small, where it may */
  partial?: string;
  /** null when nothing was read */
  ageMs: number | null;
  note: string | null;
  /** for a signal of requests: what the need was reckoned with */
  requests?: RequestVerdict;
}

export type AdjustmentRule =
  | 'unknown-signal'
  | 'coverage'
  | 'on-error'
  | 'up-window'
  | 'down-window'
  | 'up-cooldown'
  | 'down-cooldown'
  | 'up-step'
  | 'down-step'
  | 'hold'
  | 'capacity'
  | 'min'
  | 'max'
  | 'schedule'
  | 'paused'
  | 'rollout'
  | 'switched-off';

/** A rule that changed the number on its way from the need to the decision. */
export interface Adjustment {
  rule: AdjustmentRule;
  before: number;
  after: number;
  /** a whole sentence part, e.g. `the down window (5m) saw a need of 6` */
  text: string;
}

type Outcome = 'up' | 'down' | 'hold' | 'skip';

/** JSON-able as it stands. */
export interface Decision {
  service: string;
  /** desired replicas before */
  from: number;
  /** desired replicas decided on; equals `from` for `hold` and `skip` */
  to: number;
  outcome: Outcome;
  signals: readonly SignalVerdict[];
  /**
   * What the signals together ask for, missing data already allowed for, before windows, steps and bounds. Later
   * decisions look back at it. Null when it was not worked out (a skip).
   */
  need: number | null;
  /** Clamps and vetoes in the order in which they were applied; only those that changed something. */
  adjustments: readonly Adjustment[];
  /** The same for people: the signal that needs most first, then each rule that changed the number. Never empty. */
  reasons: readonly string[];
}
