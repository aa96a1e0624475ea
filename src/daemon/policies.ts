/** Which services are to be scaled, and by what policy: from their labels, and one from a classic environment. */

import type { Problem } from '../errors.js';
import { decodeService } from '../policy/labels.js';
import type { Decoded, EnvironmentPolicy, Policy } from '../policy/policy.js';
import type { ServiceSpec, SwarmService } from '../swarm/objects.js';
import { didYouMean } from '../text.js';
import type { InvalidService } from './types.js';

export interface PolicyContext {
  environment: EnvironmentPolicy | null;
  /** a service may be named short within it */
  stack: string | null;
}

export interface GovernedService {
  service: SwarmService;
  policy: Policy;
}

export function collectPolicies(
  services: readonly SwarmService[],
  context: PolicyContext,
): { governed: GovernedService[]; invalid: InvalidService[] } {
  const governed: GovernedService[] = [];
  const invalid: InvalidService[] = [];
  for (const service of services) {
    const decoded = policyOf(service, context);
    if (decoded.kind === 'policy') governed.push({ service, policy: decoded.value });
    if (decoded.kind === 'invalid') invalid.push({ service: service.Spec.Name, problems: decoded.problems });
  }
  const { environment } = context;
  if (environment !== null && !services.some((service) => isNamed(service, context))) {
    invalid.push({ service: environment.service, problems: [unknownService(environment.service, services)] });
  }
  return { governed, invalid };
}

/** A service that has not changed is the same object at every look, and its labels say the same. */
const decodedBefore = new WeakMap<ServiceSpec, Decoded<Policy>>();

function decodedOf(spec: ServiceSpec): Decoded<Policy> {
  const before = decodedBefore.get(spec);
  if (before !== undefined) return before;
  const decoded = decodeService(spec);
  decodedBefore.set(spec, decoded);
  return decoded;
}

/** The policy of one service, decoded from the service as it is now. */
export function policyOf(service: SwarmService, context: PolicyContext): Decoded<Policy> {
  const decoded = decodedOf(service.Spec);
  if (context.environment === null || !isNamed(service, context)) return decoded;
  const place = 'environment SERVICE_NAME';
  const name = service.Spec.Name;
  if (decoded.kind !== 'none') {
    const message = `names ${name}, which has scalectl labels of its own: two policies cannot both rule`;
    const hint = 'Unset SERVICE_NAME, or remove the labels from the service.';
    return { kind: 'invalid', problems: [{ place, message, hint }] };
  }
  if (service.Spec.Mode.Replicated === undefined) {
    const message = `names ${name}, which is not a replicated service and cannot be scaled`;
    return { kind: 'invalid', problems: [{ place, message, hint: 'Name a replicated service.' }] };
  }
  return { kind: 'policy', value: context.environment.policy };
}

function isNamed(service: SwarmService, { environment, stack }: PolicyContext): boolean {
  const { Name } = service.Spec;
  return (
    environment !== null &&
    (Name === environment.service || (stack !== null && Name === `${stack}_${environment.service}`))
  );
}

function unknownService(name: string, services: readonly SwarmService[]): Problem {
  const names = services.map(({ Spec }) => Spec.Name);
  const hint =
    didYouMean(name, names) ??
    (names.length === 0 ? 'There is no service.' : `There are: ${names.join(', ')}.`);
  return { place: 'environment SERVICE_NAME', message: `"${name}" is no service here`, hint };
}
