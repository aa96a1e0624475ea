/** A loaded stack file becomes what the Swarm is asked for: specs in the Engine's own terms. */

import type { ServiceMode, ServiceSpec, UpdateConfig } from '../swarm/objects.js';
import type { ComposeNetwork, ComposeService } from './compose.js';
import {
  convertTask,
  maybe,
  networkKeys,
  PREDEFINED_NETWORKS,
  withValues,
  type ConvertOptions,
} from './convert-task.js';
import type { LoadedStack } from './load.js';
import { externalName, IMAGE_LABEL, MANAGED_LABEL, NAMESPACE_LABEL } from './names.js';
import { convertPorts } from './ports.js';
export interface DesiredNetwork {
  /** as the file calls it */
  key: string;
  /** `file:line:column`, or what else names it, for messages */
  place: string;
  name: string;
  external: boolean;
  spec: {
    Name: string;
    Driver: string;
    Attachable?: boolean;
    Internal?: boolean;
    Labels: Record<string, string>;
    Options?: Record<string, string>;
    IPAM?: { Driver?: string; Config?: { Subnet?: string }[] };
  };
}

export interface DesiredService {
  key: string;
  /** `file:line:column`, or what else names it, for messages */
  place: string;
  /** keys of the services that must be up before this one is written */
  dependsOn: readonly string[];
  /** Secret, config and network references hold names; whoever writes the spec puts the ids in. */
  spec: ServiceSpec;
  /** false where the file leaves the number of replicas open */
  replicasGiven: boolean;
}

export interface DesiredStack {
  name: string;
  networks: DesiredNetwork[];
  services: DesiredService[];
}

/** @throws UserError for a port, mount or command that cannot be understood. */
export function convertStack(loaded: LoadedStack, options: ConvertOptions): DesiredStack {
  const used = new Set(Object.values(loaded.services).flatMap((service) => networkKeys(service)));
  return {
    name: options.stack,
    networks: [...used]
      .filter((key) => !PREDEFINED_NETWORKS.has(key))
      .sort()
      .map((key) => convertNetwork(key, loaded, options.stack)),
    services: Object.entries(loaded.services).map(([key, service]) =>
      convertService(key, service, loaded, options),
    ),
  };
}

function convertNetwork(key: string, loaded: LoadedStack, stack: string): DesiredNetwork {
  const declared: ComposeNetwork = loaded.file.networks?.[key] ?? {};
  const external = externalName(declared, key);
  const name = external ?? declared.name ?? `${stack}_${key}`;
  const subnets = (declared.ipam?.config ?? []).flatMap(({ subnet }) =>
    subnet === undefined ? [] : [{ Subnet: subnet }],
  );
  return {
    key,
    place: loaded.place(['networks', key]),
    name,
    external: external !== null,
    spec: {
      Name: name,
      Driver: declared.driver ?? 'overlay',
      Labels: { ...withValues(declared.labels), [NAMESPACE_LABEL]: stack },
      ...(declared.attachable !== undefined && { Attachable: declared.attachable }),
      ...(declared.internal !== undefined && { Internal: declared.internal }),
      ...(declared.driver_opts !== undefined && { Options: declared.driver_opts }),
      ...(declared.ipam !== undefined && {
        IPAM: {
          ...(declared.ipam.driver !== undefined && { Driver: declared.ipam.driver }),
          ...(subnets.length > 0 && { Config: subnets }),
        },
      }),
    },
  };
}

function convertService(
  key: string,
  service: ComposeService,
  loaded: LoadedStack,
  options: ConvertOptions,
): DesiredService {
  const { stack } = options;
  const deploy = service.deploy ?? {};
  const ports = convertPorts(service.ports ?? [], (index) => loaded.place(['services', key, 'ports', index]));
  const spec: ServiceSpec = {
    Name: `${stack}_${key}`,
    Labels: {
      ...withValues(deploy.labels),
      [NAMESPACE_LABEL]: stack,
      [IMAGE_LABEL]: service.image ?? '',
      [MANAGED_LABEL]: 'true',
    },
    TaskTemplate: convertTask(key, service, loaded, options),
    Mode: convertMode(deploy),
    ...(deploy.update_config !== undefined && { UpdateConfig: convertUpdate(deploy.update_config) }),
    ...(deploy.rollback_config !== undefined && { RollbackConfig: convertUpdate(deploy.rollback_config) }),
    EndpointSpec: {
      ...(deploy.endpoint_mode !== undefined && { Mode: deploy.endpoint_mode }),
      ...(ports.length > 0 && { Ports: ports }),
    },
  };
  return {
    key,
    place: loaded.place(['services', key]),
    dependsOn: [],
    spec,
    replicasGiven: deploy.replicas !== undefined,
  };
}

function convertMode(deploy: NonNullable<ComposeService['deploy']>): ServiceMode {
  switch (deploy.mode) {
    case 'global':
      return { Global: {} };
    case 'global-job':
      return { GlobalJob: {} };
    case 'replicated-job':
      return {
        ReplicatedJob: {
          ...maybe('MaxConcurrent', deploy.replicas),
          ...maybe('TotalCompletions', deploy.replicas),
        },
      };
    default:
      return { Replicated: { Replicas: deploy.replicas ?? 1 } };
  }
}

type DeclaredUpdate = NonNullable<NonNullable<ComposeService['deploy']>['update_config']>;

function convertUpdate(declared: DeclaredUpdate): UpdateConfig {
  return {
    Parallelism: declared.parallelism ?? 1,
    ...maybe('Delay', declared.delay),
    ...maybe('FailureAction', declared.failure_action),
    ...maybe('Monitor', declared.monitor),
    ...maybe('MaxFailureRatio', declared.max_failure_ratio),
    ...maybe('Order', declared.order),
  };
}
