/** Takes a stack down and waits until all of it is really gone, so that a deploy right after it finds a clean Swarm. */

import { setTimeout as delay } from 'node:timers/promises';
import { FailedError, NotConvergedError } from '../errors.js';
import { EngineError, isEngineError, type Engine } from '../swarm/engine.js';
import { formatDurationMs } from '../text.js';
import { NAMESPACE_LABEL } from '../stack/names.js';
import type { ProgressSink } from './events.js';
import { removeStrayContainers, tasksLeft, type StackContents } from './stack-contents.js';
import { endJob } from './end-job.js';

export interface RemoveRequest {
  stack: string;
  timeoutMs: number;
  signal: AbortSignal;
  emit: ProgressSink;
}

const POLL_MS = 200;
/** A manager may count a task as a user of its network for a moment after its end. */
const NETWORK_PATIENCE_MS = 15_000;
const MOST_NAMES = 5;

/**
 * The history goes last: until then a stack that is taken down by halves is found by its name, and by `down` again.
 * @throws NotConvergedError with what was still there when the time was over
 * @throws FailedError when somebody else uses a network or a volume
 */
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
    contents.services.map(({ id, name, job }) =>
      remove('service', name, async () => {
        if (job) await endJob(engine, id, { signal });
        await engine.removeService(id, { signal });
      }),
    ),
  );
  await removeStrayContainers(engine, request.stack, { signal });
  const said = new Set<string>();
  await waitUntilGone('containers', () => remainingTasks(engine, contents, request, said), deadline, request);
  for (const { id, name } of contents.networks) {
    await remove('network', name, () => removeNetwork(engine, id, name, deadline, signal));
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
    await remove('volume', name, () => removeVolume(engine, name, signal));
  }
  await Promise.all(
    contents.releases.map(async ({ id }) => {
      await engine.removeConfig(id, { signal }).catch((error: unknown) => {
        if (!isEngineError(error, 'not-found')) throw error;
      });
    }),
  );
}

async function remainingTasks(
  engine: Engine,
  { services }: StackContents,
  { stack, signal, emit }: RemoveRequest,
  said: Set<string>,
): Promise<string[]> {
  const left = await tasksLeft(engine, stack, { signal }, services);
  if (left.length === 0) return [];
  const nodes = new Map((await engine.listNodes({ signal })).map((node) => [node.ID, node]));
  return left.flatMap(({ name, nodeId }) => {
    const node = nodeId === null ? undefined : nodes.get(nodeId);
    if (node === undefined) return [name];
    const { Hostname } = node.Description;
    if (node.Status.State !== 'down') return [`${name} on ${Hostname}`];
    if (!said.has(name)) {
      emit({ type: 'warning', text: `node ${Hostname} is down: ${name} ends when it is back` });
    }
    said.add(name);
    return [];
  });
}

async function removeNetwork(
  engine: Engine,
  id: string,
  name: string,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  const patience = Math.min(deadline, Date.now() + NETWORK_PATIENCE_MS);
  for (;;) {
    try {
      await engine.removeNetwork(id, { signal });
      return;
    } catch (error) {
      if (!(error instanceof EngineError) || !/in use|active endpoints/i.test(error.message)) throw error;
      if (Date.now() > patience) {
        throw new FailedError(`network ${name} is used by what is not of the stack: ${error.message}`, {
          hint: 'Take that off it (docker network disconnect), on whichever node it is, then: scalectl down',
          cause: error,
        });
      }
      await delay(POLL_MS, undefined, { signal });
    }
  }
}

async function removeVolume(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  try {
    await engine.removeVolume(name, { signal });
  } catch (error) {
    if (!isEngineError(error, 'conflict')) throw error;
    throw new FailedError(`volume ${name} is used by what is not of the stack: ${error.message}`, {
      hint: 'Remove that container, then: scalectl down --volumes',
      cause: error,
    });
  }
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
      const more = left.length > MOST_NAMES ? ` and ${left.length - MOST_NAMES} more` : '';
      throw new NotConvergedError(
        `after ${formatDurationMs(timeoutMs)} there are still ${what}: ${left.slice(0, MOST_NAMES).join(', ')}${more}`,
        { hint: 'Run scalectl down again, or wait longer with --timeout.' },
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
