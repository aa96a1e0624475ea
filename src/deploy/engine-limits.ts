/** What an Engine of some age silently leaves out of a service: it must not look like a difference for ever. */

import type { DesiredStack } from '../stack/convert.js';
import type { ServiceSpec } from '../swarm/objects.js';

/** Source: Engine API version history, 1.44. */
const START_INTERVAL_SINCE = 25;

/** @param engineVersion e.g. `20.10.24`; one that cannot be read counts as new */
export function withinLimits(
  desired: DesiredStack,
  engineVersion: string,
): { desired: DesiredStack; warnings: string[] } {
  const major = Number(/^\d+/.exec(engineVersion)?.[0] ?? Infinity);
  if (major >= START_INTERVAL_SINCE) return { desired, warnings: [] };
  const warnings: string[] = [];
  const services = desired.services.map((service) => {
    const spec = withoutStartInterval(service.spec);
    if (spec !== service.spec) {
      warnings.push(
        `${service.place}: healthcheck.start_interval has no effect: this Engine is ${engineVersion}, it needs ${START_INTERVAL_SINCE} or newer`,
      );
    }
    return { ...service, spec };
  });
  return { desired: { ...desired, services }, warnings };
}

function withoutStartInterval(spec: ServiceSpec): ServiceSpec {
  const { ContainerSpec: container } = spec.TaskTemplate;
  if (container?.Healthcheck?.StartInterval === undefined) return spec;
  const { StartInterval: _, ...check } = container.Healthcheck;
  return {
    ...spec,
    TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...container, Healthcheck: check } },
  };
}
