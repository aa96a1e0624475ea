import { ensureEngine26 } from './engine26.js';
import { isEngineUp, killEngine, startEngine } from './engine.js';
import { LabError } from './errors.js';
import { ask } from './http.js';
import { ensureImages } from './images.js';
import { seedLayers } from './layers.js';
import { withLock } from './lock.js';
import { checkName, freeSubnet, hostAddress, subnetsInUse } from './names.js';
import { ensureBridge, ensureFirewall, ensureNodeNetwork, setNodeLink } from './network.js';
import { ensurePackages } from './packages.js';
import { instanceDir, type NodePlace, shortOf } from './paths.js';
import {
  type EngineVersion,
  type InstanceRecord,
  listInstances,
  nodesOf,
  readRecord,
  writeRecord,
} from './record.js';
import { ensureRegistry, LOCKED_REGISTRY_PORT, REGISTRY_PORT } from './registry.js';
import { run } from './run.js';
import { ensureSwarm, waitForSwarmMember } from './swarm.js';
import { teardown } from './teardown.js';

export interface LabOptions {
  /** Instance name; `SCALECTL_LAB`, else `default`, when left out. */
  name?: string;
  /** How many engines; 1 for a new instance, as many as there are for one that is up. */
  nodes?: number;
  engine?: EngineVersion;
  /** Called with one line per step. */
  onProgress?: (line: string) => void;
  /** Ends a start in the middle; what was made so far is removed. */
  signal?: AbortSignal | undefined;
}

export interface LabNodeInfo {
  /** From 1; the first is the Swarm's manager. */
  index: number;
  /** Its address, also for ports published in host mode. */
  address: string;
  /** A value for DOCKER_HOST. */
  dockerHost: string;
  /** Its network namespace, for `nsenter --net=/run/netns/…`. */
  netns: string;
}

/** What can be done to one node. */
export interface LabNode extends LabNodeInfo {
  /** Ends the engine and its containers at once, like a power loss. */
  stop(): Promise<void>;
  /** Starts the engine on the data it had, and waits until it is back in the Swarm. */
  start(): Promise<void>;
  /** Takes its network cable out. */
  cut(): Promise<void>;
  /** Puts its network cable back. */
  heal(): Promise<void>;
}

export interface Lab {
  name: string;
  nodes: LabNodeInfo[];
  /** Image references by variable, such as HAPROXY_IMAGE. */
  images: Record<string, string>;
  /** DOCKER_HOST of the first node and the image variables, for the environment of what runs against the lab. */
  env(): Record<string, string>;
  /** @throws LabError when there is no such node */
  node(index: number): LabNode;
  /** Removes the instance; nothing of it remains. */
  down(): Promise<void>;
}

/** The name of the instance meant when none is given. */
export function defaultName(): string {
  return checkName(process.env['SCALECTL_LAB'] ?? 'default');
}

/**
 * Brings an instance up, or repairs one that is up: whatever is missing or dead is made anew, the rest is left alone.
 * @throws LabError in one line with what to do; a new instance is removed again then
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const name = checkName(options.name ?? defaultName());
  const onProgress = options.onProgress ?? ((): void => undefined);
  const { signal } = options;
  await ensurePackages(onProgress, signal);
  const lab = await withInstance(
    name,
    onProgress,
    async () => {
      const existing = readRecord(name);
      try {
        return await bringUp(name, existing, { ...options, onProgress });
      } catch (error) {
        if (!existing) {
          onProgress('cleaning up');
          await teardown(name);
        }
        throw error;
      }
    },
    signal,
  );
  return lab;
}

/**
 * Attaches to an instance that is up.
 * @throws LabError when there is none by that name
 */
export function openLab(name: string = defaultName()): Lab {
  const record = readRecord(checkName(name));
  if (!record)
    throw new LabError(
      `lab ${name} is not up; run "npm run lab -- up${name === 'default' ? '' : ` --name ${name}`}"`,
    );
  return labOf(record);
}

/** Removes an instance, also one that a crash left half made or that is not there at all. */
export async function removeLab(
  name: string,
  onProgress: (line: string) => void = () => undefined,
): Promise<void> {
  await withInstance(checkName(name), onProgress, () => teardown(name));
}

