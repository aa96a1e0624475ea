/** What the parts of planning share: what is looked at, and what they add to. */

import { UserError, type Problem } from '../errors.js';
import type { Material } from './materials.js';
import type { RegistryImages, ResolveImage } from './images.js';
import type { Names } from './normalise.js';
import type { Observed } from './observe.js';
import type { Operation } from './plan.js';

export interface ReconcileOptions {
  /** bounds of services that an autoscaler looks after, by full name */
  bounds: ReadonlyMap<string, { min: number; max: number }>;
  images: RegistryImages;
  resolveImage: ResolveImage;
  resetReplicas: boolean;
  prune: boolean;
  /** networks stay when services are pruned */
  keepNetworks?: true;
  /** whether what cannot be changed is removed and made again */
  recreate: boolean;
  /** whether a rollout that Swarm paused is taken up again where nothing else is to be written */
  resume: boolean;
}

export interface Planning {
  readonly stack: string;
  readonly observed: Observed;
  readonly options: ReconcileOptions;
  readonly names: Names;
  readonly operations: Operation[];
  readonly unchanged: string[];
  readonly warnings: string[];
  readonly problems: Problem[];
}

export function startPlanning(stack: string, observed: Observed, options: ReconcileOptions): Planning {
  const networkNames = new Map(observed.networks.map(({ Id, Name }) => [Id, Name]));
  const configNames = new Map(observed.configs.map(({ ID, Spec }) => [ID, Spec.Name]));
  return {
    stack,
    observed,
    options,
    names: {
      network: (id) => networkNames.get(id) ?? id,
      config: (id) => configNames.get(id) ?? id,
    },
    operations: [],
    unchanged: [],
    warnings: [],
    problems: [],
  };
}

/** @throws UserError that names all that was found */
export function raiseProblems({ problems }: Planning): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
}

/** @returns whether the object is the stack's own; otherwise that is one more problem */
export function isOwn(
  kind: Material['kind'] | 'network' | 'service',
  { name, place, owner }: { name: string; place: string; owner: string | null },
  planning: Planning,
): boolean {
  if (owner === planning.stack) return true;
  planning.problems.push({
    place,
    message:
      owner === null
        ? `${kind} ${name} exists already and belongs to no stack`
        : `${kind} ${name} belongs to the stack ${owner}`,
    hint:
      kind === 'service'
        ? 'Choose another --stack name, or remove the service.'
        : `Use it as it is with "external: true", choose another name, or remove the ${kind}.`,
  });
  return false;
}
