/** A loaded stack file becomes what the Swarm is asked for: specs in the Engine's own terms. */

import { UserError, type Problem } from '../errors.js';
import type { NetworkSpec, ServiceMode, ServiceSpec, UpdateConfig } from '../swarm/objects.js';
import type { ComposeNetwork, ComposeService } from './compose.js';
import { convertTask, isUserDefined, networkKeys, networkName, type ConvertOptions } from './convert-task.js';
import { byCodePoints } from './container.js';
import { findDependencies, type DependencyEdge } from './dependencies.js';
import { maybe, withValues } from './entries.js';
import type { LoadedStack } from './load.js';
import { externalName, IMAGE_LABEL, NAMESPACE_LABEL } from './names.js';
import { convertPorts } from './ports.js';

export interface DesiredNetwork {
  name: string;
  external: boolean;
  spec: NetworkSpec;
  /** as the stack file calls it */
  key: string;
  /** where the file declares it, or else the first service that is on it */
  place: string;
}

export interface DesiredService {
  key: string;
  /** `file:line:column`, or what else names it, for messages */
  place: string;
  /**
   * Secret, config and network references hold names, the config of a credential spec too; whoever writes the spec
   * puts the ids in.
   */
  spec: ServiceSpec;
  /** false where the file leaves the number of replicas open */
  replicasGiven: boolean;
  /** services of this stack that come first, and in which state; without cycles */
  dependsOn: DependencyEdge[];
}

export interface DesiredStack {
  name: string;
  networks: DesiredNetwork[];
  services: DesiredService[];
}

/** @throws UserError for services whose names together with the stack's are longer than Swarm takes */
export function convertStack(loaded: LoadedStack, options: ConvertOptions): DesiredStack {
  checkNames(loaded, options.stack);
  const { edges } = findDependencies(loaded.services);
  const users = new Map<string, string>();
  for (const [service, declared] of Object.entries(loaded.services)) {
    for (const key of networkKeys(declared)) if (!users.has(key)) users.set(key, service);
  }
  return {
    name: options.stack,
    networks: [...users]
      .map(([key, user]) => convertNetwork(key, user, loaded, options.stack))
      .filter(({ name, external }) => !external || isUserDefined(name))
      .sort((a, b) => byCodePoints(a.key, b.key)),
    services: Object.entries(loaded.services).map(([key, service]) => ({
      ...convertService(key, service, loaded, options),
      dependsOn: edges.get(key) ?? [],
    })),
  };
}

const LONGEST_NAME = 63;

function checkNames(loaded: LoadedStack, stack: string): void {
  const [first, ...others] = Object.keys(loaded.services)
    .filter((key) => `${stack}_${key}`.length > LONGEST_NAME)
    .map((key): Problem => ({
      place: loaded.place(['services', key]),
      message: `services.${key}: "${stack}_${key}" is longer than the ${LONGEST_NAME} characters that Swarm takes`,
      hint: 'Shorten the name of the service, or the stack.',
    }));
  if (first !== undefined) throw UserError.of([first, ...others]);
}

function convertNetwork(key: string, user: string, loaded: LoadedStack, stack: string): DesiredNetwork {
  const declared = loaded.file.networks?.[key];
  const name = networkName(key, loaded.file, stack);
  return {
    name,
    external: declared === undefined ? name === key : externalName(declared, key) !== null,
    key,
    place: loaded.place(declared === undefined ? ['services', user, 'networks', key] : ['networks', key]),
    spec: networkSpec(name, declared ?? {}, stack),
  };
}

function networkSpec(name: string, declared: ComposeNetwork, stack: string): NetworkSpec {
  const { driver = '', ipam = {} } = declared;
  const pools = (ipam.config ?? []).map(({ subnet, gateway, ip_range, aux_addresses }) => ({
    ...maybe('Subnet', subnet),
    ...maybe('Gateway', gateway),
    ...maybe('IPRange', ip_range),
    ...maybe('AuxiliaryAddresses', aux_addresses),
  }));
  const hasIpam = (ipam.driver ?? '') !== '' || pools.length > 0 || ipam.options !== undefined;
  return {
    Name: name,
    Driver: driver === '' ? 'overlay' : driver,
    Labels: { ...withValues(declared.labels), [NAMESPACE_LABEL]: stack },
    ...maybe('Attachable', declared.attachable),
    ...maybe('Internal', declared.internal),
    ...maybe('EnableIPv6', declared.enable_ipv6),
    ...maybe('EnableIPv4', declared.enable_ipv4),
    ...maybe('Options', declared.driver_opts),
    ...(hasIpam && {
      IPAM: {
        ...maybe('Driver', ipam.driver),
        ...(pools.length > 0 && { Config: pools }),
        ...maybe('Options', ipam.options),
      },
    }),
  };
}

function convertService(
  key: string,
  service: ComposeService,
  loaded: LoadedStack,
  options: ConvertOptions,
): Omit<DesiredService, 'dependsOn'> {
  const { stack } = options;
  const { deploy = {} } = service;
  const replicas =
    deploy.replicas ?? (deploy.mode?.startsWith('global') === true ? undefined : service.scale);
  const ports = convertPorts(service.ports ?? []);
  return {
    key,
    place: loaded.place(['services', key]),
    spec: {
      Name: `${stack}_${key}`,
      Labels: { ...withValues(deploy.labels), [NAMESPACE_LABEL]: stack, [IMAGE_LABEL]: service.image ?? '' },
      TaskTemplate: convertTask(key, service, loaded, options),
      Mode: convertMode(deploy.mode, replicas),
      ...(deploy.update_config !== undefined && { UpdateConfig: convertUpdate(deploy.update_config) }),
      ...(deploy.rollback_config !== undefined && { RollbackConfig: convertUpdate(deploy.rollback_config) }),
      EndpointSpec: {
        ...maybe('Mode', deploy.endpoint_mode),
        ...(ports.length > 0 && { Ports: ports }),
      },
    },
    replicasGiven: replicas !== undefined,
  };
}

function convertMode(mode: NonNullable<ComposeService['deploy']>['mode'], replicas?: number): ServiceMode {
  switch (mode) {
    case 'global':
      return { Global: {} };
    case 'global-job':
      return { GlobalJob: {} };
    case 'replicated-job':
      return {
        ReplicatedJob: { ...maybe('MaxConcurrent', replicas), ...maybe('TotalCompletions', replicas) },
      };
    default:
      return { Replicated: { Replicas: replicas ?? 1 } };
  }
}

type DeclaredUpdate = NonNullable<NonNullable<ComposeService['deploy']>['update_config']>;

function convertUpdate(declared: DeclaredUpdate): UpdateConfig {
  return {
    Parallelism: declared.parallelism ?? 1,
    ...maybe('Delay', declared.delay),
    ...maybe('FailureAction', declared.failure_action),
    ...maybe('Monitor', declared.monitor),
    ...maybe('MaxFailureRatio', singlePrecision(declared.max_failure_ratio)),
    ...maybe('Order', declared.order),
  };
}

/** The Engine keeps a ratio in 32 bits and hands it out with as few digits as tell it apart. */
function singlePrecision(ratio: number | undefined): number | undefined {
  if (ratio === undefined) return undefined;
  const digits = [6, 7, 8].find(
    (count) => Math.fround(Number(ratio.toPrecision(count))) === Math.fround(ratio),
  );
  return Number(ratio.toPrecision(digits ?? 9));
}
