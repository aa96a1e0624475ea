/** Task readings summed up per service, and the one-time sample that `status` takes when no daemon runs. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerReader } from '../swarm/engine.js';
import type { SwarmTask } from '../swarm/objects.js';
import type { ServiceUsage, TaskUsage } from './types.js';
import { isRunning, usageQueries, UsageSampler, type UsageSamplerOptions } from './usage.js';

/** Between the two readings of a one-time sample; the kernel's CPU counters are exact, so little is enough. */
const GAP_MS = 400;

/** The use of each service that has running tasks, by service id. `running` counts tasks on all nodes. */
export function summariseUsage(
  tasks: readonly SwarmTask[],
  usage: readonly TaskUsage[],
): Map<string, ServiceUsage> {
  const runningOf = new Map<string, number>();
  for (const task of tasks.filter(isRunning)) {
    runningOf.set(task.ServiceID, (runningOf.get(task.ServiceID) ?? 0) + 1);
  }
  const tasksOf = new Map<string, TaskUsage[]>();
  for (const one of usage) {
    const own = tasksOf.get(one.serviceId);
    if (own === undefined) tasksOf.set(one.serviceId, [one]);
    else own.push(one);
  }
  return new Map(
    [...runningOf].map(([serviceId, running]) => [
      serviceId,
      summaryOf(serviceId, running, tasksOf.get(serviceId) ?? []),
    ]),
  );
}

/** @param running its tasks that run, on all nodes */
export function summaryOf(serviceId: string, running: number, tasks: readonly TaskUsage[]): ServiceUsage {
  const cpu = known(tasks.map(({ cpuPercent }) => cpuPercent));
  const memory = known(tasks.map(({ memoryPercent }) => memoryPercent));
  return {
    serviceId,
    cpuPercent: mean(cpu),
    memoryPercent: mean(memory),
    sampled: cpu.length,
    running,
    tasks,
  };
}

export interface SampleOnceOptions extends UsageSamplerOptions {
  /** Everything together takes no longer than this (1300 by default); what was not had by then is null. */
  budgetMs?: number;
  gapMs?: number;
  signal?: AbortSignal;
}

/**
 * Two readings of every task on this Engine's node, and what lies between them. With an Engine before 23 that is not
 * on this machine the second reading takes a second longer than the usual budget, and CPU stays null.
 */
export async function sampleOnce(
  engine: Pick<ContainerReader, 'containerStats'> & { readonly local: boolean },
  tasks: readonly SwarmTask[],
  nodeId: string,
  options: SampleOnceOptions = {},
): Promise<Map<string, ServiceUsage>> {
  const budgetMs = options.budgetMs ?? 1_300;
  const outer = options.signal === undefined ? {} : { signal: options.signal };
  const started = performance.now();
  const left = (): number => Math.max(1, budgetMs - (performance.now() - started));
  const sampler = new UsageSampler(engine, options);
  const queries = usageQueries(tasks, nodeId).filter(({ isLocal }) => isLocal);
  if (queries.length === 0) return summariseUsage(tasks, []);

  const first = await sampler.read(queries, { ...outer, deadlineMs: left() });
  const gapMs = options.gapMs ?? GAP_MS;
  const spentMs = performance.now() - started;
  if (spentMs < gapMs) await delay(gapMs, undefined, outer).catch(() => undefined);
  const second = left() > 1 ? await sampler.read(queries, { ...outer, deadlineMs: left() }) : [];
  await sampler.close();
  return summariseUsage(
    tasks,
    first.map((early, index) => {
      const late = second[index];
      return {
        ...early,
        cpuPercent: late?.cpuPercent ?? null,
        memoryPercent: late?.memoryPercent ?? early.memoryPercent,
        memoryBytes: late?.memoryBytes ?? early.memoryBytes,
      };
    }),
  );
}

/** Mean, or null of nothing: an average of no tasks is unknown, not idle. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function known(values: readonly (number | null)[]): number[] {
  return values.filter((value): value is number => value !== null);
}
