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
  const known = new Map<string, Usage>(daemon?.samples.map((sample) => [sample.serviceId, sample]));
  // A daemon may look after another stack, or have had no tick yet since a service came.
  const missing = tasks.filter(({ ServiceID }) => !known.has(ServiceID));
  if (missing.length === 0) return known;
  const sampled = await sampleOnce(engine, missing, info.Swarm.NodeID, {
    budgetMs: SAMPLE_BUDGET_MS,
    signal,
  });
  return new Map([...known, ...sampled]);
}
