/** One look at the Swarm: everything that a plan is made from, one list call per kind. */

import {
  isEngineError,
  type CallOptions,
  type ConfigStore,
  type NetworkStore,
  type SecretStore,
  type ServiceReader,
} from '../swarm/engine.js';
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
  return {
    services,
    networks: [...networks, ...(await unlisted(engine, services, networks, options))],
    secrets,
    configs,
  };
}

/** The Swarm's own host and bridge networks: every node has one by that name, which hides them from the list. */
async function unlisted(
  engine: NetworkStore,
  services: readonly SwarmService[],
  networks: readonly SwarmNetwork[],
  options: CallOptions | undefined,
): Promise<SwarmNetwork[]> {
  const listed = new Set(networks.map(({ Id }) => Id));
  const targets = services
    .flatMap(({ Spec }) => Spec.TaskTemplate.Networks ?? [])
    .map(({ Target }) => Target);
  const missing = [...new Set(targets)].filter((id) => !listed.has(id));
  const found = await Promise.all(
    missing.map(async (id) => {
      try {
        return [await engine.inspectNetwork(id, options)];
      } catch (error) {
        if (isEngineError(error, 'not-found')) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

export function stackOf(object: { Spec: { Labels?: Record<string, string> } }): string | null {
  return object.Spec.Labels?.[NAMESPACE_LABEL] ?? null;
}
