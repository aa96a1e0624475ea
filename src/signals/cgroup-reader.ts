/** Reads a container's counters straight from the kernel, where the Engine runs on this machine: no Engine involved. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  filesOfVersion1,
  filesOfVersion2,
  leadsOut,
  parseCgroups,
  readCounters,
  type CgroupFiles,
} from './cgroup-files.js';
import type { UsageQuery } from './types.js';
import type { ContainerReading, UsageReader } from './usage-reader.js';

export interface CgroupReaderOptions {
  /** where `/proc` and the cgroups are; other places in tests */
  procRoot?: string;
  cgroupRoot?: string;
  /** milliseconds of a clock that does not jump */
  clock?: () => number;
}

export class CgroupReader implements UsageReader {
  readonly #procRoot: string;
  readonly #cgroupRoot: string;
  readonly #clock: () => number;
  readonly #files = new Map<string, CgroupFiles>();

  constructor(options: CgroupReaderOptions = {}) {
    this.#procRoot = options.procRoot ?? '/proc';
    this.#cgroupRoot = options.cgroupRoot ?? '/sys/fs/cgroup';
    this.#clock = options.clock ?? (() => performance.now());
  }

  read(query: UsageQuery): ContainerReading | null {
    return query.isLocal ? this.#read(query) : null;
  }

  keepOnly(containerIds: ReadonlySet<string>): void {
    for (const id of this.#files.keys()) if (!containerIds.has(id)) this.#files.delete(id);
  }

  #read(query: UsageQuery): ContainerReading | null {
    try {
      const files = this.#files.get(query.containerId) ?? this.#find(query);
      if (files === null) return null;
      this.#files.set(query.containerId, files);
      const counters = readCounters(files, this.#clock);
      return counters === null ? null : { reader: 'cgroup', ...counters };
    } catch {
      this.#files.delete(query.containerId);
      return null;
    }
  }

  /**
   * The files of the process's cgroup, provided that its path names the container: a process id may belong to
   * another machine, another process namespace, or by now to another process.
   */
  #find(query: UsageQuery): CgroupFiles | null {
    if (query.pid === null || query.pid <= 0) return null;
    const paths = parseCgroups(readFileSync(join(this.#procRoot, String(query.pid), 'cgroup'), 'latin1'));
    const cpuacct = paths.get('cpuacct');
    const cpu = paths.get('cpu');
    const memory = paths.get('memory');
    const unified = paths.get('');
    const names = (path: string | undefined): path is string =>
      path?.includes(query.containerId) === true && !leadsOut(path);
    if (names(cpuacct) && names(memory)) {
      return filesOfVersion1(this.#cgroupRoot, { cpuacct, cpu: names(cpu) ? cpu : null, memory });
    }
    if (cpuacct === undefined && memory === undefined && names(unified)) {
      return filesOfVersion2(this.#cgroupRoot, unified);
    }
    return null;
  }
}
