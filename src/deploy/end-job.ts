/** Ends the tasks of a job. When the service of a job is removed, the Engine lets tasks that still run go on for ever. */

import { setTimeout as delay } from 'node:timers/promises';
import {
  isEngineError,
  type CallOptions,
  type ServiceReader,
  type ServiceWriter,
  type TaskReader,
} from '../swarm/engine.js';
import type { ServiceSpec, SwarmService, SwarmTask } from '../swarm/objects.js';

/** Others may write between our look and our write. */
const MOST_TRIES = 5;
const POLL_MS = 200;
/** On a node that is away a task never ends, and the service is removed nevertheless. */
const PATIENCE_MS = 20_000;

const ENDED: ReadonlySet<string> = new Set([
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
]);

/** One that no node was given yet needs no end: the Swarm forgets it with its service. */
export function hasEnded({ Status, NodeID }: SwarmTask): boolean {
  return ENDED.has(Status.State) || NodeID === undefined || NodeID === '';
}

export function isJob({ Spec: { Mode } }: Pick<SwarmService, 'Spec'>): boolean {
  return Mode.ReplicatedJob !== undefined || Mode.GlobalJob !== undefined;
}

/** Starts the job anew with nothing to do, upon which the Swarm ends the tasks of the run before. */
export async function endJob(
  engine: ServiceReader & ServiceWriter & TaskReader,
  id: string,
  options: CallOptions,
): Promise<void> {
  const patience = Date.now() + PATIENCE_MS;
  const running = async () =>
    (await engine.listTasks(undefined, options)).some((task) => task.ServiceID === id && !hasEnded(task));
  if (!(await running())) return;
  await leaveNothingToDo(engine, id, options);
  while (Date.now() < patience && (await running())) {
    await delay(POLL_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function leaveNothingToDo(
  engine: ServiceReader & ServiceWriter,
  id: string,
  options: CallOptions,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const { Version, Spec } = await engine.inspectService(id, options);
      await engine.updateService(id, Version.Index, withNothingToDo(Spec), options);
      return;
    } catch (error) {
      if (isEngineError(error, 'not-found')) return;
      if (!isEngineError(error, 'out-of-sequence') || tries === MOST_TRIES) throw error;
    }
  }
}

function withNothingToDo(spec: ServiceSpec): ServiceSpec {
  const { TaskTemplate: task } = spec;
  const ForceUpdate = (task.ForceUpdate ?? 0) + 1;
  if (spec.Mode.ReplicatedJob !== undefined) {
    return {
      ...spec,
      Mode: { ReplicatedJob: { MaxConcurrent: 0, TotalCompletions: 0 } },
      TaskTemplate: { ...task, ForceUpdate },
    };
  }
  const Placement = { ...task.Placement, Constraints: ['node.id == none'] };
  return { ...spec, TaskTemplate: { ...task, ForceUpdate, Placement } };
}
