/** All stacks of a Swarm, whoever deployed them. */

import { NAMESPACE_LABEL } from '../stack/names.js';
import type { SwarmConfig, SwarmService, SwarmTask } from '../swarm/objects.js';
import { readHistory, type ReleaseState } from './releases.js';

export interface StackSummary {
  name: string;
  services: number;
  replicas: {
    /** of services; jobs come and go */
    desired: number;
    running: number;
  };
  deployedBy: 'scalectl' | 'docker';
  /** the newest; null where docker deployed it, or where it cannot be read */
  release: { number: number; state: ReleaseState } | null;
  /** when it was deployed; what docker deployed says only when it was changed last. RFC 3339 */
  at: string | null;
}

/**
 * @param tasks those that are to run
 * @param configs those that hold releases
 */
export function listStacks(
  services: readonly SwarmService[],
  tasks: readonly SwarmTask[],
  configs: readonly SwarmConfig[],
): StackSummary[] {
  const names = [...services, ...configs].flatMap(({ Spec }) => Spec.Labels?.[NAMESPACE_LABEL] ?? []);
  return [...new Set(names)].sort().map((name) => {
    const own = services.filter(({ Spec }) => Spec.Labels[NAMESPACE_LABEL] === name);
    const { releases, unreadable } = readHistory(configs, name);
    const [newest] = releases;
    const lastChange = own.map(({ UpdatedAt }) => UpdatedAt).sort();
    return {
      name,
      services: own.length,
      replicas: replicasOf(own, tasks),
      deployedBy: newest === undefined && unreadable.length === 0 ? 'docker' : 'scalectl',
      release: newest === undefined ? null : { number: newest.number, state: newest.state },
      at: newest?.at ?? lastChange.at(-1) ?? null,
    };
  });
}

function replicasOf(
  services: readonly SwarmService[],
  tasks: readonly SwarmTask[],
): StackSummary['replicas'] {
  const replicas = { desired: 0, running: 0 };
  for (const { ID, Spec } of services) {
    const { Mode } = Spec;
    if (Mode.Replicated === undefined && Mode.Global === undefined) continue;
    const own = tasks.filter(({ ServiceID, DesiredState }) => ServiceID === ID && DesiredState === 'running');
    // A global service has a task for each node that may run it.
    replicas.desired += Mode.Replicated === undefined ? own.length : (Mode.Replicated.Replicas ?? 1);
    replicas.running += own.filter(({ Status }) => Status.State === 'running').length;
  }
  return replicas;
}
