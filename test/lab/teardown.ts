import { rmdirSync } from 'node:fs';
import { removeCgroups } from './cgroups.js';
import { LabError } from './errors.js';
import { removeStaleBuilder } from './images.js';
import { findInstanceProcesses, findLeftovers, isClean } from './leftovers.js';
import { withLock } from './lock.js';
import { removeTree } from './mounts.js';
import { isCgroupOf } from './names.js';
import { removeNetwork } from './network.js';
import { CACHE, instanceDir, instanceRunDir, INSTANCES, LAB_ROOT, RUN_ROOT, shortOf } from './paths.js';
import { killAll } from './processes.js';
import { listInstances } from './record.js';

/**
 * Removes an instance with everything it made, in whatever state a crash left it. Works from what is found on the
 * machine; the record is not needed. The caller holds the instance's lock.
 * @throws LabError naming what could not be removed
 */
export async function teardown(name: string): Promise<void> {
  const short = shortOf(name);
  // Engines and containers go at once and hard: their data goes too, so there is nothing to end gracefully for.
  await killAll(`lab ${name}`, () => findInstanceProcesses(name));
  await withLock('network', {}, () => removeNetwork(short));
  await removeCgroups((group) => isCgroupOf(short, group));
  await removeTree(instanceRunDir(name));
  await removeTree(instanceDir(name));
  await removeStaleBuilder();
  for (const dir of [RUN_ROOT, INSTANCES]) removeIfEmpty(dir);
  const left = await findLeftovers(name);
  if (!isClean(left)) {
    const what = Object.entries(left).flatMap(([kind, list]: [string, string[]]) =>
      list.map((it) => `${kind}: ${it}`),
    );
    throw new LabError(`lab ${name} is not entirely gone (${what.join('; ')}); run "down" again`);
  }
}

/**
 * Removes images, base and engine binaries as well.
 * @throws LabError while an instance still uses them
 */
export async function purgeCache(): Promise<void> {
  const users = listInstances();
  if (users.length > 0)
    throw new LabError(`the cache is in use by ${users.join(', ')}; bring down these first`);
  await withLock('images', {}, () => removeTree(CACHE));
  await removeTree(LAB_ROOT);
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Absent, or another instance has something there.
  }
}
