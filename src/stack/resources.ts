/** Limits and reservations of a task. */

import type { TaskSpec } from '../swarm/objects.js';
import type { ComposeService } from './compose.js';
import { maybe } from './entries.js';

type Declared = NonNullable<NonNullable<ComposeService['deploy']>['resources']>;

export function convertResources({ limits, reservations }: Declared = {}): NonNullable<
  TaskSpec['Resources']
> {
  return {
    ...(limits !== undefined && {
      Limits: {
        ...maybe('NanoCPUs', limits.cpus),
        ...maybe('MemoryBytes', limits.memory),
        ...maybe('Pids', limits.pids),
      },
    }),
    ...(reservations !== undefined && {
      Reservations: {
        ...maybe('NanoCPUs', reservations.cpus),
        ...maybe('MemoryBytes', reservations.memory),
        ...maybe(
          'GenericResources',
          reservations.generic_resources?.map(({ discrete_resource_spec: discrete }) =>
            discrete === undefined
              ? {}
              : {
                  DiscreteResourceSpec: {
                    ...maybe('Kind', discrete.kind),
                    Value: Math.trunc(discrete.value ?? 0),
                  },
                },
          ),
        ),
      },
    }),
  };
}
