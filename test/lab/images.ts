import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { type Base, ensureBase } from './base.js';
import { docker } from './docker.js';
import { isEngineUp, killEngine, startEngine } from './engine.js';
import { LabError } from './errors.js';
import { keepLayers } from './layers.js';
import { hashPath, hashText, NOT_CONTENT } from './hash.js';
import { withLock } from './lock.js';
import { readMirror } from './mirror.js';
import { builderPlace, CACHE, REPOSITORY } from './paths.js';
import { ensureRegistry, hasTag, stopRegistry } from './registry.js';
import { run } from './run.js';

/** How one image is made. */
interface Recipe {
  name: string;
  /** The build context, relative to the repository. */
  context: string;
  /** The image it is built on: `base` or another recipe's name. */
  on: string;
  /** The build argument that names that image. */
  argument: string;
  /** The variable by which a stack file takes this image; none for one that others are only built on. */
  variable?: string;
  /** Dependencies from npm go into the context, because a container trusts none of the machine's certificates. */
  npm?: boolean;
  /** What the context is put together from, relative to the repository, where it is not `context` alone. */
  parts?: string[];
}

/** Before what is built on it. */
const RECIPES: Recipe[] = [
  { name: 'node', context: 'images/node', on: 'base', argument: 'BASE_IMAGE' },
  {
    name: 'haproxy',
    context: 'images/haproxy',
    on: 'base',
    argument: 'BASE_IMAGE',
    variable: 'HAPROXY_IMAGE',
  },
  {
    name: 'postgres',
    context: 'images/postgres',
    on: 'base',
    argument: 'BASE_IMAGE',
    variable: 'POSTGRES_IMAGE',
  },
  { name: 'redis', context: 'images/redis', on: 'base', argument: 'BASE_IMAGE', variable: 'REDIS_IMAGE' },
  {
    name: 'shop',
    context: 'examples/shop',
    on: 'node',
    argument: 'NODE_IMAGE',
    variable: 'SHOP_IMAGE',
    npm: true,
  },
  {
    name: 'scalectl',
    context: 'images/scalectl',
    on: 'node',
    argument: 'NODE_IMAGE',
    variable: 'SCALECTL_IMAGE',
    // The bundle counts although git ignores it: it is what runs.
    parts: ['images/scalectl', 'package.json', 'bin', 'dist', 'stacks/autoscaler.yml'],
  },
];

/** The name by which Dockerfiles know the base image. */
const BASE_NAME = 'debian:trixie-slim';

/** Build contexts are put together here; what a crash leaves goes with the next builder. */
const WORK = join(builderPlace().dir, 'work');

interface Built {
  /** `name:tag` without a registry, by variable. */
  images: Record<string, string>;
}

/**
 * Brings the shared store up to date with the Dockerfiles: builds and pushes what it does not have yet. Recipes
 * without a Dockerfile are left out, and so is scalectl's own while nobody has built the bundle.
 * @throws LabError with the end of the build's output
 */
export async function ensureImages(
  onProgress: (line: string) => void,
  options: { signal?: AbortSignal | undefined; repository?: string } = {},
): Promise<Built> {
  const { signal } = options;
  const repository = options.repository ?? REPOSITORY;
  await mkdir(CACHE, { recursive: true });
  const images = await withLock(
    'images',
    { signal, onWait: () => onProgress('waiting for another lab that builds images') },
    async () => {
      const base = await ensureBase(onProgress, signal);
      const tags = await tagsOf(repository, base);
      const missing = RECIPES.filter(({ name }) => tags.has(name) && !hasTag(name, tags.get(name) ?? ''));
      if (missing.length > 0) await buildAll(repository, missing, tags, base, onProgress, signal);
      return Object.fromEntries(
        RECIPES.flatMap(({ name, variable }) => {
          const tag = tags.get(name);
          return variable === undefined || tag === undefined ? [] : [[variable, `${name}:${tag}`]];
        }),
      );
    },
  );
  return { images: images ?? {} };
}

/** Ends a builder that a crashed command left, unless somebody is building. */
export async function removeStaleBuilder(): Promise<void> {
  await withLock('images', { tryOnly: true }, async () => {
    await stopBuilder();
  });
}

/** The tag of each image that can be built: what it is made of, and what that is built on. */
async function tagsOf(repository: string, base: Base): Promise<Map<string, string>> {
  const tags = new Map<string, string>();
  for (const recipe of RECIPES) {
    const context = join(repository, recipe.context);
    const below = recipe.on === 'base' ? base.id : tags.get(recipe.on);
    if (below === undefined || !existsSync(join(context, 'Dockerfile'))) continue;
    const parts = recipe.parts?.map((part) => join(repository, part)) ?? [context];
    if (!parts.every(existsSync)) continue;
    tags.set(recipe.name, hashText([...(await Promise.all(parts.map(hashPath))), below]));
  }
  return tags;
}

