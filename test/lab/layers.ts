import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { docker } from './docker.js';
import { LabError } from './errors.js';
import { removeTree } from './mounts.js';
import { CACHE, type EnginePlace } from './paths.js';
import { run } from './run.js';

/**
 * A new node unpacking 4 images needs about 8 s; the builder has their layers unpacked already, on the same disk.
 * This keeps hard links to them, in the layout of an engine's data directory, and gives a new node links in turn. The
 * engine then finds each layer there when it pulls. Sharing is safe since no engine ever writes to a layer of an
 * image: overlayfs copies up, and removing an image only removes links.
 */
const LAYERS = join(CACHE, 'layers');

const METADATA = 'image/overlay2';

/**
 * The identities of an image's layers, each with all below it, as the engine names them on disk.
 * @param diffIds digests of the layers' contents, lowest first
 */
export function chainIds(diffIds: string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(
      below === undefined
        ? diffId
        : `sha256:${createHash('sha256').update(`${below} ${diffId}`).digest('hex')}`,
    );
  }
  return chain;
}

/** Keeps the layers of these images of the builder, and of no others, for new nodes. The builder runs. */
export async function keepLayers(
  builder: EnginePlace,
  images: string[],
  signal?: AbortSignal,
): Promise<void> {
  const format = '{{json .RootFS.Layers}}';
  const chains = new Set<string>();
  for (const image of images) {
    const { code, stdout } = await docker(builder, ['image', 'inspect', '-f', format, image], {
      signal,
      accept: [1],
    });
    if (code === 0)
      for (const id of chainIds(JSON.parse(stdout) as string[])) chains.add(id.replace('sha256:', ''));
  }
  const fresh = `${LAYERS}.tmp`;
  await removeTree(fresh);
  const from = (...path: string[]): string => join(builder.dataRoot, ...path);
  await mkdir(join(fresh, METADATA, 'layerdb/sha256'), { recursive: true });
  await mkdir(join(fresh, 'overlay2/l'), { recursive: true });
  const cacheIds: string[] = [];
  const links: string[] = [];
  for (const chain of chains) {
    const cacheId = (await readFile(from(METADATA, 'layerdb/sha256', chain, 'cache-id'), 'utf8')).trim();
    cacheIds.push(from('overlay2', cacheId));
    links.push(from('overlay2/l', (await readFile(from('overlay2', cacheId, 'link'), 'utf8')).trim()));
  }
  const layerdb = [...chains].map((chain) => from(METADATA, 'layerdb/sha256', chain));
  await run('cp', ['-a', ...layerdb, join(fresh, METADATA, 'layerdb/sha256')], { signal });
  await run('cp', ['-a', from(METADATA, 'distribution'), join(fresh, METADATA)], { signal });
  await run('cp', ['-al', ...cacheIds, join(fresh, 'overlay2')], { signal });
  await run('cp', ['-a', ...links, join(fresh, 'overlay2/l')], { signal });
  await removeTree(LAYERS);
  await rename(fresh, LAYERS);
}

/** Gives an engine that has no data yet the layers that are kept; without them it pulls, and is only slower. */
export async function seedLayers(engine: EnginePlace, signal?: AbortSignal): Promise<void> {
  if (!existsSync(LAYERS) || existsSync(engine.dataRoot)) return;
  const fresh = `${engine.dataRoot}.tmp`;
  try {
    await removeTree(fresh);
    await mkdir(fresh, { recursive: true, mode: 0o710 });
    await run('cp', ['-a', join(LAYERS, 'image'), fresh], { signal });
    await run('cp', ['-al', join(LAYERS, 'overlay2'), fresh], { signal });
    await rename(fresh, engine.dataRoot);
  } catch (error) {
    await removeTree(fresh);
    // Else another lab replaced the layers while they were copied.
    if (!(error instanceof LabError)) throw error;
  }
}
