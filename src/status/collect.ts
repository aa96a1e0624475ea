/** Gathers what a status is made of. Use comes from the daemon where one runs, else it is sampled here and now. */

import { readDaemonSamples } from '../daemon/socket-client.js';
import { sampleOnce } from '../signals/service-usage.js';
import type { Engine } from '../swarm/engine.js';
import type { EngineInfo, SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';
import type { Usage } from './model.js';

/** Longest that sampling may hold a status up. */
const SAMPLE_BUDGET_MS = 1_500;
const DAEMON_DEADLINE_MS = 200;

export async function collectUsage(
  engine: Engine,
  tasks: readonly SwarmTask[],
  info: EngineInfo,
  signal: AbortSignal,
): Promise<Map<string, Usage>> {
  const cluster = info.Swarm.Cluster?.ID;
  const daemon =
    cluster === undefined ? null : await readDaemonSamples(cluster, { deadlineMs: DAEMON_DEADLINE_MS });
  if (daemon !== null) {
    return new Map(daemon.samples.map((sample) => [sample.serviceId, sample]));
  }
  return sampleOnce(engine, tasks, info.Swarm.NodeID, { budgetMs: SAMPLE_BUDGET_MS, signal });
}

export interface SwarmPicture {
  info: EngineInfo;
  nodes: SwarmNode[];
  services: SwarmService[];
  tasks: SwarmTask[];
}

/** One list call per kind. */
export async function lookAtSwarm(engine: Engine, signal: AbortSignal): Promise<SwarmPicture> {
  const [info, nodes, services, tasks] = await Promise.all([
    engine.info({ signal }),
    engine.listNodes({ signal }),
    engine.listServices(undefined, { signal }),
    engine.listTasks({ 'desired-state': ['running'] }, { signal }),
  ]);
  return { info, nodes, services, tasks };
}
