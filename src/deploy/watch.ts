/** Looks at services again and again, and remembers what a single look does not show. */

import type { InfoReader, NodeReader, ServiceReader, TaskReader } from '../swarm/engine.js';
import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';
import { assess, type Assessment } from './assess.js';
import { isFailed, stoppingTasks, type ServiceView } from './service-view.js';

export type Watched = ServiceReader & TaskReader & NodeReader & InfoReader;

export interface Sight {
  name: string;
  /** null when the service is not there */
  view: ServiceView | null;
  assessment: Assessment;
}

export interface Look {
  sights: Sight[];
  nodes: readonly SwarmNode[];
}

/** What is kept of one service between two looks; times are on the Swarm's clock. */
interface Memory {
  since: number;
  /** tasks that ended badly, with the spec they had: Swarm forgets them after a few more */
  failed: Map<string, { task: SwarmTask; template: string }>;
  /** when it was last seen on its way in an ordinary manner */
  busyAt: number;
  /** when it was last seen to have tasks that stop, or to be about to stop some */
  roomAt: number;
  rollbackCause: string | null;
}

const GONE: Assessment = {
  state: 'failed',
  reason: 'the service was removed meanwhile',
  task: null,
  running: 0,
  wanted: 0,
  leaving: 0,
};

export class Watch {
  /** of the node that answers; null where it does not say */
  nodeId: string | null = null;
  readonly #memories = new Map<string, Memory>();
  /** ids of nodes that were seen to be up */
  readonly #up = new Set<string>();
  /** how far the manager's clock is ahead of ours; null before the first look */
  #aheadMs: number | null = null;

  /**
   * @param names full names of the services
   * @param written those that were just written
   * @param mustComplete those that others need to have ended well
   */
  constructor(
    private readonly engine: Watched,
    private readonly names: readonly string[],
    private readonly written: ReadonlySet<string>,
    private readonly mustComplete: ReadonlySet<string> = new Set(),
  ) {}

  /** One list call per kind of object, however many services there are. @throws EngineError */
  async look(signal: AbortSignal): Promise<Look> {
    const [services, nodes] = await Promise.all([
      this.engine.listServices({ name: [...this.names] }, { signal }),
      this.engine.listNodes({ signal }),
      this.#aheadMs === null ? this.#readClock(signal) : null,
    ]);
    // The filter takes whatever begins with a name.
    const ours = new Map(
      services
        .filter(({ Spec }) => this.names.includes(Spec.Name))
        .map((service) => [service.Spec.Name, service]),
    );
    const ids = [...ours.values()].map(({ ID }) => ID);
    const [listed, fresh] =
      ids.length === 0
        ? [[], []]
        : await Promise.all([
            this.engine.listTasks({ service: ids }, { signal }),
            this.engine.listTasks({ service: ids, '_up-to-date': ['true'] }, { signal }),
          ]);
    const tasks = byService(listed);
    const upToDate = new Set(fresh.map(({ ID }) => ID));
    const lost = this.#lostNodes(nodes);
    const now = Date.now() + (this.#aheadMs ?? 0);
    const views = this.names.map((name): ServiceView | null => {
      const service = ours.get(name);
      if (service === undefined) return null;
      const found = tasks.get(service.ID) ?? [];
      this.#remember(service, found, upToDate, now);
      return this.#view(service, found, upToDate, { nodes, lost });
    });
    const sights = this.names.map((name, index): Sight => {
      const view = views[index] ?? null;
      return { name, view, assessment: view === null ? GONE : assess(view, now) };
    });
    for (const sight of sights) this.#noteActivity(sight, now);
    return { sights, nodes };
  }

  /** The manager's clock need not be ours, and what it wrote down is compared with the present. */
  async #readClock(signal: AbortSignal): Promise<void> {
    const before = Date.now();
    const { SystemTime, Swarm } = await this.engine.info({ signal });
    const ahead = Date.parse(SystemTime ?? '') - (before + Date.now()) / 2;
    this.#aheadMs = Number.isNaN(ahead) ? 0 : ahead;
    this.nodeId = Swarm.NodeID === '' ? null : Swarm.NodeID;
  }

