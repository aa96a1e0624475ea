/** What was measured, as the decision wants to have it. */

import type { ResourceReading, SignalReading, Snapshot } from '../autoscale/types.js';
import { pauseText, readPause } from '../policy/pause.js';
import type { LoadSignal, Policy, QueueSignal } from '../policy/policy.js';
import { scheduledBounds } from '../policy/schedule.js';
import { isLoad } from '../policy/signal-kinds.js';
import { loadId } from '../signals/loads.js';
import { known, mean } from '../signals/service-usage.js';
import type { Measurement, MissingUsage, TaskUsage } from '../signals/types.js';
import type { WorkRate } from '../signals/work-rate.js';
import type { SwarmService, SwarmTask } from '../swarm/objects.js';
import { roomOf, type Reservations } from './capacity.js';
import { NO_TASKS, type ServiceTasks } from './service-tasks.js';

export interface Measurements {
  /** by service, so that a service need not look through all */
  byService: ReadonlyMap<string, ServiceTasks>;
  reserved: Reservations;
  nodeId: string;
  usage: ReadonlyMap<string, TaskUsage>;
  /** by `loadId` */
  loads: ReadonlyMap<string, Measurement>;
  /** by `workId` */
  workRates: ReadonlyMap<string, WorkRate>;
  /** when the readings were taken, wall clock: for the age of tasks */
  wallMs: number;
  /** the same moment on the clock of the decision */
  monotonicMs: number;
}

/** Two services may work at one queue, each at a rate of its own. */
export function workId(serviceId: string, signal: QueueSignal): string {
  return `${serviceId} ${loadId(signal)}`;
}

export function snapshotOf(service: SwarmService, policy: Policy, measured: Measurements): Snapshot {
  const own = measured.byService.get(service.ID) ?? NO_TASKS;
  const room = roomOf(service, own.all, measured.reserved, measured.wallMs);
  const warm = own.warm(measured.wallMs);
  const pause = readPause(service.Spec.Labels, measured.wallMs);
  const scheduled = scheduledBounds(policy.schedules ?? [], policy.max, measured.wallMs);
  return {
    service: service.Spec.Name,
    desired: replicasOf(service),
    running: warm.length,
    updateState: service.UpdateStatus?.State ?? null,
    healthyAfterMs: own.healthyAfterMs,
    ...(scheduled === null ? {} : { scheduled }),
    ...(room === null ? {} : { room }),
    ...(pause === null ? {} : { paused: pauseText(pause) }),
    readings: policy.signals.map((signal): SignalReading =>
      isLoad(signal)
        ? loadReading(signal, service.ID, measured)
        : resourceReading(signal.kind, own.running, warm, measured),
    ),
  };
}

/** Replicas asked for; the Engine takes a missing number as 1. */
export function replicasOf(service: SwarmService): number {
  return service.Spec.Mode.Replicated?.Replicas ?? 1;
}

const FIELDS = { cpu: 'cpuPercent', memory: 'memoryPercent', throttling: 'throttledPercent' } as const;

function resourceReading(
  kind: ResourceReading['kind'],
  own: readonly SwarmTask[],
  warm: readonly SwarmTask[],
  measured: Measurements,
): ResourceReading {
  const usage = warm.flatMap((task) => measured.usage.get(task.ID) ?? []);
  const values = known(usage.map((one) => one[FIELDS[kind]]));
  const note =
    values.length === warm.length && values.length > 0 ? null : whyMissing(own, warm, usage, measured);
  return {
    kind,
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
  const told = usage.flatMap(({ memoryBytes, missing }) =>
    memoryBytes === null && missing !== undefined ? [missing] : [],
  );
  if (told.length > 0) return missingText(told);
  const unread = new Set(usage.filter(({ memoryBytes }) => memoryBytes === null).map(({ taskId }) => taskId));
  const elsewhere = warm.filter(({ ID, NodeID }) => NodeID !== measured.nodeId && unread.has(ID)).length;
  if (elsewhere > 0) return `${elsewhere} on other nodes, which cannot be measured from here`;
  return usage.some(({ memoryBytes }) => memoryBytes !== null)
    ? 'only one reading yet'
    : 'no reading to be had';
}

/** `2 on node3, whose agent does not answer; 1 on node4, which has no agent` */
function missingText(missing: readonly MissingUsage[]): string {
  const counts = new Map<string, number>();
  for (const { node, why } of missing) {
    const text = `on ${node}, ${why}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} ${text}`).join('; ');
}

function loadReading(signal: LoadSignal, serviceId: string, measured: Measurements): SignalReading {
  const found: Measurement = measured.loads.get(loadId(signal)) ?? { value: null, note: 'not read' };
  const { value, ageMs = 0, note, partial, work } = found;
  const common = {
    at: value === null ? null : measured.monotonicMs - ageMs,
    ...(note === undefined ? {} : { note }),
    ...(partial === undefined ? {} : { partial }),
  };
  if (signal.kind === 'requests')
    return { kind: 'requests', arrivalsPerSecond: value, queued: found.queued ?? null, ...common };
  if (signal.kind !== 'queue') return { kind: signal.kind, value, ...common };
  const rate = measured.workRates.get(workId(serviceId, signal));
  return {
    kind: 'queue',
    length: value,
    ...(work === undefined ? {} : { inFlight: work.inFlight, paused: work.paused }),
    ...(rate === undefined ? {} : rate),
    ...common,
  };
}
