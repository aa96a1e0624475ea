/**
 * Fifty containers as an agent tells of them, request and answer included, against asking the Engine for one after the
 * other; and what the agent needs while a daemon asks it every five seconds.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { parseNodeUsage } from '../src/signals/agent-answer.js';
import { clockTicks, end, needOf, SETTLE_MS, type Need } from './daemon.js';
import type { Result } from './results.js';
import { oneAfterTheOther, timed } from './sampling.js';
import { median, MeasurementError } from './series.js';
import { FIFTY_TASKS, type World } from './world.js';

const ROUNDS = 5;
/** asked one after the other in each round, and scaled to fifty */
const FEW = 4;
/** Longer than an agent tells the same reading again. */
const PAUSE_MS = 1_500;
const TICK_MS = 5_000;
const PORT = 9_102;
const TOKEN = 'a-token-for-the-benchmark';
/** as stacks/autoscaler.yml starts it */
const NODE_FLAGS = ['--max-semi-space-size=1', '--optimize-for-size'];

export interface AgentBenchOptions {
  seconds: number;
  signal: AbortSignal;
}

export async function benchAgent(world: World, { seconds, signal }: AgentBenchOptions): Promise<Result[]> {
  const tasks = await world.engine.listTasks({ 'desired-state': ['running'] }, { signal });
  const ids = tasks.flatMap(({ Status }) => Status.ContainerStatus?.ContainerID ?? []);
  if (ids.length !== FIFTY_TASKS) throw new MeasurementError(`${ids.length} containers run, not 50`);
  writeFileSync(join(world.directory, 'token'), TOKEN);
  const start = (args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
    spawn(process.execPath, args, {
      cwd: world.directory,
      env: { ...world.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const agent = start([...NODE_FLAGS, world.bin, 'agent', '--listen', `127.0.0.1:${PORT}`, '--quiet'], {
    NODE_ID: 'bench',
    SCALECTL_CGROUP_ROOT: '/sys/fs/cgroup',
    SCALECTL_TOKEN_FILE: join(world.directory, 'token'),
  });
  const idle = start(['-e', 'setInterval(() => {}, 5000)']);
  const server = start([
    '-e',
    `require('http').createServer((_, a) => a.end()).listen(${PORT + 1}, '127.0.0.1')`,
  ]);
  try {
    await untilItAnswers(signal);
    const times = await times50(world, ids, signal);
    const needs = await atRest([agent, server, idle], seconds, clockTicks(world), signal);
    return [...speed(world, times), ...need(needs, seconds)];
  } finally {
    await Promise.all([agent, idle, server].map(end));
  }
}

interface Times {
  agent: number[];
  inTurn: number[];
}

async function times50(world: World, ids: readonly string[], signal: AbortSignal): Promise<Times> {
  const docker = new Docker({ socketPath: (world.env['DOCKER_HOST'] ?? '').replace('unix://', '') });
  const times: Times = { agent: [], inTurn: [] };
  for (let round = 0; round < ROUNDS; round++) {
    await delay(PAUSE_MS, undefined, { signal });
    times.agent.push(
      await timed(async () => {
        const told = parseNodeUsage(await ask())?.containers;
        const known = ids.filter((id) => told?.get(id) !== undefined).length;
        if (known !== FIFTY_TASKS)
          throw new MeasurementError(`the agent told of ${known} containers, not 50`);
      }),
    );
    const some = ids.slice(round * FEW, (round + 1) * FEW);
    times.inTurn.push(((await timed(() => oneAfterTheOther(docker, some, signal))) / FEW) * FIFTY_TASKS);
  }
  return times;
}

/** While the agent is watched it is asked as a daemon asks it. */
async function atRest(
  children: readonly ChildProcess[],
  seconds: number,
  ticksPerSecond: number,
  signal: AbortSignal,
): Promise<Need[]> {
  const stop = new AbortController();
  const asking = (async () => {
    while (!stop.signal.aborted) {
      await ask();
      await delay(TICK_MS, undefined, { signal: AbortSignal.any([signal, stop.signal]) }).catch(
        () => undefined,
      );
      signal.throwIfAborted();
    }
  })();
  try {
    await delay(SETTLE_MS, undefined, { signal });
    return await Promise.all(children.map((child) => needOf(child, seconds, ticksPerSecond, signal)));
  } finally {
    stop.abort();
    await asking.catch(() => undefined);
  }
}

function speed(world: World, times: Times): Result[] {
  const target = Number(world.engineRelease.split('.')[0]) >= 23 ? 500 : 40;
  return [
    {
      kind: 'comparison',
      title: '50 containers of another node, as its agent tells of them: request, reading and answer',
      ours: { name: 'scalectl agent', ms: times.agent },
      other: { name: 'stats(stream=false), one after the other', ms: times.inTurn },
      direction: 'faster',
      target,
      note: `${ROUNDS * FEW} of the 50 were asked one after the other, ${FEW} in each round, and scaled to 50.`,
    },
    {
      kind: 'limit',
      title: 'the same, as a time',
      unit: 'ms',
      ours: { name: 'scalectl agent, median', value: median(times.agent) },
      others: [],
      target: 20,
    },
  ];
}

function need([agent, server, idle]: readonly Need[], seconds: number): Result[] {
  if (agent === undefined || server === undefined || idle === undefined) {
    throw new MeasurementError('not all of the three were measured');
  }
  const others = (field: keyof Need) => [
    { name: 'node -e "createServer().listen()"', value: server[field] },
    { name: 'node -e "setInterval(() => {}, 5000)"', value: idle[field] },
  ];
  const limit = (title: string, field: keyof Need, unit: string, target: number, note?: string): Result => ({
    kind: 'limit',
    title,
    unit,
    ours: { name: 'scalectl agent', value: agent[field] },
    others: others(field),
    target,
    ...(note === undefined ? {} : { note }),
  });
  return [
    limit(
      `the agent, asked every 5 s, 50 containers, over ${seconds} s: memory of its own (RssAnon)`,
      'privateMiB',
      'MB',
      40,
      'What it takes from its node. The rest of VmRSS is the text of Node itself, which is shared and can be dropped.',
    ),
    limit('the same: VmRSS', 'residentMiB', 'MB', 60),
    limit('the same: CPU', 'percentOfCore', '% of a core', 0.5),
  ];
}

async function untilItAnswers(signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await delay(100, undefined, { signal });
  }
  throw new MeasurementError('the agent does not answer');
}

function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    get({ host: '127.0.0.1', port: PORT, path: '/v1/usage', headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new MeasurementError(`the agent answered ${answer.statusCode ?? '?'}`));
      });
    }).on('error', reject);
  });
}
