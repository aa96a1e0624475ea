/** The deploy: a stack file becomes what is wanted, which is then applied. */

import { UserError } from '../errors.js';
import type { DesiredStack } from '../stack/convert.js';
import type { LoadedStack } from '../stack/load.js';
import type { Engine } from '../swarm/engine.js';
import { applyStack, type Applied, type ApplyRequest } from './apply.js';
import { desireOf } from './desire.js';
import { withinLimits } from './engine-limits.js';
import { resolveImages, unresolvedImages, type RegistryImages } from './images.js';
import { NOTHING, stackOf } from './observe.js';
import { policiesOf } from './policies.js';
import type { ReadStack } from './read-stack.js';

export interface DeployRequest extends Omit<ApplyRequest, 'want' | 'origin'> {
  /** what is wanted */
  source: ReadStack;
  resolveImage: 'always' | 'changed' | 'never';
  prune: boolean;
  resetReplicas: boolean;
  recreate: boolean;
  resume: boolean;
  /** what registries are shown when they are asked for digests */
  lookUpAuthFor: (image: string) => Promise<string | undefined>;
}

/** @throws UserError, FailedError, NotConvergedError */
export async function deployStack(engine: Engine, request: DeployRequest): Promise<Applied> {
  const { signal, emit, source, stack } = request;
  const { loaded } = source;
  for (const text of loaded.warnings) emit({ type: 'warning', text });
  // Once without the Swarm: what is wrong with the file is said also where no Engine answers.
  const alone = desireOf(source, { stack, cluster: null, observed: NOTHING, releases: [] });
  policyBounds(alone.desired, loaded);
  const { Swarm, ServerVersion } = await engine.info({ signal });
  const limited = withinLimits(alone.desired, ServerVersion);
  for (const text of limited.warnings) emit({ type: 'warning', text });
  let images: RegistryImages | null = null;
  return applyStack(engine, {
    ...request,
    origin: { kind: 'deploy', files: loaded.files },
    want: async (observed, releases) => {
      const cluster = Swarm.Cluster?.ID ?? '';
      const { desired: whole, materials } = desireOf(source, { stack, cluster, observed, releases });
      const { desired } = withinLimits(whole, ServerVersion);
      const bounds = policyBounds(desired, loaded);
      images ??= await lookUpImages(
        engine,
        desired,
        observed.services.filter((it) => stackOf(it) === stack),
        request,
      );
      return { desired, materials, options: { ...request, bounds, images } };
    },
  });
}

/** Once for a deploy, however often the Swarm is looked at. */
async function lookUpImages(
  engine: Engine,
  { services }: DesiredStack,
  live: Parameters<typeof resolveImages>[2],
  { resolveImage, lookUpAuthFor, signal, emit }: DeployRequest,
): Promise<RegistryImages> {
  const images = await resolveImages(engine, services, live, resolveImage, {
    signal,
    authFor: lookUpAuthFor,
  });
  for (const image of unresolvedImages(images)) {
    emit({
      type: 'warning',
      text: `no registry told the digest of ${image}: nodes may run different builds of it`,
    });
  }
  return images;
}

/** Policies are read before the first write: a deploy must not leave a service that the autoscaler refuses. */
function policyBounds(desired: DesiredStack, loaded: LoadedStack): Map<string, { min: number; max: number }> {
  const { policies, problems } = policiesOf(desired, loaded);
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  return policies;
}
