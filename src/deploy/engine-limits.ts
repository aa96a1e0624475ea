/** What an Engine of some age silently leaves out of a service: it must not look like a difference for ever. */

import type { DesiredStack } from '../stack/convert.js';
import type { ContainerSpec } from '../swarm/objects.js';

interface Limit {
  /** as the stack file calls it */
  what: string;
  /** the first release that keeps it */
  since: number;
  /** @returns the very same object where there is nothing to leave out */
  without: (container: ContainerSpec) => ContainerSpec;
}

/** Source: Engine API version history, 1.44 and 1.45. */
const LIMITS: readonly Limit[] = [
  {
    what: 'healthcheck.start_interval',
    since: 25,
    without: (container) => {
      if (container.Healthcheck?.StartInterval === undefined) return container;
      const { StartInterval: _, ...check } = container.Healthcheck;
      return { ...container, Healthcheck: check };
    },
  },
  {
    what: 'subpath of a volume',
    since: 26,
    without: (container) => {
      if (container.Mounts?.some(({ VolumeOptions }) => VolumeOptions?.Subpath !== undefined) !== true) {
        return container;
      }
      const Mounts = container.Mounts.map((mount) => {
        if (mount.VolumeOptions?.Subpath === undefined) return mount;
        const { Subpath: _, ...options } = mount.VolumeOptions;
        return { ...mount, VolumeOptions: options };
      });
      return { ...container, Mounts };
    },
  },
];

/** @param engineVersion e.g. `20.10.24`; one that cannot be read counts as new */
export function withinLimits(
  desired: DesiredStack,
  engineVersion: string,
): { desired: DesiredStack; warnings: string[] } {
  const major = Number(/^\d+/.exec(engineVersion)?.[0] ?? Infinity);
  const limits = LIMITS.filter(({ since }) => major < since);
  const warnings: string[] = [];
  const services = desired.services.map((service) => {
    let spec = service.spec;
    for (const { what, since, without } of limits) {
      const { ContainerSpec: container } = spec.TaskTemplate;
      const kept = container === undefined ? undefined : without(container);
      if (kept === container || kept === undefined) continue;
      spec = { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: kept } };
      warnings.push(
        `${service.place}: ${what} has no effect: this Engine is ${engineVersion}, it needs ${since} or newer`,
      );
    }
    return { ...service, spec };
  });
  return { desired: { ...desired, services }, warnings };
}
