/** One look at the Swarm: everything that a plan is made from, one list call per kind. */

import type { CallOptions, ConfigStore, NetworkStore, SecretStore, ServiceReader } from '../swarm/engine.js';
import type { SwarmConfig, SwarmNetwork, SwarmSecret, SwarmService } from '../swarm/objects.js';
import { NAMESPACE_LABEL } from '../stack/names.js';

export interface Observed {
  /** all services, of other stacks too: their names are taken */
  services: SwarmService[];
  networks: SwarmNetwork[];
  secrets: SwarmSecret[];
  configs: SwarmConfig[];
}

export const NOTHING: Observed = { services: [], networks: [], secrets: [], configs: [] };

export async function observe(
  engine: ServiceReader & NetworkStore & SecretStore & ConfigStore,
  options?: CallOptions,
): Promise<Observed> {
  const [services, networks, secrets, configs] = await Promise.all([
    engine.listServices(undefined, options),
    engine.listNetworks(undefined, options),
    engine.listSecrets(undefined, options),
    engine.listConfigs(undefined, options),
  ]);
  return { services, networks, secrets, configs };
}

export function stackOf(object: { Spec: { Labels?: Record<string, string> } }): string | null {
  return object.Spec.Labels?.[NAMESPACE_LABEL] ?? null;
}
