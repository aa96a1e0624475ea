import { readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from './errors.js';
import { waitFor } from './wait.js';

const ROOT = '/sys/fs/cgroup';

/** The top-level control groups whose names match, in all hierarchies of version 1 and in version 2. */
export function findCgroups(matches: (name: string) => boolean): string[] {
  const tops = [ROOT, ...directories(ROOT).map((name) => join(ROOT, name))];
  return [
    ...new Set(
      tops.flatMap((top) =>
        directories(top)
          .filter(matches)
          .map((name) => join(top, name)),
      ),
    ),
  ].filter(
    // /sys/fs/cgroup/cpu and its kin may be links to cpu,cpuacct: one directory, two paths.
    (path, at, all) => all.findIndex((other) => inode(other) === inode(path)) === at,
  );
}

/**
 * Removes control groups with everything below them. The kernel frees one a moment after its last process has ended,
 * hence the wait.
 * @throws LabError when processes stay in one
 */
export async function removeCgroups(matches: (name: string) => boolean): Promise<void> {
  await waitFor(
    'removing control groups',
    () => {
      for (const path of findCgroups(matches)) removeOne(path);
      const left = findCgroups(matches);
      return left.length === 0 ? { done: true, value: undefined } : { done: false, state: left.join(', ') };
    },
    { deadlineMs: 10_000, everyMs: 20, hint: 'see cgroup.procs there for what still runs' },
  );
}

function removeOne(path: string): void {
  for (const name of directories(path)) removeOne(join(path, name));
  try {
    rmdirSync(path);
  } catch (error) {
    if (!hasCode(error, 'EBUSY', 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}

function directories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function inode(path: string): string {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return path;
  }
}
