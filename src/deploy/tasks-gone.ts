/** Waits for the tasks of services that were removed: their containers outlive them. */

import { setTimeout as delay } from 'node:timers/promises';
import { NotConvergedError } from '../errors.js';
import type { TaskReader } from '../swarm/engine.js';
import type { TaskState } from '../swarm/objects.js';
import { formatDurationMs } from '../text.js';

const POLL_MS = 200;
const ALIVE: readonly TaskState[] = ['assigned', 'accepted', 'preparing', 'ready', 'starting', 'running'];

/** @throws NotConvergedError when some are still there after `timeoutMs` */
export async function waitUntilGone(
  engine: TaskReader,
  serviceIds: readonly string[],
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    // Asked for by service, the Engine says that there is no such service.
    const tasks = await engine.listTasks(undefined, { signal });
    const left = tasks.filter(
      ({ ServiceID, Status }) => serviceIds.includes(ServiceID) && ALIVE.includes(Status.State),
    );
    if (left.length === 0) return;
    if (Date.now() > deadline) {
      throw new NotConvergedError(
        `after ${formatDurationMs(timeoutMs)} there are still ${left.length} tasks of services that were removed`,
        { hint: 'Deploy again when they are gone, or wait longer with --timeout.' },
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