async function bringUp(
  name: string,
  existing: InstanceRecord | undefined,
  options: LabOptions & { onProgress: (line: string) => void },
): Promise<Lab> {
  const { signal, onProgress } = options;
  if (existing && options.engine !== undefined && options.engine !== existing.engine) {
    throw new LabError(
      `lab ${name} runs Engine ${existing.engine}; bring it down to change to ${options.engine}`,
    );
  }
  const record = existing ?? (await allocate(name, options));
  record.nodes = Math.max(record.nodes, options.nodes ?? 1);
  await writeRecord(record);

  const binaries = record.engine === '26' ? await ensureEngine26(onProgress, signal) : undefined;
  const { images } = await ensureImages(onProgress, { signal });
  const registry = `${hostAddress(record.subnet)}:${REGISTRY_PORT}`;
  record.images = Object.fromEntries(
    Object.entries(images).map(([key, image]) => [key, `${registry}/${image}`]),
  );
  await writeRecord(record);

  const short = shortOf(name);
  const nodes = nodesOf(record);
  await withLock('network', { signal }, async () => {
    await ensureBridge(short, record.subnet);
    await ensureFirewall(short);
    for (const node of nodes) await ensureNodeNetwork(short, node);
  });
  await ensureRegistry(instanceDir(name), hostAddress(record.subnet), REGISTRY_PORT, signal);
  await Promise.all(
    nodes.map(async (node) => {
      if (await isEngineUp(node)) return;
      onProgress(`starting ${node.hostname} (Engine ${record.engine}) at ${node.address}`);
      await seedLayers(node, signal);
      await startNode(record, node, binaries, signal);
    }),
  );
  await Promise.all([
    ensureSwarm(nodes, signal),
    ...nodes.map((node) => pullImages(node, Object.values(record.images))),
  ]);
  return labOf(record);
}

async function startNode(
  record: InstanceRecord,
  node: NodePlace,
  binaries: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const flags = [REGISTRY_PORT, LOCKED_REGISTRY_PORT].flatMap((port) => [
    '--insecure-registry',
    `${hostAddress(record.subnet)}:${port}`,
  ]);
  await startEngine(node, { binaries, signal, flags });
}

/** Chooses a network that no instance has and the host does not use, and writes it down before letting others choose. */
async function allocate(name: string, options: LabOptions): Promise<InstanceRecord> {
  const record = await withLock('network', { signal: options.signal }, async () => {
    const recorded = listInstances().flatMap((other) => readRecord(other)?.subnet ?? []);
    const inUse = subnetsInUse((await run('ip', ['-o', '-4', 'address'])).stdout);
    const subnet = freeSubnet([...recorded, ...inUse]);
    if (subnet === undefined)
      throw new LabError('no network 10.77.K.0/24 is free; bring down a lab (see "status")');
    const made: InstanceRecord = {
      name,
      subnet,
      engine: options.engine ?? '20',
      nodes: options.nodes ?? 1,
      images: {},
      createdAt: new Date().toISOString(),
    };
    await writeRecord(made);
    return made;
  });
  if (!record) throw new LabError('no lock on the network');
  return record;
}

/** Fetches the images into a node ahead of the first deployment. */
async function pullImages(node: NodePlace, images: string[]): Promise<void> {
  const target = { socketPath: node.socket };
  await Promise.all(
    images.map(async (image) => {
      if ((await ask(target, 'GET', `/images/${image}/json`)).status === 200) return;
      const at = image.lastIndexOf(':');
      const query = `fromImage=${encodeURIComponent(image.slice(0, at))}&tag=${encodeURIComponent(image.slice(at + 1))}`;
      const answer = await ask(target, 'POST', `/images/create?${query}`, undefined, 120_000);
      const failed =
        /"error":"([^"]*)"/.exec(answer.body)?.[1] ?? (answer.status >= 400 ? answer.body : undefined);
      if (failed !== undefined)
        throw new LabError(`${node.hostname} cannot pull ${image}: ${failed}; run "up" again`);
    }),
  );
}

async function withInstance<T>(
  name: string,
  onProgress: (line: string) => void,
  body: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let result: { value: T } | undefined;
  const onWait = (): void => onProgress(`waiting for another command on lab ${name}`);
  await withLock(`instance-${name}`, { signal, onWait }, async () => {
    result = { value: await body() };
  });
  if (!result) throw new LabError(`no lock on lab ${name}`);
  return result.value;
}

function labOf(record: InstanceRecord): Lab {
  const places = nodesOf(record);
  const infoOf = ({ index, address, socket, netns }: NodePlace): LabNodeInfo => ({
    index,
    address,
    dockerHost: `unix://${socket}`,
    netns,
  });
  const nodes = places.map(infoOf);
  return {
    name: record.name,
    nodes,
    images: record.images,
    env: () => ({
      DOCKER_HOST: nodes[0]?.dockerHost ?? '',
      SCALECTL_LAB: record.name,
      SCALECTL_LAB_ADDRESS: nodes[0]?.address ?? '',
      ...record.images,
    }),
    node: (index) => {
      const place = places.find((it) => it.index === index);
      if (!place) throw new LabError(`lab ${record.name} has no node ${index}; it has 1 to ${places.length}`);
      return {
        ...infoOf(place),
        stop: () => killEngine(place),
        start: async () => {
          if (await isEngineUp(place)) return;
          const binaries = record.engine === '26' ? await ensureEngine26(() => undefined) : undefined;
          await startNode(record, place, binaries);
          await waitForSwarmMember(place);
        },
        cut: () => setNodeLink(place, 'down'),
        heal: () => setNodeLink(place, 'up'),
      };
    },
    down: () => removeLab(record.name),
  };
}
