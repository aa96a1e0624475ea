/** Scaling by hand: one write per service, whatever else is being written at the same time. */

import { writeLastScale } from '../policy/last-scale.js';
import { isEngineError, type ServiceReader, type ServiceWriter } from '../swarm/engine.js';
import type { SwarmService } from '../swarm/objects.js';

/** Others may write between our look and our write; a person's number holds whatever they wrote. */
const MOST_TRIES = 5;

export interface Scaled {
  service: string;
  from: number;
  to: number;
}

/** @throws EngineError when it cannot be written; the service is then as it was */
export async function scaleService(
  engine: ServiceReader & ServiceWriter,
  service: SwarmService,
  replicas: number,
  options: { signal: AbortSignal; now: () => Date },
): Promise<Scaled> {
  let seen = service;
  for (let attempt = 1; ; attempt++) {
    const { Spec } = seen;
    const from = Spec.Mode.Replicated?.Replicas ?? 1;
    const scaled = { service: Spec.Name, from, to: replicas };
    if (from === replicas) return scaled;
    const at = options.now().toISOString();
    const note = writeLastScale({ at, from, to: replicas, reason: 'scaled by hand', by: 'scale' });
    const spec = {
      ...Spec,
      Labels: { ...Spec.Labels, ...note },
      Mode: { Replicated: { Replicas: replicas } },
    };
    try {
      await engine.updateService(seen.ID, seen.Version.Index, spec, options);
      return scaled;
    } catch (error) {
      if (!isEngineError(error, 'out-of-sequence') || attempt === MOST_TRIES) throw error;
      seen = await engine.inspectService(seen.ID, options);
    }
  }
}
