/** Labels of a service, changed without touching anything else of it. */

import { isEngineError, type ServiceReader, type ServiceWriter } from '../swarm/engine.js';
import type { ServiceSpec, SwarmService } from '../swarm/objects.js';

/** Others may write between our look and our write. */
const MOST_TRIES = 5;

/**
 * Writes the labels that `change` makes of the service as it is at that moment; it is asked anew when somebody else was
 * quicker. Tasks go on as they are: labels of a service are none of theirs.
 * @returns whether there was anything to write
 * @throws EngineError when it cannot be written, and whatever `change` throws; the service is then as it was
 */
export async function changeLabels(
  engine: Pick<ServiceReader, 'inspectService'> & Pick<ServiceWriter, 'updateService'>,
  service: SwarmService,
  change: (spec: ServiceSpec) => Record<string, string>,
  options: { signal: AbortSignal },
): Promise<boolean> {
  let seen = service;
  for (let attempt = 1; ; attempt++) {
    const Labels = change(seen.Spec);
    if (isSame(Labels, seen.Spec.Labels)) return false;
    try {
      await engine.updateService(seen.ID, seen.Version.Index, { ...seen.Spec, Labels }, options);
      return true;
    } catch (error) {
      if (!isEngineError(error, 'out-of-sequence') || attempt === MOST_TRIES) throw error;
      seen = await engine.inspectService(seen.ID, options);
    }
  }
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return (
    Object.keys(a).length === Object.keys(b).length &&
    Object.entries(a).every(([key, value]) => b[key] === value)
  );
}
