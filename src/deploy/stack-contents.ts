/** What belongs to a stack in the Swarm, and who else uses it. */

import { FailedError, UserError } from '../errors.js';
import { GENERATED_LABEL, NAMESPACE_LABEL, RELEASE_LABEL } from '../stack/names.js';
import { isEngineError, type CallOptions, type Engine } from '../swarm/engine.js';
import type { SwarmNetwork, SwarmSecret, SwarmService, SwarmTask } from '../swarm/objects.js';
import { didYouMean } from '../text.js';
import { stackOf } from './observe.js';
import { hasEnded, isJob } from './end-job.js';

interface Named {
  id: string;
  name: string;
}

export interface StackContents {
  services: (Named & { job: boolean })[];
  networks: Named[];
  secrets: Named[];
  configs: Named[];
  /** configs that hold the history */
  releases: Named[];
  /** of this Engine's node only */
  volumes: string[];
  /** generated passwords that stay, because the volumes that they open stay */
  keptSecrets: string[];
  /** host names of the nodes whose volumes cannot be listed from here; empty where volumes are not asked for */
  otherNodes: string[];
}

/** Labels that the Engine puts on the containers of tasks. */
const TASK_ID_LABEL = 'com.docker.swarm.task.id';
const TASK_NAME_LABEL = 'com.docker.swarm.task.name';

export interface ContentsOptions extends CallOptions {
  volumes: boolean;
  /** generated secrets too; by default where the volumes go that they open */
  secrets?: boolean;
  /** where the stack was named */
  place: string;
}

/**
 * What `down` would remove.
 * @throws UserError when there is no such stack
 * @throws FailedError when one of its networks is used by what is not of the stack
 */
export async function stackContents(
  engine: Engine,
  stack: string,
  { volumes, secrets: all = volumes, place, ...options }: ContentsOptions,
): Promise<StackContents> {
  const filters = { label: [`${NAMESPACE_LABEL}=${stack}`] };
  const [services, networks, secrets, configs, found, nodes, info] = await Promise.all([
    engine.listServices(undefined, options),
    engine.listNetworks(filters, options),
    engine.listSecrets(filters, options),
    engine.listConfigs(filters, options),
    engine.listVolumes(filters, options),
    volumes ? engine.listNodes(options) : [],
    volumes ? engine.info(options) : null,
  ]);
  const own = services.filter((service) => stackOf(service) === stack);
  const generated = (secret: SwarmSecret) => secret.Spec.Labels?.[GENERATED_LABEL] === 'true';
  const isRelease = ({ Spec }: (typeof configs)[number]) => Spec.Labels?.[RELEASE_LABEL] !== undefined;
  const contents: StackContents = {
    services: own.map((service) => ({ ...named(service), job: isJob(service) })),
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    secrets: secrets.filter((secret) => all || !generated(secret)).map(named),
    configs: configs.filter((config) => !isRelease(config)).map(named),
    releases: configs.filter(isRelease).map(named),
    volumes: volumes ? found.map(({ Name }) => Name) : [],
    keptSecrets: all ? [] : secrets.filter(generated).map(({ Spec }) => Spec.Name),
    otherNodes: nodes
      .filter(({ ID }) => ID !== info?.Swarm.NodeID)
      .map(({ Description }) => Description.Hostname)
      .sort(),
  };
  if (countOf(contents) === 0 && (await tasksLeft(engine, stack, options)).length === 0) {
    throw nothingThere(stack, place, contents, services);
  }
  await refuseUsedNetworks(engine, stack, networks, services, options);
  return contents;
}

function named({ ID, Spec }: { ID: string; Spec: { Name: string } }): Named {
  return { id: ID, name: Spec.Name };
}

function countOf({ services, networks, secrets, configs, releases, volumes }: StackContents): number {
  return [services, networks, secrets, configs, releases, volumes].flat().length;
}

function nothingThere(
  stack: string,
  place: string,
  { keptSecrets }: StackContents,
  services: readonly SwarmService[],
): UserError {
  if (keptSecrets.length > 0) {
    return new UserError(`there is no stack ${stack} any more; only its generated secrets and volumes`, {
      place,
      hint: 'Remove those, and the data they open, with: scalectl down --volumes',
    });
  }
  return new UserError(`there is no stack ${stack}`, {
    place,
    hint:
      didYouMean(
        stack,
        services.flatMap((service) => stackOf(service) ?? []),
      ) ?? 'See which stacks there are with: scalectl stacks',
  });
}

