/** Turns what was looked at into progress events: one for each change of a service, and of a task. */

import { hasHealthcheck, type SwarmNode, type SwarmTask } from '../swarm/objects.js';
import type { Assessment } from './assess.js';
import type { ProgressSink, TaskProgress } from './events.js';
import { currentTasks, failedAt, isFailed, taskName, type ServiceView } from './service-view.js';
import type { Look, Sight } from './watch.js';

const TROUBLE: ReadonlySet<string> = new Set(['failing', 'blocked', 'rollback']);

export class Announcer {
  readonly #services = new Map<string, string>();
  readonly #tasks = new Map<string, TaskProgress['state']>();

  constructor(private readonly emit: ProgressSink) {}

  announce({ sights, nodes }: Look): void {
    for (const sight of sights) {
      if (sight.view !== null) this.#announceTasks(sight.view, nodes);
      this.#announceService(sight);
    }
  }

  #announceService({ name, assessment }: Sight): void {
    const { state, running, wanted } = assessment;
    const detail = detailOf(assessment);
    const trouble = isTrouble(assessment);
    const key = `${state} ${running}/${wanted} ${detail}`;
    if (this.#services.get(name) === key) return;
    this.#services.set(name, key);
    this.emit({ type: 'service', progress: { name, state, running, wanted, detail, trouble } });
  }

  #announceTasks(view: ServiceView, nodes: readonly SwarmNode[]): void {
    const { service, since } = view;
    for (const task of currentTasks(view)) {
      const state = stateOf(view, task);
      if (state === null || this.#tasks.get(task.ID) === state) continue;
      this.#tasks.set(task.ID, state);
      // What was so before this deploy is no news.
      if (failedAt(task) < since) continue;
      this.emit({
        type: 'task',
        progress: {
          service: service.Spec.Name,
          name: taskName(service, task, nodes),
          id: task.ID,
          node: nodes.find(({ ID }) => ID === task.NodeID)?.Description.Hostname ?? null,
          state,
          healthy: state === 'up' && hasHealthcheck(service) ? true : null,
          error: state === 'failed' ? (task.Status.Err ?? null) : null,
          exitCode: state === 'failed' || state === 'complete' ? exitCodeOf(task) : null,
        },
      });
    }
  }
}

function isTrouble(assessment: Assessment): boolean {
  return assessment.state === 'failed' || (assessment.state === 'moving' && TROUBLE.has(assessment.stage));
}

function detailOf(assessment: Assessment): string {
  switch (assessment.state) {
    case 'moving':
      return assessment.waitingFor;
    case 'failed':
      return assessment.reason;
    case 'there':
      return '';
  }
}

function stateOf({ service }: ServiceView, task: SwarmTask): TaskProgress['state'] | null {
  if (isFailed(service, task)) return 'failed';
  switch (task.Status.State) {
    case 'starting':
      return 'started';
    case 'running':
      return 'up';
    case 'complete':
      return 'complete';
    default:
      return null;
  }
}

/** The Engine writes 0 also for a container that never ran, and -1 for one that is on its way. */
function exitCodeOf({ Status }: SwarmTask): number | null {
  const code = Status.ContainerStatus?.ExitCode;
  if (code === undefined || code < 0 || Status.State === 'rejected') return null;
  return code;
}
