/** The shop, brought up from nothing, deployed again as it is and with a change, until all of it is up. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Comparison, Result } from './results.js';
import { MeasurementError } from './series.js';
import { runToEnd, SHOP_STACK, type World } from './world.js';

const FILE = 'stacks/ecommerce.yml';
const CHANGE = 'change.yml';
/** docker waits for ever for what does not come up; what takes this long is counted as this long. */
const MOST_MS = 180_000;

/** What both read from files, so that neither has to make it up. */
const SECRETS = ['postgres_password', 'postgres_replication_password', 'redis_password'];

type Step = 'nothing' | 'unchanged' | 'changed';
type Deploy = (files: readonly string[]) => number;

export interface DeployOptions {
  rounds: number;
  signal: AbortSignal;
}

/** Takes the shop away again. */
export async function benchDeploy(world: World, { rounds, signal }: DeployOptions): Promise<Result[]> {
  const { directory, bin } = world;
  const secrets = join(directory, 'stacks/secrets');
  mkdirSync(secrets, { recursive: true });
  for (const name of SECRETS) writeFileSync(join(secrets, name), `of ${name}`);
  const ours: Deploy = (files) =>
    timed(world, process.execPath, [bin, 'deploy', ...fileFlags(files), '--stack', SHOP_STACK]);
  const docker: Deploy = (files) =>
    timed(world, 'docker', ['stack', 'deploy', ...fileFlags(files), '--detach=false', SHOP_STACK]);

  const times = { ours: emptyTimes(), docker: emptyTimes() };
  for (let round = 0; round < rounds; round++) {
    const both = [
      [ours, times.ours],
      [docker, times.docker],
    ] as const;
    for (const [deploy, taken] of round % 2 === 0 ? both : both.toReversed()) {
      // One service restarts, with an environment that no round had before.
      const change = `services:\n  backend:\n    environment:\n      CHANGE: "${round}"\n`;
      writeFileSync(join(directory, CHANGE), `version: '3.8'\n${change}`);
      taken.nothing.push(deploy([FILE]));
      taken.unchanged.push(deploy([FILE]));
      taken.changed.push(deploy([FILE, CHANGE]));
      world.removeStack(SHOP_STACK);
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  const compare = (step: Step, title: string, target: number): Comparison => ({
    kind: 'comparison',
    title,
    ours: { name: 'scalectl deploy', ms: times.ours[step] },
    other: { name: 'docker stack deploy --detach=false', ms: times.docker[step] },
    direction: 'share',
    target,
    ...noteOf(times.docker[step]),
  });
  return [
    compare('nothing', 'the shop, six services, from nothing until it is up', 1),
    compare('changed', 'one of its services changed', 1),
    compare('unchanged', 'deployed again as it is', 0.5),
  ];
}

function emptyTimes(): Record<Step, number[]> {
  return { nothing: [], unchanged: [], changed: [] };
}

function noteOf(ms: readonly number[]): { note?: string } {
  const late = ms.filter((one) => one >= MOST_MS).length;
  if (late === 0) return {};
  return {
    note: `docker had not come to an end after ${MOST_MS / 1000} s in ${late} of ${ms.length} rounds.`,
  };
}

function fileFlags(files: readonly string[]): string[] {
  return files.flatMap((file) => ['-c', file]);
}

function timed(world: World, command: string, args: readonly string[]): number {
  const startedAt = performance.now();
  try {
    runToEnd(command, args, { cwd: world.directory, env: world.env, timeout: MOST_MS });
  } catch (error) {
    const ms = performance.now() - startedAt;
    if (!(error instanceof MeasurementError) || ms < MOST_MS) throw error;
  }
  return Math.min(performance.now() - startedAt, MOST_MS);
}
