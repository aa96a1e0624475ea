/** Networks cannot be changed: with no service left on it, one is removed and made anew. */

import { setTimeout as delay } from 'node:timers/promises';
import { FailedError } from '../errors.js';
import { isEngineError, type NetworkStore } from '../swarm/engine.js';
import type { NetworkOperation, Operation } from './plan.js';

const POLL_MS = 200;
/** How long a name may be held by what is gone. */
const NAME_TIMEOUT_MS = 30_000;

interface Waiting {
  signal: AbortSignal;
  timeoutMs: number;
}

/**
 * @returns what went wrong, or null. Where the new network cannot be had, the old one stands again: services that were
 *   taken off it must be able to come back.
 */
export async function replaceNetworks(
  engine: NetworkStore,
  operations: readonly (NetworkOperation & { kind: 'replace-network' })[],
  onDone: (operation: Operation) => void,
  options: Waiting,
): Promise<FailedError | null> {
  const broken: string[] = [];
  for (const operation of operations) {
    try {
      await removeNetwork(engine, operation.id, options);
      await createAgain(engine, operation, options);
      onDone(operation);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      broken.push(`network ${operation.name} could not be made anew: ${why}`);
    }
  }
  if (broken.length === 0) return null;
  return new FailedError(broken.join('\n'), {
    hint: 'The services on it were made again, on the network as it was.',
  });
}

async function createAgain(
  engine: NetworkStore,
  { spec, previous }: NetworkOperation & { kind: 'replace-network' },
  options: Waiting,
): Promise<void> {
  try {
    await untilNotTaken(() => engine.createNetwork(spec, options), options);
  } catch (error) {
    await untilNotTaken(() => engine.createNetwork(previous, options), options);
    throw error;
  }
}

/** A node may still list a network that the Swarm has just removed, and holds its name against a new one. */
async function untilNotTaken(create: () => Promise<unknown>, options: Waiting): Promise<void> {
  const timeoutMs = Math.min(options.timeoutMs, NAME_TIMEOUT_MS);
  await again(create, (error) => isEngineError(error, 'conflict'), { ...options, timeoutMs });
}

/** Waits for what is on it to leave. @throws EngineError when it is still in use at the end of the time */
export async function removeNetwork(engine: NetworkStore, id: string, options: Waiting): Promise<void> {
  await again(
    async () => {
      try {
        await engine.removeNetwork(id, options);
      } catch (error) {
        if (!isEngineError(error, 'not-found')) throw error;
      }
    },
    (error) => /in use|active endpoints/i.test(error instanceof Error ? error.message : ''),
    options,
  );
}

async function again(
  call: () => Promise<unknown>,
  isPassing: (error: unknown) => boolean,
  { signal, timeoutMs }: Waiting,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!isPassing(error) || Date.now() > deadline) throw error;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
