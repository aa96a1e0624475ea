import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { LabError } from './errors.js';
import { run } from './run.js';

/** The mount points at or below a directory, deepest first. */
export function mountsBelow(dir: string, mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): string[] {
  return mountinfo
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter((path) => path === dir || path.startsWith(`${dir}/`))
    .reverse();
}

/**
 * Unmounts everything below a directory, then removes it. Never removes through a mount: what is mounted there may
 * be the host's own /proc or /sys.
 * @throws LabError when something stays mounted
 */
export async function removeTree(dir: string): Promise<void> {
  for (const path of mountsBelow(dir)) await run('umount', ['-l', path], { accept: [1, 32] });
  const still = mountsBelow(dir);
  if (still.length > 0)
    throw new LabError(`cannot unmount ${still.join(', ')}; see what uses it (fuser -m) and try again`);
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}
