/** How a service stands at a moment: what people ask for beside the decision. */

import type { Snapshot } from '../autoscale/types.js';
import type { Policy } from '../policy/policy.js';
import type { SwarmService, SwarmTask } from '../swarm/objects.js';
import type { Measurements } from './readings.js';
import { NO_TASKS } from './service-tasks.js';
import type { Standing } from './types.js';

export function standingOf(
  { ID }: SwarmService,
  { min, max }: Policy,
  { paused, scheduled }: Snapshot,
  { byService, wallMs }: Pick<Measurements, 'byService' | 'wallMs'>,
): Standing {
  const own = byService.get(ID) ?? NO_TASKS;
  return {
    min,
    max,
    running: own.running.length,
    paused: paused ?? null,
    scheduled: scheduled?.text ?? null,
    pending: pendingOf(own.all, wallMs),
  };
}

/** Tasks that wait for a node, and for how long the oldest of them does: `no suitable node (insufficient memory)`. */
function pendingOf(tasks: readonly SwarmTask[], wallMs: number): Standing['pending'] {
  const pending = tasks.filter(({ Status }) => Status.State === 'pending');
  if (pending.length === 0) return null;
  // A task's state is renewed at every try to place it; only its creation says how long it has waited.
  const since = Math.min(...pending.map(({ CreatedAt }) => Date.parse(CreatedAt)));
  const message = pending.map(({ Status }) => Status.Err ?? '').find((text) => text !== '') ?? null;
  return { tasks: pending.length, forMs: Math.max(0, wallMs - since), message };
}
