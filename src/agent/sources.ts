/** Where an agent has its numbers from: the kernel, where it can see its files, else the Engine of its node. */

import { readCounters } from '../signals/cgroup-files.js';
import { startDeadline, valueOrNull } from '../signals/deadline.js';
import { countersOf } from '../signals/engine-reader.js';
import type { Counters } from '../signals/usage-reader.js';
import type { ContainerReader } from '../swarm/engine.js';
import { ContainerGroups, type GroupsOptions } from './container-groups.js';

export interface NodeSource {
  /** for a person: what is read */
  readonly description: string;
  /** The counters of all containers of the node that can be read now, by container id. Does not throw. */
  read(): Promise<Map<string, Counters>>;
}

export class KernelSource implements NodeSource {
  readonly description: string;
  readonly #groups: ContainerGroups;
  readonly #clock: () => number;

  constructor(options: GroupsOptions & { clock?: () => number }) {
    this.#groups = new ContainerGroups(options);
    this.#clock = options.clock ?? (() => performance.now());
    const { version, parent } = this.#groups;
    const below = parent === null ? '' : ` below ${parent.cpuacct}`;
    this.description = `cgroup v${version} at ${options.root}${below}`;
  }

  read(): Promise<Map<string, Counters>> {
    const found = new Map<string, Counters>();
    for (const [id, files] of this.#groups.list()) {
      try {
        const counters = readCounters(files, this.#clock);
        if (counters !== null) found.set(id, counters);
      } catch {
        // It has ended since its directory was seen.
      }
    }
    return Promise.resolve(found);
  }
}

/** Containers of Swarm tasks; others are nobody's business here. */
const TASKS = { label: ['com.docker.swarm.task.id'] };

const ENGINE_DEADLINE_MS = 2_000;

/** All at once; an Engine before 23 answers at its next one-second tick. */
export class EngineSource implements NodeSource {
  readonly description: string;
  readonly #engine: ContainerReader;

  constructor(engine: ContainerReader & { readonly address: string }) {
    this.#engine = engine;
    this.description = `the Engine at ${engine.address}`;
  }

  async read(): Promise<Map<string, Counters>> {
    const deadline = startDeadline(ENGINE_DEADLINE_MS, undefined);
    const { signal } = deadline;
    try {
      const containers = await valueOrNull(this.#engine.listContainers(TASKS, { signal }), signal);
      const found = new Map<string, Counters>();
      await Promise.all(
        (containers ?? []).map(async ({ Id }) => {
          const stats = await valueOrNull(this.#engine.containerStats(Id, { oneShot: true, signal }), signal);
          const counters = stats === null ? null : countersOf(stats);
          if (counters !== null) found.set(Id, counters);
        }),
      );
      return found;
    } finally {
      deadline.clear();
    }
  }
}
