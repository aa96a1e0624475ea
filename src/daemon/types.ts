/** What the daemon and the one-shot evaluation tell their caller. Nothing in this room prints. */

import type { Decision } from '../autoscale/types.js';
import type { Problem } from '../errors.js';
import type {
  ConfigStore,
  ContainerReader,
  InfoReader,
  NodeReader,
  ServiceReader,
  ServiceWriter,
  TaskReader,
} from '../swarm/engine.js';

/** The part of the Engine that autoscaling needs. */
export type AutoscaleEngine = Pick<ContainerReader, 'containerStats'> &
  Pick<InfoReader, 'info'> &
  Pick<ServiceReader, 'listServices' | 'inspectService'> &
  Pick<ServiceWriter, 'updateService'> &
  Pick<ConfigStore, 'listConfigs' | 'createConfig' | 'updateConfig'> &
  NodeReader &
  TaskReader & { readonly local: boolean; readonly address: string };

export type Action =
  /** nothing was to be done */
  | { kind: 'none' }
  /** a dry run: this would have been written */
  | { kind: 'would-scale'; from: number; to: number }
  | { kind: 'scaled'; from: number; to: number; attempts: number }
  /** this would have been written, if another daemon did not hold the lease */
  | { kind: 'standing-by'; from: number; to: number }
  /** the service was removed between observing and acting */
  | { kind: 'gone' }
  /** the Engine refused; the service is as it was */
  | { kind: 'failed'; message: string };

export interface ServiceOutcome {
  serviceId: string;
  /** full name */
  service: string;
  /** RFC 3339 */
  at: string;
  decision: Decision;
  action: Action;
  /** what else held for the service at that moment; absent where nobody noted it */
  standing?: Standing;
}

/** How a service stands, beside what was decided for it. */
export interface Standing {
  /** bounds of its policy */
  min: number;
  max: number;
  /** tasks that run, on whatever node */
  running: number;
  /** `paused until …`, or null */
  paused: string | null;
  /** word of the schedule whose window is open, or null */
  scheduled: string | null;
  /** tasks that no node has taken yet; null where there are none */
  pending: { tasks: number; forMs: number; message: string | null } | null;
}

/** A service whose policy cannot be carried out as it is written. It is left alone. */
export interface InvalidService {
  service: string;
  problems: readonly [Problem, ...Problem[]];
}

export interface Evaluation {
  /** RFC 3339 */
  at: string;
  /** id of the Swarm; null where the Engine does not tell it */
  clusterId: string | null;
  outcomes: readonly ServiceOutcome[];
  invalid: readonly InvalidService[];
  usage: readonly UsageSample[];
}

/** One service's last use, as the daemon keeps it for `status`. */
export interface UsageSample {
  serviceId: string;
  /** full name */
  service: string;
  cpuPercent: number | null;
  memoryPercent: number | null;
  sampled: number;
  running: number;
}

/** Answer of `GET /v1/samples` on the daemon's socket. */
export interface DaemonSamples {
  apiVersion: 'scalectl/v1';
  kind: 'Samples';
  pid: number;
  clusterId: string;
  intervalMs: number;
  /** RFC 3339; when the last tick ended */
  sampledAt: string;
  /** age of the samples when the daemon answered */
  ageMs: number;
  samples: readonly UsageSample[];
  decisions: readonly ServiceOutcome[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What happened, as data; `formatEvent` makes a line of it and JSON.stringify another. */
export type DaemonEvent = { level: LogLevel; at: string } & (
  | { type: 'started'; pid: number; address: string; intervalMs: number; dryRun: boolean }
  | { type: 'listening'; socket: string }
  | { type: 'serving'; address: string }
  | { type: 'not-listening'; message: string }
  | { type: 'decision'; outcome: ServiceOutcome }
  | { type: 'invalid-policy'; service: string; problems: readonly Problem[] }
  | { type: 'policy-mended'; service: string }
  | { type: 'engine-lost'; message: string }
  | { type: 'engine-back'; afterMs: number }
  /** somebody asked for something over the API */
  | { type: 'asked'; what: 'evaluate' | 'pause' | 'resume'; service: string | null; text: string }
  /** the journal cannot be written; what happens is kept in memory alone */
  | { type: 'journal-lost'; message: string }
  /** a notification was given up */
  | { type: 'webhook-failed'; message: string }
  /** holds the lease, and acts from now on */
  | { type: 'leading' }
  /** another daemon holds the lease, since an RFC 3339 time by its own clock */
  | { type: 'standing-by'; host: string; pid: number; since: string }
  | { type: 'lease-lost'; message: string }
  | { type: 'stopped'; reason: string }
);

export type DaemonLog = (event: DaemonEvent) => void;
