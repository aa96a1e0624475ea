/** Takes a stack down and waits until all of it is really gone, so that a deploy right after it finds a clean Swarm. */

import { setTimeout as delay } from 'node:timers/promises';
import { NotConvergedError, UserError } from '../errors.js';
import { GENERATED_LABEL, NAMESPACE_LABEL } from '../stack/names.js';
import { isEngineError, type Engine } from '../swarm/engine.js';
import type { SwarmSecret } from '../swarm/objects.js';
import { formatDurationMs } from '../text.js';
import type { ProgressSink } from './events.js';

export interface RemoveRequest {
  stack: string;
  volumes: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  emit: ProgressSink;
}

export interface StackContents {
  services: { id: string; name: string }[];
  networks: { id: string; name: string }[];
  secrets: { id: string; name: string }[];
  configs: { id: string; name: string }[];
  /** of this Engine's node only */
  volumes: string[];
  /** generated passwords that stay, because the volumes that they open stay */
  keptSecrets: string[];
}

const POLL_MS = 200;

/** What `down` would remove. @throws UserError when there is no such stack. */
export async function stackContents(
  engine: Engine,
  { stack, volumes, signal }: Pick<RemoveRequest, 'stack' | 'volumes' | 'signal'>,
): Promise<StackContents> {
  const filters = { label: [`${NAMESPACE_LABEL}=${stack}`] };
  const [services, networks, secrets, configs, found] = await Promise.all([
    engine.listServices(filters, { signal }),
    engine.listNetworks(filters, { signal }),
    engine.listSecrets(filters, { signal }),
    engine.listConfigs(filters, { signal }),
    engine.listVolumes(filters, { signal }),
  ]);
  const generated = (secret: SwarmSecret) => secret.Spec.Labels?.[GENERATED_LABEL] === 'true';
  const named = ({ ID, Spec }: { ID: string; Spec: { Name: string } }) => ({ id: ID, name: Spec.Name });
  const contents: StackContents = {
    services: services.map(named),
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    secrets: secrets.filter((secret) => volumes || !generated(secret)).map(named),
    configs: configs.map(named),
    volumes: volumes ? found.map(({ Name }) => Name) : [],
    keptSecrets: volumes ? [] : secrets.filter(generated).map(({ Spec }) => Spec.Name),
  };
  const nothing =
    contents.services.length +
      contents.networks.length +
      contents.secrets.length +
      contents.configs.length ===
      0 && contents.volumes.length === 0;
  if (nothing) {
    throw new UserError(
      `there is no stack ${stack}${contents.keptSecrets.length > 0 ? ' any more; only its generated secrets and volumes' : ''}`,
      {
        place: '--stack',
        hint:
          contents.keptSecrets.length > 0
            ? 'Remove those, and the data they open, with: scalectl down --volumes'
            : 'See which stacks there are with: scalectl status',
      },
    );
  }
  return contents;
}

/** @throws NotConvergedError with what was still there when the time was over */
export async function removeStack(
  engine: Engine,
  contents: StackContents,
  request: RemoveRequest,
): Promise<void> {
  const deadline = Date.now() + request.timeoutMs;
  const { signal, emit } = request;
  const remove = async (kind: string, name: string, call: () => Promise<void>) => {
    try {
      await call();
    } catch (error) {
      if (!isEngineError(error, 'not-found')) throw error;
    }
    emit({ type: 'done', what: `remove ${kind} ${name}`, planned: false });
  };
  await Promise.all(
    contents.services.map(({ id, name }) =>
      remove('service', name, () => engine.removeService(id, { signal })),
    ),
  );
  await waitUntilGone('containers', () => remainingTasks(engine, contents, request), deadline, request);
  for (const { id, name } of contents.networks) {
    await remove('network', name, () => engine.removeNetwork(id, { signal }));
  }
  await Promise.all([
    ...contents.secrets.map(({ id, name }) =>
      remove('secret', name, () => engine.removeSecret(id, { signal })),
    ),
    ...contents.configs.map(({ id, name }) =>
      remove('config', name, () => engine.removeConfig(id, { signal })),
    ),
  ]);
  await waitUntilGone('networks', () => remainingNetworks(engine, request), deadline, request);
  for (const name of contents.volumes) {
    await remove('volume', name, () => engine.removeVolume(name, { signal }));
  }
}

async function remainingTasks(
  engine: Engine,
  contents: StackContents,
  { stack, signal }: RemoveRequest,
): Promise<string[]> {
  const services = new Map(contents.services.map(({ id, name }) => [id, name]));
  const [tasks, containers] = await Promise.all([
    engine.listTasks(undefined, { signal }),
    engine.listContainers({ label: [`${NAMESPACE_LABEL}=${stack}`] }, { signal }),
  ]);
  // A task outlives its service in the list until its node has reported that the container is gone.
  const alive = tasks.filter(
    ({ ServiceID, Status }) =>
      services.has(ServiceID) && ['running', 'starting', 'preparing', 'ready'].includes(Status.State),
  );
  return [
    ...alive.map(({ ServiceID, Slot }) => `${services.get(ServiceID) ?? '?'}.${Slot ?? 0}`),
    ...containers.map(({ Id }) => `container ${Id.slice(0, 12)}`),
  ];
}

async function remainingNetworks(engine: Engine, { stack, signal }: RemoveRequest): Promise<string[]> {
  const networks = await engine.listNetworks({ label: [`${NAMESPACE_LABEL}=${stack}`] }, { signal });
  return networks.map(({ Name }) => Name);
}

async function waitUntilGone(
  what: string,
  remaining: () => Promise<string[]>,
  deadline: number,
  { timeoutMs, signal }: RemoveRequest,
): Promise<void> {
  for (;;) {
    const left = await remaining();
    if (left.length === 0) return;
    if (Date.now() > deadline) {
      throw new NotConvergedError(
        `after ${formatDurationMs(timeoutMs)} there are still ${what}: ${left.slice(0, 5).join(', ')}`,
        { hint: 'Run scalectl down again, or wait longer with --timeout.' },
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
