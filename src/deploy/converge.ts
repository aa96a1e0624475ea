/** Watches services until each is what was asked for, and says why where one is not. */

import { setTimeout as delay } from 'node:timers/promises';
import { FailedError, NotConvergedError } from '../errors.js';
import type { LogReader, NodeReader, ServiceReader, TaskReader } from '../swarm/engine.js';
import { hasHealthcheck, type SwarmNode, type SwarmTask } from '../swarm/objects.js';
import { formatDurationMs } from '../text.js';
import { assess, type Assessment, type ServiceView } from './assess.js';
import type { ProgressSink } from './events.js';

const POLL_MS = 250;
/** Without a health check, "up" is only believed after this long. Source: docker CLI, default monitor. */
const UNCHECKED_STABLE_MS = 5_000;
const LOG_LINES = 5;
const LOG_DEADLINE_MS = 2_000;

type Watcher = ServiceReader & TaskReader & NodeReader & LogReader;

export interface ConvergeOptions {
  /** full names of the services that were just written */
  written: ReadonlySet<string>;
  timeoutMs: number;
  signal: AbortSignal;
  emit: ProgressSink;
}

/**
 * @throws FailedError as soon as a service is certain not to get there
 * @throws NotConvergedError when the time is over, with what each service was last waiting for
 */
export async function converge(
  engine: Watcher,
  names: readonly string[],
  options: ConvergeOptions,
): Promise<void> {
  if (names.length === 0) return;
  const startedAt = Date.now();
  const stableSince = new Map<string, number>();
  const shown = new Map<string, string>();
  for (;;) {
    const nodes = await engine.listNodes({ signal: options.signal });
    const views = await look(engine, names, nodes, options);
    const now = Date.now();
    const assessments = names.map((name) => {
      const view = views.get(name);
      return { name, view, assessment: view === undefined ? GONE : settled(view, now, stableSince) };
    });
    for (const { name, assessment } of assessments) emitChange(name, assessment, shown, options.emit);

    const failures = assessments.filter(({ assessment }) => assessment.state === 'failed');
    if (failures.length > 0) {
      const texts = await Promise.all(
        failures.map(({ name, assessment }) => describeFailure(engine, name, assessment, nodes)),
      );
      throw new FailedError(texts.join('\n'), { hint: hintFor(names) });
    }
    if (assessments.every(({ assessment }) => assessment.state === 'there')) return;
    if (now - startedAt > options.timeoutMs) {
      const waiting = assessments.flatMap(({ name, assessment }) =>
        assessment.state === 'moving'
          ? [
              `${name}: ${assessment.running}/${assessment.wanted} running, waiting for ${assessment.waitingFor}`,
            ]
          : [],
      );
      throw new NotConvergedError(
        `not there after ${formatDurationMs(options.timeoutMs)}\n${waiting.map((line) => `  ${line}`).join('\n')}`,
        { hint: 'The Swarm goes on by itself; see scalectl status, or wait longer with --timeout.' },
      );
    }
    await delay(POLL_MS, undefined, { signal: options.signal });
  }
}

const GONE: Assessment = {
  state: 'failed',
  reason: 'the service was removed meanwhile',
  task: null,
  running: 0,
  wanted: 0,
  leaving: 0,
};

async function look(
  engine: Watcher,
  names: readonly string[],
  nodes: readonly SwarmNode[],
  { signal, written }: ConvergeOptions,
): Promise<Map<string, ServiceView>> {
  const services = (await engine.listServices(undefined, { signal })).filter(({ Spec }) =>
    names.includes(Spec.Name),
  );
  const ids = services.map(({ ID }) => ID);
  const [tasks, upToDate] =
    ids.length === 0
      ? [[], []]
      : await Promise.all([
          engine.listTasks({ service: ids }, { signal }),
          engine.listTasks({ service: ids, '_up-to-date': ['true'] }, { signal }),
        ]);
  const fresh = new Set(upToDate.map(({ ID }) => ID));
  return new Map(
    services.map((service) => [
      service.Spec.Name,
      {
        service,
        nodes,
        upToDate: fresh,
        tasks: tasks.filter(({ ServiceID }) => ServiceID === service.ID),
        written: written.has(service.Spec.Name),
      },
    ]),
  );
}

