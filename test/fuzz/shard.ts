/**
 * Stack files nobody would write: each must end in specs, or in an error that says where. `npm run test:soak` runs
 * more of them with a seed of its own; SCALECTL_FUZZ_SEED, _FILES and _ONLY repeat what it found.
 */

import { expect, test } from 'vitest';
import { CASE_MS, describeFault, runCampaign } from './campaign.js';

const FILES = 20_000;
const SEED = 3;
const TIMEOUT_MS = 3_600_000;

function setting(name: string, otherwise: number): number {
  const text = process.env[name];
  return text === undefined || text === '' ? otherwise : Number(text);
}

/** Shards run side by side, one for each core. @param shard from 0 */
export function fuzzShard(shard: number, shards: number): void {
  const seed = setting('SCALECTL_FUZZ_SEED', SEED);
  const only = setting('SCALECTL_FUZZ_ONLY', -1);
  const all = setting('SCALECTL_FUZZ_FILES', FILES);
  const [first, end] =
    only < 0
      ? [Math.floor((all * shard) / shards), Math.floor((all * (shard + 1)) / shards)]
      : [only, only + (shard === 0 ? 1 : 0)];
  const files = end - first;

  test(
    `${files} stack files must each end in specs, or in an error with a place`,
    { timeout: TIMEOUT_MS },
    () => {
      const startedAt = performance.now();
      const { specs, refused, faulty, faults, slowest } = runCampaign(seed, files, first);
      const seconds = (performance.now() - startedAt) / 1000;
      process.stderr.write(
        `fuzz: seed ${seed}, files ${first} to ${end - 1} in ${seconds.toFixed(1)} s: ${specs} specs, ` +
          `${refused} refused, ${faulty} faults; slowest ${slowest.ms.toFixed(0)} ms (${slowest.index})\n`,
      );
      expect(faults.map((fault) => describeFault(seed, fault)).join('\n\n')).toBe('');
      expect(slowest.ms).toBeLessThan(CASE_MS);
      // Neither end may take over, or the other is not looked at any more.
      if (files >= 1_000) {
        expect(specs / files).toBeGreaterThan(0.2);
        expect(refused / files).toBeGreaterThan(0.2);
      }
    },
  );
}
