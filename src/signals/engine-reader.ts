/** Reads a container's counters through the Engine: works from everywhere, and takes up to a second on old Engines. */

import type { ContainerReader } from '../swarm/engine.js';
import type { ContainerStats } from '../swarm/objects.js';
import { valueOrNull } from './deadline.js';
import type { UsageQuery } from './types.js';
import type { ContainerReading, Counters, UsageReader } from './usage-reader.js';

export class EngineReader implements UsageReader {
  readonly #engine: Pick<ContainerReader, 'containerStats'>;

  constructor(engine: Pick<ContainerReader, 'containerStats'>) {
    this.#engine = engine;
  }

  async read(query: UsageQuery, signal: AbortSignal): Promise<ContainerReading | null> {
    if (!query.isLocal) return null;
    const call = this.#engine.containerStats(query.containerId, { oneShot: true, signal });
    const stats = await valueOrNull(call, signal);
    const counters = stats === null ? null : countersOf(stats);
    return counters === null ? null : { reader: 'engine', ...counters };
  }

  keepOnly(): void {
    // Nothing is kept.
  }
}

/**
 * The counters of one answer, or null for a container that has stopped: the Engine then answers with zeros and the
 * year 1. The time is the Engine's own, since an old Engine answers with counters from its last one-second tick.
 */
export function countersOf(stats: ContainerStats): Counters | null {
  const atMs = Date.parse(stats.read);
  const cpuNs = stats.cpu_stats.cpu_usage.total_usage;
  if (!(atMs > 0) || !Number.isFinite(cpuNs)) return null;
  return {
    atMs,
    cpuNs,
    memoryBytes: memoryOf(stats.memory_stats),
    throttling: throttlingOf(stats.cpu_stats),
  };
}

function throttlingOf({ throttling_data: data }: ContainerStats['cpu_stats']): Counters['throttling'] {
  return data === undefined ? null : { periods: data.periods, throttled: data.throttled_periods };
}

/** Usage minus inactive file cache, as `docker stats` shows it (docker/cli `calculateMemUsageUnixNoCache`). */
function memoryOf(memory: ContainerStats['memory_stats']): number | null {
  if (memory.usage === undefined) return null;
  const inactive = memory.stats?.['total_inactive_file'] ?? memory.stats?.['inactive_file'] ?? 0;
  return inactive < memory.usage ? memory.usage - inactive : memory.usage;
}
