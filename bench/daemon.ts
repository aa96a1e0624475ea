/** What the daemon needs while nothing happens: memory, and share of a core, over a minute. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Result } from './results.js';
import { median, MeasurementError } from './series.js';
import { FIFTY_STACK, runToEnd, type World } from './world.js';

const SEED_WAY = fileURLToPath(new URL('fixtures/one-after-the-other.mjs', import.meta.url));

/** What belongs to the start is over by then: the first ticks, the first compilations. */
export const SETTLE_MS = 20_000;
const LOOK_EVERY_MS = 1_000;

export interface DaemonOptions {
  seconds: number;
  signal: AbortSignal;
}

export interface Need {
  residentMiB: number;
  /** the part of it that no other process shares: not the program's own text, which Node has anyway */
  privateMiB: number;
  highestMiB: number;
  percentOfCore: number;
}

/** Three processes side by side through the same minute, so that what the machine does meanwhile is the same for all. */
export async function benchDaemon(world: World, { seconds, signal }: DaemonOptions): Promise<Result[]> {
  const ticksPerSecond = clockTicks(world);
  const start = (...args: string[]) =>
    spawn(process.execPath, args, {
      cwd: world.directory,
      env: world.env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const daemon = start(world.bin, 'autoscale', '--daemon', '--stack', FIFTY_STACK);
  const seedWay = start(SEED_WAY);
  const idle = start('-e', 'setInterval(() => {}, 5000)');
  const all = [daemon, seedWay, idle];
  try {
    await delay(SETTLE_MS, undefined, { signal });
    const [ofDaemon, ofSeedWay, ofIdle] = await Promise.all(
      all.map((child) => needOf(child, seconds, ticksPerSecond, signal)),
    );
    if (ofDaemon === undefined || ofSeedWay === undefined || ofIdle === undefined) {
      throw new MeasurementError('not all of the three were measured');
    }
    const others = (field: keyof Need) => [
      { name: 'stats(stream=false) one by one, every 5 s', value: ofSeedWay[field] },
      { name: 'node -e "setInterval(() => {}, 5000)"', value: ofIdle[field] },
    ];
    return [
      {
        kind: 'limit',
        title: `the daemon at rest, 50 containers, a tick every 5 s, over ${seconds} s: memory (VmRSS)`,
        unit: 'MB',
        ours: { name: 'scalectl autoscale --daemon', value: ofDaemon.residentMiB },
        others: others('residentMiB'),
        target: 90,
        note: `Median of one look a second; the highest ever was ${ofDaemon.highestMiB.toFixed(1)} MB.`,
      },
      {
        kind: 'limit',
        title: 'the same: CPU',
        unit: '% of a core',
        ours: { name: 'scalectl autoscale --daemon', value: ofDaemon.percentOfCore },
        others: others('percentOfCore'),
        target: 2,
        note:
          'The daemon measures all 50 at every tick. One by one, a round takes 75 to 100 s: its share of a core is ' +
          'that of far fewer readings.',
      },
    ];
  } finally {
    await Promise.all(all.map(end));
  }
}

export function clockTicks({ directory, env }: World): number {
  return Number(runToEnd('getconf', ['CLK_TCK'], { cwd: directory, env }));
}

export async function needOf(
  child: ChildProcess,
  seconds: number,
  ticksPerSecond: number,
  signal: AbortSignal,
): Promise<Need> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) {
    throw new MeasurementError(`${child.spawnargs.join(' ')} ended with code ${child.exitCode ?? '?'}`);
  }
  const before = { ticks: cpuTicks(pid), at: process.hrtime.bigint() };
  const resident: number[] = [];
  const own: number[] = [];
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed += LOOK_EVERY_MS) {
    await delay(LOOK_EVERY_MS, undefined, { signal });
    resident.push(statusMiB(pid, 'VmRSS'));
    own.push(statusMiB(pid, 'RssAnon'));
  }
  const elapsedSeconds = Number(process.hrtime.bigint() - before.at) / 1e9;
  return {
    residentMiB: median(resident),
    privateMiB: median(own),
    highestMiB: statusMiB(pid, 'VmHWM'),
    percentOfCore: ((cpuTicks(pid) - before.ticks) / ticksPerSecond / elapsedSeconds) * 100,
  };
}

/** User and system time so far, in clock ticks: fields 14 and 15 of `/proc/PID/stat`, counted after the name. */
export function cpuTicks(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** In units of 1024 * 1024 bytes, from kB of 1024 as the kernel writes them. */
export function statusMiB(pid: number, key: string): number {
  const kib = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/status`))?.[1];
  if (kib === undefined) throw new MeasurementError(`no ${key} of process ${pid}`);
  return Number(kib) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new MeasurementError(`${path} is gone: a process that was measured has ended`);
  }
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const hurry = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(hurry);
}
