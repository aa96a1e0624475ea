/**
 * What a tutorial's autoscaler does, to hold ours against: every 30 seconds it asks for the statistics of one container
 * after the other, and adds or takes away one replica outside two thresholds. Kinder than most, it takes CPU as a percentage of the
 * limit; without that a replica at a tenth of a core could never reach 80 %.
 */

import type { Engine } from '../../src/swarm/engine.js';
import type { ContainerStats } from '../../src/swarm/objects.js';
import { isRunning } from '../../src/signals/usage.js';

const UP_PERCENT = 80;
const DOWN_PERCENT = 30;

export interface ClassicOptions {
  service: string;
  min: number;
  max: number;
  /** cores that are 100 % */
  cores: number;
}

export async function classicTick(
  engine: Engine,
  { service, min, max, cores }: ClassicOptions,
): Promise<void> {
  const tasks = (await engine.listTasks({ service: [service] })).filter(isRunning);
  let total = 0;
  for (const { Status } of tasks) {
    const stats = await engine.containerStats(Status.ContainerStatus?.ContainerID ?? '');
    total += percent(stats as TwoReadings, cores);
  }
  const mean = total / tasks.length;
  if (mean > UP_PERCENT && tasks.length < max) await scale(engine, service, tasks.length + 1);
  else if (mean < DOWN_PERCENT && tasks.length > min) await scale(engine, service, tasks.length - 1);
}

/** Without one-shot, the Engine waits for a second reading and tells both. */
type TwoReadings = ContainerStats & { precpu_stats: ContainerStats['cpu_stats'] };

function percent({ cpu_stats: now, precpu_stats: before }: TwoReadings, cores: number): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  return ((used / passed) * (now.online_cpus ?? 1) * 100) / cores;
}

async function scale(engine: Engine, service: string, replicas: number): Promise<void> {
  const { ID, Version, Spec } = await engine.inspectService(service);
  await engine.updateService(ID, Version.Index, { ...Spec, Mode: { Replicated: { Replicas: replicas } } });
}
