/** CPU and memory use: from the daemon where one runs, else sampled here and now. */

import { readDaemonSamples } from '../daemon/socket-client.js';
import { sampleOnce } from '../signals/service-usage.js';
import type { Engine } from '../swarm/engine.js';
import type { EngineInfo, SwarmTask } from '../swarm/objects.js';
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
