/** Between a stack as it is wanted or found and a release as it is recorded. */

import type { DesiredNetwork, DesiredService, DesiredStack } from '../stack/convert.js';
import { GENERATED_LABEL } from '../stack/names.js';
import type { SwarmNetwork } from '../swarm/objects.js';
import type { Material } from './materials.js';
import { stackOf, type Observed } from './observe.js';
import type { ReconcileOptions } from './reconcile.js';
import type { RecordedMaterial, Release, ReleaseContent } from './releases.js';

/** What a stack should be, in all that a plan is made from. */
export interface Wanted {
  desired: DesiredStack;
  materials: readonly Material[];
  options: ReconcileOptions;
}

/** A secret's content does not go into a release. */
export function toRecorded({ data, keepAt: _, ...material }: Material): RecordedMaterial {
  return { ...material, data: material.kind === 'secret' || data === null ? null : data.toString('base64') };
}

export function toMaterial({ data, ...material }: RecordedMaterial): Material {
  return { ...material, keepAt: null, data: data === null ? null : Buffer.from(data, 'base64') };
}

/** Everything as the release has it, but for the replicas, which stay as the autoscaler or a person set them. */
export function wantRelease(release: Release): () => Promise<Wanted> {
  const place = `release ${release.number}`;
  return () =>
    Promise.resolve({
      desired: {
        ...release.desired,
        networks: release.desired.networks.map((network) => ({ ...network, place })),
        services: release.desired.services.map((service) => ({ ...service, place, replicasGiven: false })),
      },
      materials: release.materials.map(toMaterial),
      options: {
        bounds: new Map(),
        digests: new Map(),
        resolveImage: 'exact',
        resetReplicas: false,
        prune: true,
      },
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
      networks.set(network.Name, foundNetwork(network, stack));
      return { ...attachment, Target: network.Name };
    });
    return {
      key: Spec.Name.startsWith(`${stack}_`) ? Spec.Name.slice(stack.length + 1) : Spec.Name,
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

function foundNetwork(network: SwarmNetwork, stack: string): DesiredNetwork {
  const { Name, Driver, Labels = {}, Options, Attachable, Internal } = network;
  return {
    key: Name,
    place: `network ${Name}`,
    name: Name,
    external: stackOf({ Spec: { Labels } }) !== stack,
    spec: {
      Name,
      Driver,
      Labels,
      ...(Attachable === true && { Attachable }),
      ...(Internal === true && { Internal }),
      ...(Options !== undefined && { Options }),
    },
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
  const found = (kind: Material['kind'], object: Observed['configs'][number]): RecordedMaterial => ({
    kind,
    key: object.Spec.Name,
    name: object.Spec.Name,
    labels: object.Spec.Labels ?? {},
    templating: null,
    generated: object.Spec.Labels?.[GENERATED_LABEL] === 'true',
    data: kind === 'config' && stackOf(object) === stack ? (object.Spec.Data ?? null) : null,
  });
  return [
    ...observed.secrets.filter(({ Spec }) => secrets.has(Spec.Name)).map((it) => found('secret', it)),
    ...observed.configs.filter(({ Spec }) => configs.has(Spec.Name)).map((it) => found('config', it)),
  ];
}
