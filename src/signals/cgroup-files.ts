/**
 * A container's counters in the kernel's own files: what they are called in cgroup v1 and v2, and how they are read.
 * Three or four small files per container, tens of microseconds.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Counters } from './usage-reader.js';

export interface CgroupFiles {
  version: 1 | 2;
  cpu: string;
  /** version 1 alone: the file with the throttling, which in version 2 is the one above; null where there is none */
  cpuStat: string | null;
  memory: string;
  memoryStat: string;
}

/** Where a control group is in each hierarchy; absolute within it, as `/proc/PID/cgroup` has them. */
export interface CgroupPaths {
  cpuacct: string;
  /** null where the hierarchy with the throttling does not know the group */
  cpu: string | null;
  memory: string;
}

/** @param root where the control groups are mounted: `/sys/fs/cgroup` */
export function filesOfVersion1(root: string, paths: CgroupPaths): CgroupFiles {
  const stat = paths.cpu === null ? null : join(root, 'cpu', paths.cpu, 'cpu.stat');
  const memory = join(root, 'memory', paths.memory);
  return {
    version: 1,
    cpu: join(root, 'cpuacct', paths.cpuacct, 'cpuacct.usage'),
    cpuStat: stat !== null && existsSync(stat) ? stat : null,
    memory: join(memory, 'memory.usage_in_bytes'),
    memoryStat: join(memory, 'memory.stat'),
  };
}

export function filesOfVersion2(root: string, path: string): CgroupFiles {
  const directory = join(root, path);
  return {
    version: 2,
    cpu: join(directory, 'cpu.stat'),
    cpuStat: null,
    memory: join(directory, 'memory.current'),
    memoryStat: join(directory, 'memory.stat'),
  };
}

/**
 * Synchronous on purpose: these files never wait for a disk, and a thread hop would cost more than the read. As UTF-8,
 * since Node has one call for that, and opens, looks and reads in several steps for any other encoding.
 * @param clock milliseconds, read right after the CPU time
 * @returns null where the kernel tells no CPU time; throws when a file is gone, since the container has ended
 */
export function readCounters(files: CgroupFiles, clock: () => number): Counters | null {
  const text = readFileSync(files.cpu, 'utf8');
  const atMs = clock();
  const cpuNs = files.version === 1 ? Number(text) : Number(valueOf(text, 'usage_usec')) * 1000;
  if (!Number.isFinite(cpuNs)) return null;
  const stat = files.version === 2 ? text : files.cpuStat === null ? '' : readFileSync(files.cpuStat, 'utf8');
  return { atMs, cpuNs, memoryBytes: readMemory(files), throttling: throttlingOf(stat) };
}

/** `/proc/PID/cgroup`: controller -> path; the unified hierarchy is the controller without a name. */
export function parseCgroups(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    for (const controller of match?.[1]?.split(',') ?? []) paths.set(controller, match?.[2] ?? '/');
  }
  return paths;
}

/** Whether a path leads out of the hierarchy, as one does that is outside of the reader's cgroup namespace. */
export function leadsOut(path: string): boolean {
  return path.split('/').includes('..');
}

function throttlingOf(stat: string): Counters['throttling'] {
  const periods = Number(valueOf(stat, 'nr_periods'));
  const throttled = Number(valueOf(stat, 'nr_throttled'));
  return Number.isFinite(periods) && Number.isFinite(throttled) ? { periods, throttled } : null;
}

/** Usage minus inactive file cache, as `docker stats` shows it (docker/cli `calculateMemUsageUnixNoCache`). */
function readMemory(files: CgroupFiles): number | null {
  const usage = Number(readFileSync(files.memory, 'utf8'));
  const key = files.version === 1 ? 'total_inactive_file' : 'inactive_file';
  const inactive = Number(valueOf(readFileSync(files.memoryStat, 'utf8'), key));
  if (!Number.isFinite(usage) || !Number.isFinite(inactive)) return null;
  return inactive < usage ? usage - inactive : usage;
}

/** The value of `key value` in a flat-keyed file, or NaN as text. Looks for one key instead of parsing them all. */
function valueOf(text: string, key: string): string {
  const at = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
  if (at === 0 && !text.startsWith(`${key} `)) return 'NaN';
  const end = text.indexOf('\n', at);
  return text.slice(at + key.length + 1, end === -1 ? undefined : end);
}
