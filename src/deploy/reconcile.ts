/** Compares what is wanted with what is there. No calls, no clock: the same two pictures give the same plan. */

import { UserError } from '../errors.js';
import type { DesiredService, DesiredStack } from '../stack/convert.js';
import { FINGERPRINT_LABEL, GENERATED_LABEL, IMAGE_LABEL } from '../stack/names.js';
import type { ServiceSpec, SwarmService } from '../swarm/objects.js';
import { changesBetween } from './changes.js';
import type { Material } from './materials.js';
import { STATE_LABELS } from './normalise.js';
import { stackOf, type Observed } from './observe.js';
import type { Operation, Plan } from './plan.js';

export interface ReconcileOptions {
  /** bounds of services that an autoscaler looks after, by full name */
  bounds: ReadonlyMap<string, { min: number; max: number }>;
  /** digests by image reference; null where no registry answered; absent where none was asked */
  digests: ReadonlyMap<string, string | null>;
  /** `exact`: images are pinned already, as a release has them */
  resolveImage: 'always' | 'changed' | 'never' | 'exact';
  resetReplicas: boolean;
  prune: boolean;
}

/**
 * @returns the plan, and the stack as it is once that is carried out: services with their final specs
 * @throws UserError when an object that the stack needs is missing, or its name belongs to another stack
 */
export function reconcile(
  desired: DesiredStack,
  materials: readonly Material[],
  observed: Observed,
  options: ReconcileOptions,
): { plan: Plan; target: DesiredStack } {
  const plan: Plan = { stack: desired.name, operations: [], unchanged: [], warnings: [] };
  planNetworks(desired, observed, plan);
  planMaterials(materials, observed, plan);
  const networkNames = new Map(observed.networks.map(({ Id, Name }) => [Id, Name]));
  const services = desired.services.map((service) => ({
    ...service,
    spec: planService(service, desired.name, observed, options, (id) => networkNames.get(id) ?? id, plan),
  }));
  planLeftovers(desired, observed, options.prune, plan);
  return { plan, target: { ...desired, services } };
}

function planNetworks(desired: DesiredStack, observed: Observed, plan: Plan): void {
  for (const network of desired.networks) {
    const found = observed.networks.find(({ Name }) => Name === network.name);
    if (network.external) {
      if (found === undefined) {
        throw new UserError(`external network ${network.name} does not exist`, {
          hint: `Create it with: docker network create --driver overlay ${network.name}`,
        });
      }
      if (found.Scope !== 'swarm') {
        throw new UserError(
          `external network ${network.name} is local to one node, services need a Swarm network`,
          {
            hint: 'Use a network made with --driver overlay.',
          },
        );
      }
    } else if (found === undefined) {
      plan.operations.push({
        kind: 'create-network',
        name: network.name,
        cause: 'not found',
        spec: network.spec,
      });
    } else {
      refuseForeign(
        'network',
        network.name,
        found.Labels?.['com.docker.stack.namespace'] ?? null,
        desired.name,
      );
    }
  }
}

function planMaterials(materials: readonly Material[], observed: Observed, plan: Plan): void {
  for (const material of materials) {
    const store = material.kind === 'secret' ? observed.secrets : observed.configs;
    const found = store.find(({ Spec }) => Spec.Name === material.name);
    if (found === undefined && material.data === null) {
      throw new UserError(`external ${material.kind} ${material.name} does not exist`, {
        hint: `Create it with: docker ${material.kind} create ${material.name} FILE`,
      });
    }
    if (found === undefined) {
      plan.operations.push({
        kind: material.kind === 'secret' ? 'create-secret' : 'create-config',
        name: material.name,
        key: material.key,
        cause: material.generated ? 'not found, generated' : 'not found',
      });
    } else if (material.data !== null) {
      refuseForeign(material.kind, material.name, stackOf(found), plan.stack);
      refuseChanged(material, found.Spec.Labels?.[FINGERPRINT_LABEL]);
    }
  }
}

/** A name that is not made from the content cannot stand for another content. */
function refuseChanged(material: Material, fingerprint: string | undefined): void {
  if (fingerprint === undefined || fingerprint === material.labels[FINGERPRINT_LABEL]) return;
  throw new UserError(
    `${material.kind} ${material.name} exists with other content, and Swarm cannot change it`,
    {
      place: `${material.kind}s.${material.key}`,
      hint: 'Give it another "name:", or leave "name:" out: then its name follows its content.',
    },
  );
}

function refuseForeign(kind: string, name: string, owner: string | null, stack: string): void {
  if (owner === stack) return;
  throw new UserError(
    owner === null
      ? `${kind} ${name} exists already and belongs to no stack`
      : `${kind} ${name} belongs to the stack ${owner}`,
    { hint: `Choose another --stack name, or remove the ${kind}.` },
  );
}

function planService(
  service: DesiredService,
  stack: string,
  observed: Observed,
  options: ReconcileOptions,
  networkName: (idOrName: string) => string,
  plan: Plan,
): ServiceSpec {
  const { Name: name } = service.spec;
  const live = observed.services.find(({ Spec }) => Spec.Name === name);
  if (live === undefined) {
    const spec = withImage(service.spec, undefined, options);
    plan.operations.push({ kind: 'create-service', name, cause: 'not found', spec });
    return spec;
  }
  refuseForeign('service', name, stackOf(live), stack);
  const spec = keepDecisions(withImage(service.spec, live, options), service, live, options);
  const [from, to] = [modeName(live.Spec), modeName(spec)];
  if (from !== to) {
    throw new UserError(`service ${name} is ${from} and cannot become ${to}`, {
      hint: `Swarm never changes a service's mode. Remove it first with: docker service rm ${name}`,
    });
  }
  const changes = changesBetween(live.Spec, spec, networkName);
  if (changes.length === 0) {
    plan.unchanged.push(name);
    return spec;
  }
  plan.operations.push({
    kind: 'update-service',
    name,
    cause: changes.length === 1 ? '1 change' : `${changes.length} changes`,
    id: live.ID,
    version: live.Version.Index,
    spec,
    changes,
  });
  return spec;
}

