/** Between a stack as it is wanted or found and a release as it is recorded. */

import { UserError, type Problem } from '../errors.js';
import type { DesiredNetwork, DesiredService, DesiredStack } from '../stack/convert.js';
import { isUserDefined } from '../stack/convert-task.js';
import { GENERATED_LABEL } from '../stack/names.js';
import type { ServiceSpec, SwarmNetwork } from '../swarm/objects.js';
import { changesBetween } from './changes.js';
import type { Material } from './materials.js';
import { stackOf, type Observed } from './observe.js';
import type { Change } from './plan.js';
import { networkSpecOf } from './plan-networks.js';
import type { ReconcileOptions } from './planning.js';
import type { RecordedMaterial, Release, ReleaseContent } from './releases.js';

/** What a stack should be, in all that a plan is made from. */
export interface Wanted {
  desired: DesiredStack;
  materials: readonly Material[];
  options: ReconcileOptions;
}

/** A secret's content does not go into a release. */
export function toRecorded(material: Material): RecordedMaterial {
  const { kind, key, name, external, data, fingerprint, generated, labels, templating, driver } = material;
  return {
    ...{ kind, key, name, external, fingerprint, generated, labels, templating, driver },
    data: kind === 'secret' || data === null ? null : data.toString('base64'),
  };
}

export function toMaterial({ data, ...material }: RecordedMaterial, place: string): Material {
  return {
    ...material,
    place,
    there: 'same',
    keepAt: null,
    data: data === null ? null : Buffer.from(data, 'base64'),
  };
}

/**
 * Everything as the release has it, but for the replicas, which stay as the autoscaler or a person set them.
 * @throws UserError that names every object which the release needs and cannot bring back
 */
export function wantRelease(release: Release): (observed: Observed) => Wanted {
  const place = `release ${release.number}`;
  return (observed) => {
    refuseMissing(release, observed);
    return {
      desired: {
        ...release.desired,
        networks: release.desired.networks.map((network) => ({ ...network, place })),
        services: release.desired.services.map((service) => ({ ...service, place, replicasGiven: false })),
      },
      materials: release.materials.map((material) => toMaterial(material, place)),
      options: {
        bounds: new Map(),
        images: new Map(),
        resolveImage: 'exact',
        resetReplicas: false,
        prune: true,
        keepNetworks: true,
        recreate: false,
        resume: true,
      },
    };
  };
}

function refuseMissing(release: Release, observed: Observed): void {
  const objects = { secret: observed.secrets, config: observed.configs };
  const [first, ...others] = release.materials.flatMap((material) => {
    const found = objects[material.kind].find(({ Spec }) => Spec.Name === material.name);
    return problemWith(material, found, `release ${release.number}`) ?? [];
  });
  if (first !== undefined) throw UserError.of([first, ...others]);
}

function problemWith(
  { kind, name, data, driver }: RecordedMaterial,
  found: Observed['configs'][number] | Observed['secrets'][number] | undefined,
  place: string,
): Problem | null {
  if (found === undefined && data === null && driver === null) {
    return {
      place,
      message: `needs the ${kind} ${name}, which is gone, and of ${kind === 'secret' ? 'secrets' : 'external configs'} a release knows the name alone`,
      hint: `Make it again with: docker ${kind} create ${name} FILE`,
    };
  }
  if (found !== undefined && data !== null && 'Data' in found.Spec && found.Spec.Data !== data) {
    return {
      place,
      message: `needs the ${kind} ${name}, which has another content now, and Swarm cannot change it`,
      hint: `Remove it when no service uses it any more: docker ${kind} rm ${name}`,
    };
  }
  return null;
}

/** Whether two stacks ask for the same services. Replicas are left aside: they are not what a release is about. */
export function sameServices(a: DesiredStack, b: DesiredStack): boolean {
  const others = new Map(b.services.map(({ spec }) => [spec.Name, spec]));
  return (
    a.services.length === b.services.length &&
    a.services.every(({ spec }) => {
      const other = others.get(spec.Name);
      return other !== undefined && serviceChanges(spec, other).length === 0;
    })
  );
}

/** What differs between two specs of a release, which have names in the place of ids; but for the replicas. */
export function serviceChanges(from: ServiceSpec, to: ServiceSpec): Change[] {
  const replicated = from.Mode.Replicated !== undefined && to.Mode.Replicated !== undefined;
  return changesBetween(replicated ? { ...from, Mode: to.Mode } : from, to, {
    network: (name) => name,
    config: (name) => name,
  });
}

/** The stack as it is in the Swarm; null when it has no service. */
export function contentFound(observed: Observed, stack: string, at: string): ReleaseContent | null {
  const services = observed.services.filter((service) => stackOf(service) === stack);
  if (services.length === 0) return null;
  const networkOf = (id: string) => observed.networks.find(({ Id, Name }) => Id === id || Name === id);
  const networks = new Map<string, DesiredNetwork>();
  const desired = services.map(({ Spec }): DesiredService => {
    const attachments = Spec.TaskTemplate.Networks?.map((attachment) => {
      const network = networkOf(attachment.Target);
      if (network === undefined) return attachment;
      if (isUserDefined(network.Name)) networks.set(network.Name, foundNetwork(network, stack));
      return { ...attachment, Target: network.Name };
    });
    return {
      key: keyOf(Spec.Name, stack),
      place: `service ${Spec.Name}`,
      dependsOn: [],
      spec: {
        ...Spec,
        TaskTemplate: { ...Spec.TaskTemplate, ...(attachments !== undefined && { Networks: attachments }) },
      },
      replicasGiven: false,
    };
  });
  return {
    at,
    origin: { kind: 'found' },
    desired: { name: stack, networks: [...networks.values()], services: desired },
    materials: foundMaterials(desired, observed, stack),
  };
}

function keyOf(name: string, stack: string): string {
  return name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name;
}

function foundNetwork(network: SwarmNetwork, stack: string): DesiredNetwork {
  const { Name, Labels = {} } = network;
  return {
    key: keyOf(Name, stack),
    place: `network ${Name}`,
    name: Name,
    external: stackOf({ Spec: { Labels } }) !== stack,
    spec: networkSpecOf(network),
  };
}

function foundMaterials(
  services: readonly DesiredService[],
  observed: Observed,
  stack: string,
): RecordedMaterial[] {
  const containers = services.map(({ spec }) => spec.TaskTemplate.ContainerSpec ?? {});
  const secrets = new Set(containers.flatMap(({ Secrets }) => (Secrets ?? []).map((it) => it.SecretName)));
  const configs = new Set(containers.flatMap(({ Configs }) => (Configs ?? []).map((it) => it.ConfigName)));
  const found = (
    kind: Material['kind'],
    object: Observed['configs'][number] | Observed['secrets'][number],
  ): RecordedMaterial => ({
    kind,
    key: keyOf(object.Spec.Name, stack),
    name: object.Spec.Name,
    external: stackOf(object) !== stack,
    fingerprint: null,
    labels: object.Spec.Labels ?? {},
    templating: object.Spec.Templating?.Name ?? null,
    driver: null,
    generated: object.Spec.Labels?.[GENERATED_LABEL] === 'true',
    data: 'Data' in object.Spec && stackOf(object) === stack ? (object.Spec.Data ?? null) : null,
  });
  return [
    ...observed.secrets.filter(({ Spec }) => secrets.has(Spec.Name)).map((it) => found('secret', it)),
    ...observed.configs.filter(({ Spec }) => configs.has(Spec.Name)).map((it) => found('config', it)),
  ];
}