async function buildAll(
  repository: string,
  missing: Recipe[],
  tags: Map<string, string>,
  base: Base,
  onProgress: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const builder = builderPlace();
  const port = await freePort();
  const registry = `127.0.0.1:${port}`;
  try {
    await stopBuilder();
    await Promise.all([
      startEngine(builder, {
        signal,
        // In the host's network namespace, to reach the mirror, and so without touching anything there.
        flags: ['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false'],
      }),
      ensureRegistry(builder.dir, '127.0.0.1', port, signal),
    ]);
    await importBase(base, signal);
    const { proxy } = await readMirror(signal);
    const build = async (recipe: Recipe): Promise<void> => {
      onProgress(`building image ${recipe.name}`);
      await buildOne(repository, recipe, tags, base, registry, proxy, signal);
    };
    // What others are built on goes first; the rest goes together, since unpacking and downloading alternate.
    const parents = missing.filter(({ name }) => RECIPES.some(({ on }) => on === name));
    for (const recipe of parents) await build(recipe);
    const failures = (
      await Promise.allSettled(missing.filter((it) => !parents.includes(it)).map(build))
    ).flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    if (failures.length > 0) throw failures[0];
    const final = RECIPES.filter(({ name, variable }) => variable !== undefined && tags.has(name));
    await keepLayers(
      builder,
      final.map(({ name }) => `lab/${name}:${tags.get(name) ?? ''}`),
      signal,
    );
  } finally {
    await stopBuilder();
  }
}

async function stopBuilder(): Promise<void> {
  const builder = builderPlace();
  await killEngine(builder);
  await stopRegistry(builder.dir);
  await rm(WORK, { recursive: true, force: true });
  await rm(dirname(builder.execRoot), { recursive: true, force: true });
}

async function importBase(base: Base, signal: AbortSignal | undefined): Promise<void> {
  const builder = builderPlace();
  const marked = `scalectl-base:${base.id}`;
  const there = await docker(builder, ['image', 'inspect', marked], { signal, accept: [1] });
  if (there.code !== 0) await docker(builder, ['import', base.tar, marked], { signal });
  await docker(builder, ['tag', marked, BASE_NAME], { signal });
}

async function buildOne(
  repository: string,
  recipe: Recipe,
  tags: Map<string, string>,
  base: Base,
  registry: string,
  proxy: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const builder = builderPlace();
  const image = `${recipe.name}:${tags.get(recipe.name) ?? ''}`;
  const on =
    recipe.on === 'base'
      ? BASE_NAME
      : await local(`${recipe.on}:${tags.get(recipe.on) ?? ''}`, registry, signal);
  await mkdir(WORK, { recursive: true });
  const work = await mkdtemp(join(WORK, `${recipe.name}-`));
  try {
    const context = await contextOf(repository, recipe, work, signal);
    const file = join(context, recipe.parts === undefined ? '' : recipe.context, 'Dockerfile');
    const args = Object.entries({ [recipe.argument]: on, ...proxy }).flatMap(([name, value]) => [
      '--build-arg',
      `${name}=${value}`,
    ]);
    await docker(
      builder,
      ['build', '--network', 'host', ...args, '-f', file, '-t', `lab/${image}`, context],
      {
        signal,
      },
    ).catch((error: unknown) => {
      if (error instanceof LabError)
        throw new LabError(`building ${recipe.context} failed: ${error.message}`);
      throw error;
    });
    const now = await tagsOf(repository, base);
    if (now.get(recipe.name) !== tags.get(recipe.name)) {
      throw new LabError(`${recipe.context} changed while it was built; run the command again`);
    }
    await docker(builder, ['tag', `lab/${image}`, `${registry}/${image}`], { signal });
    await docker(builder, ['push', '-q', `${registry}/${image}`], { signal });
    // The registry's port is another one next time.
    await docker(builder, ['rmi', `${registry}/${image}`], { signal });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** An image's name in the builder; pulled, when only the registry has it. */
async function local(image: string, registry: string, signal: AbortSignal | undefined): Promise<string> {
  const builder = builderPlace();
  const name = `lab/${image}`;
  if ((await docker(builder, ['image', 'inspect', name], { signal, accept: [1] })).code !== 0) {
    await docker(builder, ['pull', '-q', `${registry}/${image}`], { signal });
    await docker(builder, ['tag', `${registry}/${image}`, name], { signal });
  }
  return name;
}

async function contextOf(
  repository: string,
  { context, npm, parts }: Recipe,
  work: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const source = join(repository, context);
  if (npm) return contextWithDependencies(source, work, signal);
  if (parts === undefined) return source;
  const target = join(work, 'context');
  for (const part of parts) {
    await mkdir(dirname(join(target, part)), { recursive: true });
    await cp(join(repository, part), join(target, part), { recursive: true });
  }
  return target;
}

/** A copy of a build context with its production dependencies installed in it. */
async function contextWithDependencies(
  source: string,
  work: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const context = join(work, 'context');
  await cp(source, context, { recursive: true, filter: (path) => !NOT_CONTENT.includes(basename(path)) });
  // It would keep the dependencies out again.
  await rm(join(context, '.dockerignore'), { force: true });
  if (existsSync(join(context, 'package-lock.json'))) {
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: context,
      signal,
    });
  }
  return context;
}

/** True while a builder runs; `status` shows it. */
export async function isBuilding(): Promise<boolean> {
  return isEngineUp(builderPlace());
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new LabError('no free port on 127.0.0.1'));
      });
    });
  });
}
