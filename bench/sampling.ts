/**
 * CPU and memory use of fifty containers, as a tick of the daemon takes it: with the readings of the tick before at
 * hand, percentages and means per service included. Against asking the Engine for one container after the other.
 */

import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import type { UsageSampler } from '../src/signals/usage.js';
import type { SwarmTask } from '../src/swarm/objects.js';
import type { Result } from './results.js';
import { MeasurementError, type Series } from './series.js';
import { FIFTY_TASKS, type World } from './world.js';

const ROUNDS = 5;
/**
 * Containers that are asked one after the other unless all are: several in each round, since an Engine keeps a call
 * waiting for longer that directly follows another.
 */
const FEW = 20;
/** Between two rounds: as for the daemon, the Engine has counters of its own that are newer than the last reading. */
const PAUSE_MS = 1_500;

export interface SamplingOptions {
  /** asks all fifty one after the other, which takes a minute or two, instead of twenty */
  full: boolean;
  signal: AbortSignal;
}

export async function benchSampling(world: World, { full, signal }: SamplingOptions): Promise<Result[]> {
  const { engine } = world;
  const { EngineReader, summariseUsage, usageQueries, UsageSampler } = world.subject;
  const [info, tasks] = await Promise.all([
    engine.info({ signal }),
    engine.listTasks({ 'desired-state': ['running'] }, { signal }),
  ]);
  const queries = usageQueries(tasks, info.Swarm.NodeID);
  if (queries.length !== FIFTY_TASKS) throw new MeasurementError(`${queries.length} containers run, not 50`);

  const oneShot = new UsageSampler(engine, { readers: [new EngineReader(engine)] });
  const usual = new UsageSampler(engine);
  const sample = (sampler: UsageSampler) => async (): Promise<void> => {
    const usage = await sampler.read(queries, { signal });
    const known = [...summariseUsage(tasks, usage).values()].reduce((sum, { sampled }) => sum + sampled, 0);
    if (known !== FIFTY_TASKS) throw new MeasurementError(`only ${known} of 50 containers were measured`);
  };
  await Promise.all([oneShot.read(queries, { signal }), usual.read(queries, { signal })]);

  const docker = new Docker({ socketPath: (world.env['DOCKER_HOST'] ?? '').replace('unix://', '') });
  const ids = queries.map(({ containerId }) => containerId);
  const perRound = (full ? FIFTY_TASKS : FEW) / ROUNDS;
  const times = { oneShot: [] as number[], usual: [] as number[], inTurn: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    await delay(PAUSE_MS, undefined, { signal });
    times.usual.push(await timed(sample(usual)));
    times.oneShot.push(await timed(sample(oneShot)));
    const some = ids.slice(round * perRound, (round + 1) * perRound);
    const ms = await timed(() => oneAfterTheOther(docker, some, signal));
    times.inTurn.push((ms / perRound) * FIFTY_TASKS);
  }
  await Promise.all([oneShot.close(), usual.close()]);
  const cold = await coldSamples(world, tasks, info.Swarm.NodeID, signal);

  const note = full
    ? 'All 50 were asked one after the other, 10 in each round; a round is shown as 50.'
    : `${FEW} of the 50 were asked one after the other, ${perRound} in each round, and scaled to 50; --full asks all.`;
  const other: Series = { name: 'stats(stream=false), one after the other', ms: times.inTurn };
  const target = Number(world.engineRelease.split('.')[0]) >= 23 ? 500 : 40;
  return [
    {
      kind: 'comparison',
      title: '50 containers through the Engine alone, as from another machine',
      ours: { name: 'scalectl, Engine one-shot', ms: times.oneShot },
      other,
      direction: 'faster',
      target,
      note,
    },
    {
      kind: 'comparison',
      title: '50 containers on the machine of the Engine, the default there',
      ours: { name: "scalectl, kernel's counters", ms: times.usual },
      other,
      direction: 'faster',
      target,
    },
    {
      kind: 'fact',
      title: 'once, without an earlier reading, as status does: two readings and 400 ms between them',
      series: { name: 'scalectl, one-time sample', ms: cold },
    },
  ];
}

/** What a first autoscaler does: the documented call, container by container, and the formula of docker stats. */
export async function oneAfterTheOther(
  docker: Docker,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const id of ids) {
    signal.throwIfAborted();
    const { cpu_stats: now, precpu_stats: before } = await docker.getContainer(id).stats({ stream: false });
    const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
    const percent = (used / (now.system_cpu_usage - before.system_cpu_usage)) * now.online_cpus * 100;
    if (!Number.isFinite(percent)) throw new MeasurementError(`no CPU use of ${id} in the Engine's answer`);
  }
}

async function coldSamples(
  { engine, subject: { sampleOnce } }: World,
  tasks: readonly SwarmTask[],
  nodeId: string,
  signal: AbortSignal,
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.push(
      await timed(async () => {
        const usage = await sampleOnce(engine, tasks, nodeId, { signal });
        if ([...usage.values()].some(({ sampled, running }) => sampled < running)) {
          throw new MeasurementError('a one-time sample was not complete');
        }
      }),
    );
  }
  return times;
}

export async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - startedAt) / 1e6;
}