/** The Swarm keeps a network that anybody is on: better to say so while all is still there. */
async function refuseUsedNetworks(
  engine: Engine,
  stack: string,
  networks: readonly SwarmNetwork[],
  services: readonly SwarmService[],
  options: CallOptions,
): Promise<void> {
  if (networks.length === 0) return;
  const containers = await engine.listContainers({ network: networks.map(({ Id }) => Id) }, options);
  const names = new Map(networks.flatMap(({ Id, Name }) => [[Id, Name] as const, [Name, Name] as const]));
  const users = [
    ...services
      .filter((service) => stackOf(service) !== stack)
      .flatMap(({ Spec }) =>
        (Spec.TaskTemplate.Networks ?? []).flatMap(({ Target }) => {
          const network = names.get(Target);
          return network === undefined ? [] : [`service ${Spec.Name} is on ${network}`];
        }),
      ),
    // Of tasks their services tell.
    ...containers
      .filter(({ Labels }) => Labels[TASK_ID_LABEL] === undefined)
      .map(({ Id }) => `container ${Id.slice(0, 12)} is on ${networks.map(({ Name }) => Name).join(' or ')}`),
  ];
  if (users.length === 0) return;
  throw new FailedError(`the stack ${stack} has networks that others use\n  ${users.join('\n  ')}`, {
    hint: 'Remove those first, or take them off it (docker network disconnect). Nothing was changed.',
  });
}

export interface TaskLeft {
  name: string;
  /** null where only its container is known, which is on this Engine's own node */
  nodeId: string | null;
}

/**
 * Tasks of a stack that are not over yet, wherever they run, and containers on this Engine's node that stay behind. A
 * task outlives its service in the list until its node has reported the end; what it belonged to stands on the task.
 * @param services those that were just removed, whose names the tasks do not have
 */
export async function tasksLeft(
  engine: Engine,
  stack: string,
  options: CallOptions,
  services: readonly Named[] = [],
): Promise<TaskLeft[]> {
  const [tasks, containers] = await Promise.all([
    engine.listTasks(undefined, options),
    containersOf(engine, stack, options),
  ]);
  const left = tasks.filter((task) => ownerOf(task) === stack && !hasEnded(task));
  const known = new Set(left.map(({ ID }) => ID));
  const namesOf = new Map(containers.map(({ Labels }) => [Labels[TASK_ID_LABEL], Labels[TASK_NAME_LABEL]]));
  return [
    ...left.map(({ ID, NodeID, ServiceID, Slot }) => {
      const service = services.find(({ id }) => id === ServiceID)?.name;
      const name = service === undefined ? `task ${ID}` : `${service}.${Slot ?? NodeID ?? ''}.${ID}`;
      return { name: namesOf.get(ID) ?? name, nodeId: NodeID ?? null };
    }),
    ...containers
      .filter(({ Labels }) => !known.has(Labels[TASK_ID_LABEL] ?? ''))
      .map(({ Id, Labels }) => ({ name: Labels[TASK_NAME_LABEL] ?? `container ${Id}`, nodeId: null })),
  ];
}

function containersOf(engine: Engine, stack: string, options: CallOptions) {
  return engine.listContainers({ label: [`${NAMESPACE_LABEL}=${stack}`, TASK_ID_LABEL] }, options);
}

/**
 * Removes the containers on this Engine's node of jobs whose service is gone. The Swarm never does, whether they have
 * ended or not. Those of other nodes are out of reach.
 */
export async function removeStrayContainers(
  engine: Engine,
  stack: string,
  options: CallOptions,
): Promise<void> {
  const containers = await containersOf(engine, stack, options);
  if (containers.length === 0) return;
  const [services, tasks] = await Promise.all([
    engine.listServices(undefined, options),
    engine.listTasks(undefined, options),
  ]);
  const alive = new Set(services.map(({ ID }) => ID));
  const stray = new Set(
    tasks
      .filter((task) => !alive.has(task.ServiceID))
      // Those of a job that failed, or was tried again, are meant to be shut down, and have been for long.
      .filter((task) => task.DesiredState === 'complete' || hasEnded(task))
      .map(({ ID }) => ID),
  );
  for (const { Id, Labels } of containers) {
    if (!stray.has(Labels[TASK_ID_LABEL] ?? '')) continue;
    await engine.removeContainer(Id, options).catch((error: unknown) => {
      if (!isEngineError(error, 'not-found') && !isEngineError(error, 'conflict')) throw error;
    });
  }
}

function ownerOf({ Spec }: SwarmTask): string | undefined {
  return Spec.ContainerSpec?.Labels?.[NAMESPACE_LABEL];
}