  /** Those that were up in an earlier look and are down now. */
  #lostNodes(nodes: readonly SwarmNode[]): Set<string> {
    for (const { ID, Status } of nodes) if (Status.State === 'ready') this.#up.add(ID);
    const down = nodes.filter(({ Status }) => Status.State === 'down').map(({ ID }) => ID);
    return new Set(down.filter((id) => this.#up.has(id)));
  }

  #remember(
    service: SwarmService,
    tasks: readonly SwarmTask[],
    upToDate: ReadonlySet<string>,
    now: number,
  ): void {
    const { Name } = service.Spec;
    const memory = this.#memories.get(Name) ?? {
      // What was just written began to fail perhaps before we came to look.
      since: this.written.has(Name) ? Math.min(now, Date.parse(service.UpdatedAt)) : now,
      failed: new Map(),
      // Not known yet, so that nothing is concluded from it.
      busyAt: now,
      roomAt: 0,
      rollbackCause: null,
    };
    this.#memories.set(Name, memory);
    const template = JSON.stringify(service.Spec.TaskTemplate);
    for (const task of tasks) {
      if (!isFailed(service, task)) continue;
      memory.failed.set(task.ID, { task, template: upToDate.has(task.ID) ? template : '' });
    }
    const { State, Message } = service.UpdateStatus ?? {};
    if (State === 'rollback_started') memory.rollbackCause = Message ?? null;
  }

  #view(
    service: SwarmService,
    tasks: readonly SwarmTask[],
    upToDate: ReadonlySet<string>,
    { nodes, lost }: { nodes: readonly SwarmNode[]; lost: ReadonlySet<string> },
  ): ServiceView {
    const { Name, TaskTemplate } = service.Spec;
    const memory = this.#memories.get(Name);
    const listed = new Set(tasks.map(({ ID }) => ID));
    const forgotten = [...(memory?.failed.values() ?? [])].filter(({ task }) => !listed.has(task.ID));
    const template = forgotten.length === 0 ? '' : JSON.stringify(TaskTemplate);
    const ofThisSpec = forgotten.filter((it) => it.template === template).map(({ task }) => task.ID);
    const others = [...this.#memories].filter(([name]) => name !== Name).map(([, it]) => it);
    const since = memory?.since ?? 0;
    return {
      service,
      tasks: [...tasks, ...forgotten.map(({ task }) => task)],
      upToDate: new Set([...upToDate, ...ofThisSpec]),
      nodes,
      lost,
      written: this.written.has(Name),
      mustComplete: this.mustComplete.has(Name),
      since,
      quietSince: Math.max(since, ...others.map(({ busyAt }) => busyAt)),
      roomSince: Math.max(since, memory?.roomAt ?? 0, ...others.map(({ roomAt }) => roomAt)),
      rollbackCause: memory?.rollbackCause ?? null,
    };
  }

  #noteActivity({ name, view, assessment }: Sight, now: number): void {
    const memory = this.#memories.get(name);
    if (memory === undefined || view === null) return;
    const moving = assessment.state === 'moving' ? assessment : null;
    if (moving?.busy === true) memory.busyAt = now;
    const goesOn = view.service.UpdateStatus?.State === 'updating' && moving?.stage !== 'blocked';
    if (goesOn || stoppingTasks(view).length > 0) memory.roomAt = now;
  }
}

function byService(tasks: readonly SwarmTask[]): Map<string, SwarmTask[]> {
  const groups = new Map<string, SwarmTask[]>();
  for (const task of tasks) {
    const group = groups.get(task.ServiceID);
    if (group === undefined) groups.set(task.ServiceID, [task]);
    else group.push(task);
  }
  return groups;
}