/** `replicated`, `global`, `replicated-job`, as Compose writes it. */
function modeName({ Mode }: ServiceSpec): string {
  return (Object.keys(Mode)[0] ?? '').replace(/(?<=.)Job/, '-job').toLowerCase();
}

/** Pins the image to the digest that its tag stands for now, unless nothing says that the tag should be asked again. */
function withImage(
  spec: ServiceSpec,
  live: SwarmService | undefined,
  options: ReconcileOptions,
): ServiceSpec {
  if (options.resolveImage === 'exact') return spec;
  const { ContainerSpec: container = {} } = spec.TaskTemplate;
  const written = container.Image ?? '';
  const liveImage = live?.Spec.TaskTemplate.ContainerSpec?.Image;
  const sameReference =
    live !== undefined &&
    live.Spec.Labels[IMAGE_LABEL] === spec.Labels[IMAGE_LABEL] &&
    liveImage !== undefined;
  const digest = options.digests.get(written) ?? null;
  const tagged = written.includes('@') || /:[^/]+$/.test(written) ? written : `${written}:latest`;
  const pinned = digest === null || tagged.includes('@') ? tagged : `${tagged}@${digest}`;
  const keep = sameReference && (options.resolveImage !== 'always' || digest === null);
  return {
    ...spec,
    TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...container, Image: keep ? liveImage : pinned } },
  };
}

/** What people and the autoscaler decided since the last deploy stays: replicas, forced restarts, scalectl's notes. */
function keepDecisions(
  spec: ServiceSpec,
  service: DesiredService,
  live: SwarmService,
  options: ReconcileOptions,
): ServiceSpec {
  const notes = Object.entries(live.Spec.Labels).filter(([key]) => STATE_LABELS.includes(key));
  const force = live.Spec.TaskTemplate.ForceUpdate;
  return {
    ...spec,
    Labels: { ...spec.Labels, ...Object.fromEntries(notes) },
    TaskTemplate: { ...spec.TaskTemplate, ...(force !== undefined && { ForceUpdate: force }) },
    Mode: keptReplicas(spec, service, live, options),
  };
}

function keptReplicas(
  spec: ServiceSpec,
  service: DesiredService,
  live: SwarmService,
  options: ReconcileOptions,
): ServiceSpec['Mode'] {
  const current = live.Spec.Mode.Replicated?.Replicas;
  if (current === undefined || spec.Mode.Replicated === undefined || options.resetReplicas) return spec.Mode;
  const bounds = options.bounds.get(spec.Name);
  if (bounds !== undefined) {
    return { Replicated: { Replicas: Math.min(Math.max(current, bounds.min), bounds.max) } };
  }
  return service.replicasGiven ? spec.Mode : { Replicated: { Replicas: current } };
}

function planLeftovers(desired: DesiredStack, observed: Observed, prune: boolean, plan: Plan): void {
  const wanted = new Set(desired.services.map(({ spec }) => spec.Name));
  const leftovers = observed.services.filter(
    (service) => stackOf(service) === desired.name && !wanted.has(service.Spec.Name),
  );
  for (const service of leftovers) {
    const { Name: name } = service.Spec;
    if (prune) {
      plan.operations.push({ kind: 'remove-service', name, cause: 'not in the file', id: service.ID });
    } else {
      plan.warnings.push(`service ${name} is not in the file and stays; --prune removes it`);
    }
  }
}

/** What stands behind the key in a name that was made from a content. */
const CONTENT_SUFFIX = /.-[0-9a-f]{12}$/;

/**
 * Secrets and configs named by their content that no service uses any more, not even as what Swarm would roll back to.
 * Generated secrets are kept: they open data that is still there.
 * @param materials those that are needed, of the present release and of those that one may want to go back to
 */
export function unusedObjects(
  stack: string,
  materials: readonly Material[],
  observed: Observed,
): { kind: 'secret' | 'config'; id: string; name: string }[] {
  const used = new Set(materials.map(({ name }) => name));
  for (const { Spec, PreviousSpec } of observed.services) {
    for (const container of [Spec.TaskTemplate.ContainerSpec, PreviousSpec?.TaskTemplate.ContainerSpec]) {
      container?.Secrets?.forEach(({ SecretName }) => used.add(SecretName));
      container?.Configs?.forEach(({ ConfigName }) => used.add(ConfigName));
    }
  }
  const unused = (kind: 'secret' | 'config', found: Observed['secrets']) =>
    found
      .filter(
        (object) =>
          stackOf(object) === stack &&
          CONTENT_SUFFIX.test(object.Spec.Name) &&
          object.Spec.Labels?.[GENERATED_LABEL] !== 'true' &&
          !used.has(object.Spec.Name),
      )
      .map(({ ID, Spec }) => ({ kind, id: ID, name: Spec.Name }));
  return [...unused('secret', observed.secrets), ...unused('config', observed.configs)];
}

export function describeOperation(operation: Operation): string {
  return `${operation.kind.replace('-', ' ')} ${operation.name}`;
}
