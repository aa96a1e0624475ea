/** What a stack file wants of a Swarm, with the names that its secrets and configs have there. */

import { convertStack, type DesiredStack } from '../stack/convert.js';
import { readMaterials, resolvePath, type Material } from './materials.js';
import { stackOf, type Observed } from './observe.js';
import type { ReadStack } from './read-stack.js';
import type { Release } from './releases.js';

export interface DesireOptions {
  stack: string;
  /** the Swarm's id; null where none is asked */
  cluster: string | null;
  observed: Observed;
  releases: readonly Release[];
}

export interface Desire {
  desired: DesiredStack;
  materials: Material[];
}

/** @throws UserError for a content that is not to be had, and for what no spec can be made of */
export function desireOf({ loaded, directory, env }: ReadStack, options: DesireOptions): Desire {
  const { stack, cluster, observed, releases } = options;
  const materials = readMaterials(loaded, {
    stack,
    directory,
    env,
    salt: cluster,
    found: {
      secrets: observed.secrets.filter((object) => stackOf(object) === stack),
      configs: observed.configs.filter((object) => stackOf(object) === stack),
    },
    recorded: (kind, name) =>
      releases
        .flatMap((release) => release.materials)
        .find((it) => it.kind === kind && it.name === name && it.fingerprint !== null)?.fingerprint ?? null,
  });
  const names = (kind: Material['kind']) =>
    Object.fromEntries(
      materials.filter((material) => material.kind === kind).map(({ key, name }) => [key, name]),
    );
  const desired = convertStack(loaded, {
    stack,
    resolvePath: (path) => resolvePath(path, directory),
    secretNames: names('secret'),
    configNames: names('config'),
    env,
  });
  return { desired, materials };
}
