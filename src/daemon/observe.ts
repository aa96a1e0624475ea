/** One look at the Swarm: one call per kind of object, and no further questions during the tick. */

import type { SwarmService, SwarmTask } from '../swarm/objects.js';
import { reservationsOf, type Reservations } from './capacity.js';
import type { AutoscaleEngine } from './types.js';

export interface Observation {
  services: readonly SwarmService[];
  /** tasks of these services that are meant to run, on all nodes */
  tasks: readonly SwarmTask[];
  /** by tasks of all services */
  reserved: Reservations;
  /** the node of this Engine: the only one whose containers it can measure */
  nodeId: string;
  clusterId: string | null;
}

export async function observe(
  engine: AutoscaleEngine,
  stack: string | null,
  signal: AbortSignal | undefined,
): Promise<Observation> {
  const options = signal === undefined ? {} : { signal };
  const filters = stack === null ? {} : { label: [`com.docker.stack.namespace=${stack}`] };
  const [info, services, tasks, nodes] = await Promise.all([
    engine.info(options),
    engine.listServices(filters, options),
    engine.listTasks({ 'desired-state': ['running'] }, options),
    engine.listNodes(options),
  ]);
  const ids = new Set(services.map(({ ID }) => ID));
  return {
    services,
    tasks: tasks.filter(({ ServiceID, DesiredState }) => ids.has(ServiceID) && DesiredState === 'running'),
    reserved: reservationsOf(nodes, tasks),
    nodeId: info.Swarm.NodeID,
    clusterId: info.Swarm.Cluster?.ID ?? null,
  };
}
