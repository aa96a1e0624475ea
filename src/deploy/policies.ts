/** The policies that a stack file carries, with their problems placed in the file. */

import type { Problem } from '../errors.js';
import { decodeService } from '../policy/labels.js';
import type { Policy } from '../policy/policy.js';
import type { DesiredStack } from '../stack/convert.js';
import type { LoadedStack } from '../stack/load.js';

export interface StackPolicies {
  /** by full name of the service */
  policies: Map<string, Policy>;
  problems: Problem[];
}

export function policiesOf(
  { services }: Pick<DesiredStack, 'services'>,
  loaded: Pick<LoadedStack, 'place'>,
): StackPolicies {
  const policies = new Map<string, Policy>();
  const problems: Problem[] = [];
  for (const { key, spec } of services) {
    const decoded = decodeService(spec);
    if (decoded.kind === 'policy') policies.set(spec.Name, decoded.value);
    if (decoded.kind !== 'invalid') continue;
    for (const problem of decoded.problems) {
      const label = /label (\S+)$/.exec(problem.place)?.[1] ?? '';
      const path = ['services', key, 'deploy', 'labels', label];
      problems.push({
        ...problem,
        place: loaded.place(path),
        message: `${path.join('.')} ${problem.message}`,
      });
    }
  }
  return { policies, problems };
}
