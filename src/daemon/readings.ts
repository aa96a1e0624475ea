/** What was measured, as the decision wants to have it. */

import type { QueueReading, ResourceReading, SignalReading, Snapshot } from '../autoscale/types.js';
import type { Policy, ResourceSignal, SignalPolicy } from '../policy/policy.js';
import { known, mean } from '../signals/service-usage.js';
import type { QueueLength, QueueQuery, TaskUsage } from '../signals/types.js';
import { isRunning } from '../signals/usage.js';
import type { SwarmService, SwarmTask } from '../swarm/objects.js';

/** For this long after a task began to run, what it uses is its start and not its load. */
const WARM_UP_MS = 10_000;

export interface Measurements {
  tasks: readonly SwarmTask[];
  nodeId: string;
  usage: ReadonlyMap<string, TaskUsage>;
  queues: ReadonlyMap<string, QueueLength>;
  /** when the readings were taken, wall clock: for the age of tasks */
  wallMs: number;
  /** the same moment on the clock of the decision */
  monotonicMs: number;
}

export function queueId(query: QueueQuery): string {
  return `${query.url} ${query.key}`;
}

export function snapshotOf(service: SwarmService, policy: Policy, measured: Measurements): Snapshot {
  const own = measured.tasks.filter((task) => task.ServiceID === service.ID && isRunning(task));
  const warm = own.filter((task) => isWarm(task, measured.wallMs));
  return {
    service: service.Spec.Name,
    desired: replicasOf(service),
    running: warm.length,
    updateState: service.UpdateStatus?.State ?? null,
    readings: policy.signals.map((signal) => readingOf(signal, own, warm, measured)),
  };
}

function readingOf(
  signal: SignalPolicy,
  own: readonly SwarmTask[],
  warm: readonly SwarmTask[],
  measured: Measurements,
): SignalReading {
  switch (signal.kind) {
    case 'queue':
      return queueReading(measured.queues.get(queueId(signal)), measured);
    case 'requests':
      return { kind: 'requests', arrivalsPerSecond: null, queued: null, at: null, note: 'not read' };
    default:
      return resourceReading(signal, own, warm, measured);
  }
}

/** Replicas asked for; the Engine takes a missing number as 1. */
export function replicasOf(service: SwarmService): number {
  return service.Spec.Mode.Replicated?.Replicas ?? 1;
}

/** A task whose clock is ahead of ours has an age below zero; it is taken as warm, since nothing can be told. */
function isWarm(task: SwarmTask, wallMs: number): boolean {
  const ageMs = wallMs - Date.parse(task.Status.Timestamp);
  return !(ageMs >= 0 && ageMs < WARM_UP_MS);
}

function resourceReading(
  signal: ResourceSignal,
  own: readonly SwarmTask[],
  warm: readonly SwarmTask[],
  measured: Measurements,
): ResourceReading {
  const usage = warm.flatMap((task) => measured.usage.get(task.ID) ?? []);
  const field = signal.kind === 'cpu' ? 'cpuPercent' : 'memoryPercent';
  const values = known(usage.map((one) => one[field]));
  const note =
    values.length === warm.length && values.length > 0 ? null : whyMissing(own, warm, usage, measured);
  return {
    kind: signal.kind,
    meanPercent: mean(values),
    sampled: values.length,
    at: values.length === 0 ? null : measured.monotonicMs,
    ...(note === null ? {} : { note }),
  };
}

function whyMissing(
  own: readonly SwarmTask[],
  warm: readonly SwarmTask[],
  usage: readonly TaskUsage[],
  measured: Measurements,
): string {
  if (own.length === 0) return 'no task is running';
  if (warm.length === 0) return 'its tasks are still starting';
  const elsewhere = warm.filter(({ NodeID }) => NodeID !== measured.nodeId).length;
  if (elsewhere > 0) return `${elsewhere} on other nodes, which cannot be measured from here`;
  return usage.some(({ memoryBytes }) => memoryBytes !== null)
    ? 'only one reading yet'
    : 'no reading to be had';
}

function queueReading(length: QueueLength | undefined, measured: Measurements): QueueReading {
  if (length === undefined) return { kind: 'queue', length: null, at: null, note: 'not read' };
  return {
    kind: 'queue',
    length: length.length,
    at: length.at === null ? null : measured.monotonicMs,
    ...(length.note === undefined ? {} : { note: length.note }),
  };
}
