/** What image references stand for now: one look at the registry for each, and what a service's spec makes of it. */

import { IMAGE_LABEL } from '../stack/names.js';
import type { DesiredService } from '../stack/convert.js';
import type { ImageReader, RegistryImage, WriteOptions } from '../swarm/engine.js';
import type { ServiceSpec, SwarmService } from '../swarm/objects.js';

/** `exact`: images are pinned already, as a release has them. */
export type ResolveImage = 'always' | 'changed' | 'never' | 'exact';

/** By image reference; null where no registry answered; absent where none was asked. */
export type RegistryImages = ReadonlyMap<string, RegistryImage | null>;

/** @param authFor what a registry is shown for a reference, if anything */
export async function resolveImages(
  engine: ImageReader,
  services: readonly DesiredService[],
  live: readonly SwarmService[],
  resolve: ResolveImage,
  options: WriteOptions & { authFor?: (reference: string) => Promise<string | undefined> },
): Promise<RegistryImages> {
  if (resolve === 'never' || resolve === 'exact') return new Map();
  const asked = services.filter(
    ({ spec }) => resolve === 'always' || !sameReference(spec, liveService(live, spec.Name)),
  );
  const references = new Set(asked.map(({ spec }) => imageOf(spec)));
  return new Map(
    await Promise.all(
      [...references].map(async (reference) => {
        const registryAuth = await options.authFor?.(reference);
        return [
          reference,
          await engine.imageInRegistry(reference, {
            ...(options.signal !== undefined && { signal: options.signal }),
            registryAuth,
          }),
        ] as const;
      }),
    ),
  );
}

/** References whose digest nobody could tell, and that have none of their own. */
export function unresolvedImages(images: RegistryImages): string[] {
  return [...images].flatMap(([reference, found]) =>
    found === null && !reference.includes('@') ? [reference] : [],
  );
}

/**
 * Pins the image to the digest that its tag stands for now, and its tasks to the platforms that it is made for, unless
 * nothing says that the tag should be asked again. Source: docker CLI, client `resolveContainerSpecImage`.
 */
export function withImage(
  spec: ServiceSpec,
  live: SwarmService | undefined,
  images: RegistryImages,
  resolve: ResolveImage,
): ServiceSpec {
  if (resolve === 'exact') return spec;
  const written = imageOf(spec);
  const found = images.get(written) ?? null;
  const container = live?.Spec.TaskTemplate.ContainerSpec;
  const platforms = live?.Spec.TaskTemplate.Placement?.Platforms;
  const keep = sameReference(spec, live) && (resolve !== 'always' || found === null);
  if (keep) return pinned(spec, container?.Image ?? written, platforms);
  if (found === null) return pinned(spec, written, undefined);
  // While manifests say "arm", nodes say "armv7l" and the like: no node would do (swarmkit#2294).
  const made = found.platforms.map(({ Architecture, OS }) => ({
    Architecture: Architecture.toLowerCase() === 'arm' ? '' : Architecture,
    OS,
  }));
  return pinned(spec, written.includes('@') ? written : `${written}@${found.digest}`, made);
}

function pinned(spec: ServiceSpec, image: string, platforms: Platforms | undefined): ServiceSpec {
  const { TaskTemplate: task } = spec;
  return {
    ...spec,
    TaskTemplate: {
      ...task,
      ContainerSpec: { ...task.ContainerSpec, Image: image },
      ...(platforms !== undefined &&
        platforms.length > 0 && { Placement: { ...task.Placement, Platforms: platforms } }),
    },
  };
}

type Platforms = NonNullable<NonNullable<ServiceSpec['TaskTemplate']['Placement']>['Platforms']>;

/** Whether the file names the image as it did when the service was last deployed. */
function sameReference(spec: ServiceSpec, live: SwarmService | undefined): boolean {
  return live !== undefined && live.Spec.Labels[IMAGE_LABEL] === spec.Labels[IMAGE_LABEL];
}

function imageOf({ TaskTemplate }: ServiceSpec): string {
  return TaskTemplate.ContainerSpec?.Image ?? '';
}

function liveService(services: readonly SwarmService[], name: string): SwarmService | undefined {
  return services.find(({ Spec }) => Spec.Name === name);
}
