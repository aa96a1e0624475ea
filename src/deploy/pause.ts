/** Pauses of the autoscaler on a service, written and taken away: the one way for the command line and for the API. */

import { PAUSE_LABEL } from '../policy/keys.js';
import { writePause, type Pause } from '../policy/pause.js';
import type { ServiceReader, ServiceWriter } from '../swarm/engine.js';
import type { SwarmService } from '../swarm/objects.js';
import { changeLabels } from './labels.js';

type Labeller = Pick<ServiceReader, 'inspectService'> & Pick<ServiceWriter, 'updateService'>;

/** @throws EngineError when it cannot be written */
export async function pauseService(
  engine: Labeller,
  service: SwarmService,
  pause: Pause,
  options: { signal: AbortSignal },
): Promise<void> {
  await changeLabels(engine, service, ({ Labels }) => ({ ...Labels, ...writePause(pause) }), options);
}

/**
 * @returns whether it was paused
 * @throws EngineError when it cannot be written
 */
export function resumeService(
  engine: Labeller,
  service: SwarmService,
  options: { signal: AbortSignal },
): Promise<boolean> {
  return changeLabels(engine, service, ({ Labels }) => without(Labels, PAUSE_LABEL), options);
}

function without(labels: Readonly<Record<string, string>>, label: string): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => key !== label));
}
