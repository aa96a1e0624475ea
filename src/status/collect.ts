/** Gathers what a status is made of. */

import type { Engine } from '../swarm/engine.js';
import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';

export interface SwarmPicture {
  nodes: SwarmNode[];
  services: SwarmService[];
  tasks: SwarmTask[];
}

/** One list call per kind. */
export async function lookAtSwarm(engine: Engine, signal: AbortSignal): Promise<SwarmPicture> {
  const [nodes, services, tasks] = await Promise.all([
    engine.listNodes({ signal }),
    engine.listServices(undefined, { signal }),
    engine.listTasks({ 'desired-state': ['running'] }, { signal }),
  ]);
  return { nodes, services, tasks };
}
