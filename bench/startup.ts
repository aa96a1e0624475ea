/** Whole processes, from the start of a program to its end, as a person at a prompt waits for them. */

import { join } from 'node:path';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import type { Comparison, Result } from './results.js';
import { FIFTY_STACK, runToEnd, SHOP_STACK, type World } from './world.js';

/** Just deployed, a database is busy with itself. */
const SETTLE_MS = 10_000;

interface Pair {
  title: string;
  ours: readonly [name: string, ...args: string[]];
  other: readonly [name: string, command: string, ...args: string[]];
  target: number;
}

export interface StartupOptions {
  /** for what takes fractions of a second; what takes seconds gets a third of it */
  rounds: number;
  signal: AbortSignal;
}

/** The shop is deployed for the first two, the fifty containers for the third. Ends with the fifty deployed. */
export async function benchStartup(world: World, { rounds, signal }: StartupOptions): Promise<Result[]> {
  const help = await inTurns(world, rounds, signal, {
    title: 'scalectl --help, against a Node program that does nothing',
    ours: ['scalectl --help', '--help'],
    other: ['node empty.mjs', process.execPath, join(world.directory, 'empty.mjs')],
    target: 1.6,
  });
  world.removeStack(FIFTY_STACK);
  world.deployShop();
  await delay(SETTLE_MS, undefined, { signal });
  const shop = await inTurns(world, rounds, signal, {
    title: 'scalectl status --no-stats of the shop, against docker service ls',
    ours: ['scalectl status --no-stats', 'status', '--no-stats', '--stack', SHOP_STACK],
    other: ['docker service ls', 'docker', 'service', 'ls'],
    target: 5,
  });
  world.removeStack(SHOP_STACK);
  world.deployFifty();
  await delay(SETTLE_MS, undefined, { signal });
  const fifty = await inTurns(world, Math.max(3, Math.ceil(rounds / 3)), signal, {
    title: 'scalectl status of 50 containers, no daemon running, against docker stats --no-stream',
    ours: ['scalectl status', 'status', '--stack', FIFTY_STACK],
    other: ['docker stats --no-stream', 'docker', 'stats', '--no-stream'],
    target: 0.6,
  });
  return [help, shop, fifty];
}

async function inTurns(
  world: World,
  rounds: number,
  signal: AbortSignal,
  { title, ours, other, target }: Pair,
): Promise<Comparison> {
  const [ourName, ...ourArgs] = ours;
  const [otherName, otherCommand, ...otherArgs] = other;
  const times: { ours: number[]; other: number[] } = { ours: [], other: [] };
  // The first round warms the file cache and is not counted; who goes first changes from round to round.
  for (let round = 0; round <= rounds; round++) {
    const timeOurs = () => timed(world, process.execPath, [world.bin, ...ourArgs]);
    const timeOther = () => timed(world, otherCommand, otherArgs);
    const [first, second] = round % 2 === 0 ? [timeOurs, timeOther] : [timeOther, timeOurs];
    const [a, b] = [first(), second()];
    if (round > 0) {
      times.ours.push(round % 2 === 0 ? a : b);
      times.other.push(round % 2 === 0 ? b : a);
    }
    // Lets a Ctrl-C through, which waiting for processes held back.
    await setImmediate();
    signal.throwIfAborted();
  }
  return {
    kind: 'comparison',
    title,
    ours: { name: ourName, ms: times.ours },
    other: { name: otherName, ms: times.other },
    direction: 'share',
    target,
  };
}

function timed(world: World, command: string, args: readonly string[]): number {
  const startedAt = process.hrtime.bigint();
  runToEnd(command, args, { cwd: world.directory, env: world.env });
  return Number(process.hrtime.bigint() - startedAt) / 1e6;
}
