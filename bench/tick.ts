/**
 * What a tick of the daemon needs in a large Swarm: the bundle in a process of its own, against a Swarm that this
 * process imitates behind a socket. Requests, answers and their JSON are the daemon's to pay for; making them is not.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clockTicks, cpuTicks, end, statusMiB } from './daemon.js';
import { SERVICES, startLargeSwarm, TASKS, type LargeSwarm } from './large-swarm.js';
import type { Result } from './results.js';
import { median, MeasurementError } from './series.js';
import type { World } from './world.js';

const ONE_AT_A_TIME = fileURLToPath(new URL('fixtures/one-service-at-a-time.mjs', import.meta.url));
const TICK_SECONDS = 5;
/** What belongs to the start is over by then: the first compilations, and the two readings of the first tick. */
const NOT_COUNTED = 3;

export interface TickOptions {
  seconds: number;
  signal: AbortSignal;
}

interface Rounds {
  /** of the whole process, from the beginning of a round to that of the next */
  cpuMs: number[];
  highestMiB: number;
  /** in one round */
  calls: Record<string, number>;
}

export async function benchTick(world: World, { seconds, signal }: TickOptions): Promise<Result[]> {
  const rounds = Math.max(3, Math.round(seconds / TICK_SECONDS));
  const swarm = await startLargeSwarm();
  writeFileSync(join(world.directory, 'token'), 'a-token-for-the-benchmark');
  const start = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, args, {
      cwd: world.directory,
      env: {
        ...world.env,
        DOCKER_HOST: `unix://${swarm.socketPath}`,
        SCALECTL_AGENTS: swarm.agents,
        SCALECTL_TOKEN_FILE: join(world.directory, 'token'),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  try {
    const watch = { swarm, rounds, msPerTick: 1_000 / clockTicks(world), signal };
    const ours = await watched(start([world.bin, 'autoscale', '--daemon', '--all-stacks']), watch);
    const other = await watched(start([ONE_AT_A_TIME]), watch);
    return results(swarm, ours, other);
  } finally {
    await swarm.close();
  }
}

interface Watch {
  swarm: LargeSwarm;
  rounds: number;
  msPerTick: number;
  signal: AbortSignal;
}

async function watched(child: ChildProcess, { swarm, rounds, msPerTick, signal }: Watch): Promise<Rounds> {
  const { pid } = child;
  if (pid === undefined) throw new MeasurementError(`${child.spawnargs.join(' ')} did not start`);
  const marks: number[] = [];
  let calls: Record<string, number> = {};
  const enough = new Promise<void>((resolve) => {
    swarm.onRound = () => {
      marks.push(cpuTicks(pid) * msPerTick);
      calls = swarm.calls();
      swarm.resetCalls();
      if (marks.length > NOT_COUNTED + rounds) resolve();
    };
  });
  try {
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new MeasurementError(`${child.spawnargs.join(' ')} ended by itself`);
    });
    await Promise.race([enough, ended]);
    const cpuMs = marks.slice(1).map((mark, index) => mark - (marks[index] ?? NaN));
    return { cpuMs: cpuMs.slice(NOT_COUNTED), highestMiB: statusMiB(pid, 'VmHWM'), calls };
  } finally {
    swarm.onRound = null;
    await end(child);
  }
}

function results(swarm: LargeSwarm, ours: Rounds, other: Rounds): Result[] {
  const title = `a tick over ${SERVICES} services with ${TASKS} tasks on 53 nodes`;
  const us = 'scalectl autoscale --daemon';
  const them = 'inspect and list of tasks for each service';
  const limit = (what: string, unit: string, of: (one: Rounds) => number, target: number, note?: string) =>
    ({
      kind: 'limit',
      title: `${title}: ${what}`,
      unit,
      ours: { name: us, value: of(ours) },
      others: [{ name: them, value: of(other) }],
      target,
      ...(note === undefined ? {} : { note }),
    }) satisfies Result;
  return [
    limit(
      'CPU, median',
      'ms',
      ({ cpuMs }) => median(cpuMs),
      300,
      `User and system time of the whole process; the list of tasks alone is ${(swarm.taskBytes / 1e6).toFixed(1)} MB of ` +
        'JSON. Ours also reads 50 agents and decides; theirs does neither.',
    ),
    {
      kind: 'comparison',
      title: 'the same, round by round',
      ours: { name: us, ms: ours.cpuMs },
      other: { name: them, ms: other.cpuMs },
      direction: 'share',
      target: 1,
    },
    limit('the most memory (VmHWM)', 'MB', ({ highestMiB }) => highestMiB, 200),
    limit(
      'requests',
      'requests',
      ({ calls }) => sum(ofTick(calls)),
      5,
      Object.keys(ofTick(ours.calls)).join(', '),
    ),
  ];
}

/** Without the lease's, which has a timer of its own. */
function ofTick(calls: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(calls).filter(([call]) => !call.includes('/configs')));
}

function sum(calls: Record<string, number>): number {
  return Object.values(calls).reduce((all, one) => all + one, 0);
}