/** "There" has to last: a task without a health check runs for a moment before it crashes. */
function settled(view: ServiceView, now: number, stableSince: Map<string, number>): Assessment {
  const assessment = assess(view, now);
  if (assessment.state !== 'there') {
    stableSince.delete(view.service.ID);
    return assessment;
  }
  const checked = hasHealthcheck(view.service);
  const youngest = Math.max(
    0,
    ...view.tasks
      .filter(({ ID, Status }) => view.upToDate.has(ID) && Status.State === 'running')
      .map(({ Status }) => Date.parse(Status.Timestamp)),
  );
  const since = stableSince.get(view.service.ID) ?? Math.min(now, youngest === 0 ? now : youngest);
  stableSince.set(view.service.ID, since);
  const needed = checked || assessment.wanted === 0 ? 0 : UNCHECKED_STABLE_MS;
  if (now - since >= needed) return assessment;
  return {
    ...assessment,
    state: 'moving',
    waitingFor: 'proof that it stays up (it has no health check)',
    trouble: false,
  };
}

function emitChange(
  name: string,
  assessment: Assessment,
  shown: Map<string, string>,
  emit: ProgressSink,
): void {
  const { state, running, wanted } = assessment;
  const detail =
    assessment.state === 'moving'
      ? assessment.waitingFor
      : assessment.state === 'failed'
        ? assessment.reason
        : '';
  const key = `${state} ${running}/${wanted} ${detail}`;
  if (shown.get(name) === key) return;
  shown.set(name, key);
  emit({
    type: 'service',
    progress: { name, state, running, wanted, detail, trouble: isTrouble(assessment) },
  });
}

function isTrouble(assessment: Assessment): boolean {
  return assessment.state === 'failed' || (assessment.state === 'moving' && assessment.trouble);
}

async function describeFailure(
  engine: LogReader,
  name: string,
  assessment: Assessment,
  nodes: readonly SwarmNode[],
): Promise<string> {
  if (assessment.state !== 'failed') return name;
  const { task, reason } = assessment;
  if (task === null) return `${name}: ${reason}`;
  const node = nodes.find(({ ID }) => ID === task.NodeID)?.Description.Hostname;
  const exitCode = task.Status.ContainerStatus?.ExitCode;
  const facts = [
    ...(task.Status.Err !== undefined && task.Status.Err !== '' && task.Status.Err !== reason
      ? [task.Status.Err]
      : []),
    ...(exitCode !== undefined && exitCode !== 0 ? [`exit code ${exitCode}`] : []),
    ...(node !== undefined ? [`on node ${node}`] : []),
  ];
  const slot = task.Slot === undefined || task.Slot === 0 ? '' : `.${task.Slot}`;
  const lines = await lastLines(engine, task);
  return [
    `${name}: ${reason}`,
    `  task ${name}${slot} (${task.ID.slice(0, 12)})${facts.length > 0 ? `: ${facts.join(', ')}` : ''}`,
    ...lines.map((line) => `  | ${line}`),
  ].join('\n');
}

async function lastLines(engine: LogReader, task: SwarmTask): Promise<string[]> {
  const lines: string[] = [];
  try {
    const signal = AbortSignal.timeout(LOG_DEADLINE_MS);
    for await (const { text } of engine.taskLogs(task.ID, { tail: LOG_LINES, signal })) lines.push(text);
  } catch {
    // The lines are an extra: a container that never was, or a node that is away, has none.
  }
  return lines;
}

function hintFor(names: readonly string[]): string {
  return names.length === 1
    ? `See more with: scalectl logs ${names[0] ?? ''}`
    : 'See more with: scalectl logs SERVICE, scalectl status';
}
