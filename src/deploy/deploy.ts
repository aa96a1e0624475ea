/** The deploy: a stack file becomes what is wanted, which is then applied. */

import { UserError, type Problem } from '../errors.js';
import { decodeService } from '../policy/labels.js';
import { convertStack, type DesiredStack } from '../stack/convert.js';
import type { LoadedStack } from '../stack/load.js';
import type { Engine } from '../swarm/engine.js';
import { applyStack, type Applied, type ApplyRequest } from './apply.js';
import type { ProgressSink } from './events.js';
import { readMaterials, resolvePath, type Material } from './materials.js';
import { NOTHING, stackOf, type Observed } from './observe.js';
import type { ReadStack } from './read-stack.js';

export interface DeployRequest extends Omit<ApplyRequest, 'want' | 'origin'> {
  /** what is wanted */
  source: ReadStack;
  resolveImage: 'always' | 'changed' | 'never';
  prune: boolean;
  resetReplicas: boolean;
}

/** @throws UserError, FailedError, NotConvergedError */
export async function deployStack(engine: Engine, request: DeployRequest): Promise<Applied> {
  const { signal, emit } = request;
  const { loaded } = request.source;
  for (const text of loaded.warnings) emit({ type: 'warning', text });
  // Once without the Swarm: what is wrong with the file is said also where no Engine answers.
  policyBounds(desire(loaded, request, '', NOTHING).desired, loaded);
  const cluster = (await engine.info({ signal })).Swarm.Cluster?.ID ?? '';
  return applyStack(engine, {
    ...request,
    origin: { kind: 'deploy', files: loaded.files },
    want: async (observed) => {
      const { desired, materials } = desire(loaded, request, cluster, observed);
      const bounds = policyBounds(desired, loaded);
      const digests = await resolveImages(engine, desired, request, emit);
      return { desired, materials, options: { ...request, bounds, digests } };
    },
  });
}

function desire(
  loaded: LoadedStack,
  request: DeployRequest,
  salt: string,
  observed: Observed,
): { desired: DesiredStack; materials: Material[] } {
  const own = (objects: Observed['secrets']) =>
    new Set(objects.filter((object) => stackOf(object) === request.stack).map(({ Spec }) => Spec.Name));
  const { directory, env } = request.source;
  const materials = readMaterials(loaded, {
    stack: request.stack,
    directory,
    salt,
    existing: { secret: own(observed.secrets), config: own(observed.configs) },
  });
  const names = (kind: Material['kind']) =>
    Object.fromEntries(
      materials.filter((material) => material.kind === kind).map(({ key, name }) => [key, name]),
    );
  const desired = convertStack(loaded, {
    stack: request.stack,
    resolvePath: (path) => resolvePath(path, directory),
    secretNames: names('secret'),
    configNames: names('config'),
    env,
  });
  return { desired, materials };
}

/** Policies are read before the first write: a deploy must not leave a service that the autoscaler refuses. */
function policyBounds(desired: DesiredStack, loaded: LoadedStack): Map<string, { min: number; max: number }> {
  const bounds = new Map<string, { min: number; max: number }>();
  const problems: Problem[] = [];
  for (const { key, spec } of desired.services) {
    const decoded = decodeService(spec);
    if (decoded.kind === 'policy') bounds.set(spec.Name, decoded.value);
    if (decoded.kind !== 'invalid') continue;
    for (const problem of decoded.problems) {
      const label = /label (\S+)$/.exec(problem.place)?.[1] ?? '';
      const path = ['services', key, 'deploy', 'labels', label];
      problems.push({
        ...problem,
        place: loaded.place(path),
        message: `${path.join('.')} ${problem.message}`,
      });
    }
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  return bounds;
}

async function resolveImages(
  engine: Engine,
  desired: DesiredStack,
  request: DeployRequest,
  emit: ProgressSink,
): Promise<Map<string, string | null>> {
  if (request.resolveImage === 'never') return new Map();
  const images = new Set(desired.services.map(({ spec }) => spec.TaskTemplate.ContainerSpec?.Image ?? ''));
  const found = await Promise.all(
    [...images].map(async (image) => {
      const digest = image.includes('@') ? null : await engine.imageDigest(image, { signal: request.signal });
      if (digest === null && !image.includes('@')) {
        emit({
          type: 'warning',
          text: `no registry told the digest of ${image}: nodes may run different builds of it`,
        });
      }
      return [image, digest] as const;
    }),
  );
  return new Map(found);
}
