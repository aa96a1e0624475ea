/** What is known of a task that failed, in a few lines: its error, exit code, node, and last words. */

import type { ContainerInspector, LogReader } from '../swarm/engine.js';
import { hasHealthcheck, type ContainerState, type SwarmNode, type SwarmTask } from '../swarm/objects.js';
import { taskName, type ServiceView } from './service-view.js';
import type { Sight } from './watch.js';

export type Informant = LogReader & ContainerInspector;

const LOG_LINES = 5;
/** A machine in trouble takes its time to answer, and nobody waits for anything else any more. */
const LOG_DEADLINE_MS = 8_000;
/** SIGKILL, which is also how the kernel ends what uses too much memory. */
const KILLED = 137;

interface Place {
  nodes: readonly SwarmNode[];
  /** of the node whose Engine answers */
  nodeId: string | null;
}

/**
 * The task that an assessment names, as indented lines; none where it names none. Never throws: what cannot be found out
 * is left out.
 */
export async function taskLines(
  engine: Informant,
  { assessment, view }: Sight,
  place: Place,
): Promise<string[]> {
  const task = assessment.state === 'there' ? null : assessment.task;
  if (task === null || view === null) return [];
  const node = place.nodes.find(({ ID }) => ID === task.NodeID);
  const away = node !== undefined && node.Status.State !== 'ready';
  const [container, lines] = await Promise.all([
    task.NodeID === place.nodeId ? containerState(engine, task) : null,
    away || task.Status.ContainerStatus === undefined ? [] : lastLines(engine, task),
  ]);
  const said = assessment.state === 'failed' ? assessment.reason : '';
  const facts = [
    ...errorOf(task, said),
    ...endOf(task, view, container),
    ...(node === undefined
      ? []
      : [`on node ${node.Description.Hostname}${away ? `, which is ${node.Status.State}` : ''}`]),
  ];
  const name = `task ${taskName(view.service, task, place.nodes)} (${task.ID.slice(0, 12)})`;
  return [
    `  ${name}${facts.length > 0 ? `: ${facts.join(', ')}` : ''}`,
    ...checkOutput(container).map((line) => `  health check | ${line}`),
    ...lines.map((line) => `  | ${line}`),
  ];
}

function errorOf({ Status: { Err = '' } }: SwarmTask, said: string): string[] {
  return Err === '' || said.includes(Err) ? [] : [Err];
}

function endOf({ Status }: SwarmTask, view: ServiceView, container: ContainerState | null): string[] {
  const code = Status.ContainerStatus?.ExitCode ?? 0;
  // A container that failed its check and then stopped as it was asked to has ended well, as far as Swarm tells.
  if (Status.State === 'complete') return [`ended with exit code ${code}`, ...healthOf(view, container)];
  if (code <= 0) return [];
  const limit = view.service.Spec.TaskTemplate.Resources?.Limits?.MemoryBytes;
  const allowed = limit === undefined ? '' : `, its limit is ${Math.round(limit / 2 ** 20)} MiB`;
  if (container?.OOMKilled === true) return [`exit code ${code}`, `killed for want of memory${allowed}`];
  const unhealthy = Status.Err?.includes('unhealthy') === true;
  const guess = code === KILLED && container === null && limit !== undefined && !unhealthy;
  return [`exit code ${code}`, ...(guess ? [`perhaps killed for want of memory${allowed}`] : [])];
}

function healthOf({ service }: ServiceView, container: ContainerState | null): string[] {
  if (container?.Health?.Status === 'unhealthy') return ['stopped because its health check failed'];
  return container === null && hasHealthcheck(service)
    ? ['perhaps stopped because its health check failed']
    : [];
}

function checkOutput(container: ContainerState | null): string[] {
  const bad = (container?.Health?.Log ?? []).filter(({ ExitCode }) => ExitCode !== 0);
  return lastOf((bad.at(-1)?.Output ?? '').split('\n'));
}

async function containerState(engine: ContainerInspector, task: SwarmTask): Promise<ContainerState | null> {
  const id = task.Status.ContainerStatus?.ContainerID ?? '';
  if (id === '') return null;
  try {
    return await engine.containerState(id, { signal: AbortSignal.timeout(LOG_DEADLINE_MS) });
  } catch {
    // It was removed with the task.
    return null;
  }
}

async function lastLines(engine: LogReader, task: SwarmTask): Promise<string[]> {
  const lines: string[] = [];
  try {
    const signal = AbortSignal.timeout(LOG_DEADLINE_MS);
    for await (const { text } of engine.taskLogs(task.ID, { tail: LOG_LINES, signal })) lines.push(text);
  } catch {
    // The lines are an extra: a container that never was, or a node that is away, has none.
  }
  return lastOf(lines);
}

function lastOf(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-LOG_LINES);
}
