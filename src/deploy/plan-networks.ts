/** Networks: what is missing is made, and what differs cannot be changed, only made anew. */

import { NAMESPACE_LABEL } from '../stack/names.js';
import type { DesiredNetwork, DesiredStack } from '../stack/convert.js';
import type { NetworkSpec, ServiceSpec, SwarmNetwork, SwarmService } from '../swarm/objects.js';
import { changesInMap } from './changes.js';
import { stackOf } from './observe.js';
import { changeText, type Change } from './plan.js';
import { isOwn, type Planning } from './planning.js';

/** @returns names of the networks that are made anew: what is on them has to go meanwhile */
export function planNetworks(desired: DesiredStack, planning: Planning): Set<string> {
  const replaced = new Set<string>();
  for (const network of desired.networks) {
    const found = planning.observed.networks.find(({ Name }) => Name === network.name);
    if (network.external) {
      checkExternal(network, found, planning);
    } else if (found === undefined) {
      const { name, spec } = network;
      planning.operations.push({ kind: 'create-network', name, cause: 'not found', spec });
    } else if (isOwn('network', { ...network, owner: ownerOf(found) }, planning)) {
      if (planChanged(network, found, desired, planning)) replaced.add(network.name);
    }
  }
  return replaced;
}

function checkExternal(network: DesiredNetwork, found: SwarmNetwork | undefined, planning: Planning): void {
  const { name, place } = network;
  if (found === undefined) {
    planning.problems.push({
      place,
      message: `external network ${name} does not exist`,
      hint: `Create it with: docker network create --driver overlay ${name}`,
    });
  } else if (found.Scope !== 'swarm') {
    planning.problems.push({
      place,
      message: `external network ${name} is local to one node, services need a Swarm network`,
      hint: 'Use a network made with --driver overlay.',
    });
  }
}

function planChanged(
  { name, place, spec }: DesiredNetwork,
  found: SwarmNetwork,
  desired: DesiredStack,
  planning: Planning,
): boolean {
  const changes = networkChanges(found, spec);
  if (changes.length === 0) return false;
  if (!planning.options.recreate) {
    planning.warnings.push(
      `network ${name} differs from the file (${changes.map(differenceText).join(', ')}): ` +
        '--recreate makes it anew, with the services on it down meanwhile',
    );
    return false;
  }
  const users = planning.observed.services.filter((service) => isOn(service.Spec, found));
  const strangers = users.filter((user) => !goes(user, desired, planning));
  if (strangers.length > 0) {
    const list = strangers.map(({ Spec }) => Spec.Name).join(', ');
    planning.problems.push({
      place,
      message: `network ${name} cannot be made anew: it is in use by ${list}, not part of what is deployed`,
      hint: 'Take them off the network first; --prune removes services of this stack that are not in the file.',
    });
    return false;
  }
  const names = users.map(({ Spec }) => Spec.Name).sort();
  planning.operations.push({
    kind: 'replace-network',
    name,
    cause: names.length === 0 ? 'it differs' : `it differs; down meanwhile: ${names.join(', ')}`,
    id: found.Id,
    spec,
    previous: networkSpecOf(found),
    users: names,
    changes,
  });
  return true;
}

/** Whether a service is removed by this plan, for good or for as long as it takes. */
function goes({ Spec }: SwarmService, desired: DesiredStack, { stack, options }: Planning): boolean {
  if (stackOf({ Spec }) !== stack) return false;
  return options.prune || desired.services.some(({ spec }) => spec.Name === Spec.Name);
}

export function isOn(
  { TaskTemplate }: ServiceSpec,
  { Id, Name }: Pick<SwarmNetwork, 'Id' | 'Name'>,
): boolean {
  return (TaskTemplate.Networks ?? []).some(({ Target }) => Target === Id || Target === Name);
}

function networkChanges(found: SwarmNetwork, spec: NetworkSpec): Change[] {
  const changes = changesInMap('label ', found.Labels ?? {}, spec.Labels, true);
  const switches = (it: { Attachable?: boolean; Internal?: boolean; EnableIPv6?: boolean }) => ({
    attachable: it.Attachable === true,
    internal: it.Internal === true,
    ipv6: it.EnableIPv6 === true,
  });
  changes.push(...changesInMap('', switches(found), switches(spec), true));
  // Until it is allocated, the Engine tells nothing of how it is made.
  if (found.Driver === '') return changes;
  changes.push(...changesInMap('', { driver: found.Driver }, { driver: spec.Driver }, true));
  changes.push(...changesInMap('driver option ', ownOptions(found), spec.Options ?? {}, true));
  const wanted = spec.IPAM ?? {};
  const ipam = (driver: string | undefined) => ({ 'ipam driver': driver ?? 'default' });
  changes.push(...changesInMap('', ipam(found.IPAM?.Driver), ipam(wanted.Driver), true));
  // Subnets that nobody asks for are chosen by the Swarm.
  const subnets = (pools: readonly { Subnet?: string }[]) => ({
    subnets: pools
      .flatMap(({ Subnet }) => Subnet ?? [])
      .sort()
      .join(', '),
  });
  if (wanted.Config !== undefined && wanted.Config.length > 0) {
    changes.push(...changesInMap('', subnets(found.IPAM?.Config ?? []), subnets(wanted.Config), true));
  }
  return changes;
}

/** Without what the driver has noted down for itself. */
function ownOptions({ Options }: SwarmNetwork): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Options ?? {}).filter(([key]) => key !== 'com.docker.network.driver.overlay.vxlanid_list'),
  );
}

/** What a network like this one is made from. */
export function networkSpecOf(found: SwarmNetwork): NetworkSpec {
  const { Name, Driver, Labels = {}, Attachable, Internal, EnableIPv6, IPAM } = found;
  const pools = (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [{ Subnet }]));
  const options = ownOptions(found);
  return {
    Name,
    Driver: Driver === '' ? 'overlay' : Driver,
    Labels,
    ...(Object.keys(options).length > 0 && { Options: options }),
    ...(Attachable === true && { Attachable }),
    ...(Internal === true && { Internal }),
    ...(EnableIPv6 === true && { EnableIPv6 }),
    ...(pools.length > 0 && { IPAM: { Driver: IPAM?.Driver ?? 'default', Config: pools } }),
  };
}

function differenceText(change: Change): string {
  return changeText(change).replace(/ \([a-z ]+\)$/, '');
}

/** Networks of the stack that neither the file nor any service needs any more. */
export function planUnusedNetworks(desired: DesiredStack, planning: Planning): void {
  const { observed, stack, operations } = planning;
  const removed = new Set(
    operations.flatMap((operation) => (operation.kind === 'remove-service' ? [operation.id] : [])),
  );
  const written = new Map(desired.services.map(({ spec }) => [spec.Name, spec]));
  for (const network of observed.networks) {
    if (ownerOf(network) !== stack || desired.networks.some(({ name }) => name === network.Name)) continue;
    const used = observed.services
      .filter(({ ID }) => !removed.has(ID))
      .some(({ Spec }) => isOn(written.get(Spec.Name) ?? Spec, network));
    if (used) continue;
    const { Id: id, Name: name } = network;
    operations.push({ kind: 'remove-network', name, cause: 'not in the file, and nothing uses it', id });
  }
}

function ownerOf({ Labels }: SwarmNetwork): string | null {
  return Labels?.[NAMESPACE_LABEL] ?? null;
}
