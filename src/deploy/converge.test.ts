import { describe, expect, it } from 'vitest';
import {
  serviceSpec,
  swarmNode,
  swarmService,
  swarmTask,
  type TaskGiven,
} from '../../test/support/objects.js';
import { FailedError, NotConvergedError } from '../errors.js';
import { EngineError, type LogLine } from '../swarm/engine.js';
import type { ContainerState, EngineInfo, SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';
import { converge } from './converge.js';
import type { ProgressEvent } from './events.js';
import type { Informant } from './describe-failure.js';
import { Watch, type Watched } from './watch.js';

/** A Swarm as one look after the other finds it; the last stays. */
interface Given {
  services?: SwarmService[];
  looks?: SwarmTask[][];
  nodes?: SwarmNode[];
  /** tasks that are not of the present spec */
  stale?: string[];
  /** how far the manager's clock is ahead of ours */
  aheadMs?: number;
  logs?: string[];
  container?: ContainerState;
}

class ScriptedSwarm implements Watched, Informant {
  readonly asked: string[] = [];
  /** thrown once by the next look */
  failure: EngineError | null = null;
  #look = 0;

  constructor(private readonly given: Given) {}

  info(): Promise<EngineInfo> {
    this.asked.push('info');
    const SystemTime = new Date(Date.now() + (this.given.aheadMs ?? 0)).toISOString();
    return Promise.resolve({
      ID: 'engine',
      Name: 'node1',
      ServerVersion: '20.10.24',
      NCPU: 2,
      MemTotal: 4e9,
      SystemTime,
      Swarm: { NodeID: 'node1', LocalNodeState: 'active', ControlAvailable: true },
    });
  }

  version(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }

  inspectService(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }

  listServices(): Promise<SwarmService[]> {
    this.asked.push('services');
    const { failure } = this;
    this.failure = null;
    return failure === null
      ? Promise.resolve(this.given.services ?? [swarmService()])
      : Promise.reject(failure);
  }

  listNodes(): Promise<SwarmNode[]> {
    this.asked.push('nodes');
    return Promise.resolve(this.given.nodes ?? [swarmNode('node1')]);
  }

  listTasks(filters: Record<string, string[]> = {}): Promise<SwarmTask[]> {
    const { looks = [[]], stale = [] } = this.given;
    const tasks = looks[Math.min(this.#look, looks.length - 1)] ?? [];
    const upToDate = filters['_up-to-date'] !== undefined;
    this.asked.push(upToDate ? 'up-to-date tasks' : 'tasks');
    if (upToDate) this.#look += 1;
    return Promise.resolve(upToDate ? tasks.filter(({ ID }) => !stale.includes(ID)) : tasks);
  }

  async *taskLogs(): AsyncIterable<LogLine> {
    await Promise.resolve();
    for (const text of this.given.logs ?? []) {
      yield { stream: 'stderr', taskId: null, nodeId: null, timestamp: null, text };
    }
  }

  serviceLogs(): AsyncIterable<LogLine> {
    return this.taskLogs();
  }

  containerState(): Promise<ContainerState> {
    const { container } = this.given;
    return container === undefined
      ? Promise.reject(new EngineError('not-found', 'no such container'))
      : Promise.resolve(container);
  }
}

const signal = new AbortController().signal;
const one = swarmService({ Spec: serviceSpec({ Mode: { Replicated: { Replicas: 1 } } }) });

/** A task whose times are as many seconds ago by the manager's clock. */
function task(given: TaskGiven, secondsAgo: number, aheadMs = 0): SwarmTask {
  const at = new Date(Date.now() + aheadMs - secondsAgo * 1000).toISOString();
  return { ...swarmTask({ slot: 1, ...given }), CreatedAt: at, UpdatedAt: at };
}

const failed = (secondsAgo: number, aheadMs = 0): SwarmTask => ({
  ...task({ state: 'failed', desired: 'shutdown', err: 'task: non-zero exit (1)' }, secondsAgo, aheadMs),
});

async function states(swarm: ScriptedSwarm, looks: number, written = ['shop_web']): Promise<string[]> {
  const watch = new Watch(swarm, ['shop_web'], new Set(written));
  const found: string[] = [];
  for (let look = 0; look < looks; look++) {
    const { sights } = await watch.look(signal);
    found.push(sights[0]?.assessment.state ?? '');
  }
  return found;
}

describe('a watch', () => {
  it('must ask once for each kind of object, and for the clock only the first time', async () => {
    const swarm = new ScriptedSwarm({ services: [one], looks: [[task({ state: 'running' }, 60)]] });
    await states(swarm, 2);
    expect(swarm.asked.sort()).toEqual(
      ['info', ...['nodes', 'services', 'tasks', 'up-to-date tasks'].flatMap((it) => [it, it])].sort(),
    );
  });

  it.each([-3_600_000, 0, 3_600_000])(
    'must go by the manager’s clock, which is %d ms ahead of ours',
    async (aheadMs) => {
      const running = (secondsAgo: number) => [task({ state: 'running' }, secondsAgo, aheadMs)];
      const service = { ...one, UpdatedAt: new Date(Date.now() + aheadMs - 100_000).toISOString() };
      const services = [service];
      expect(await states(new ScriptedSwarm({ services, aheadMs, looks: [running(1)] }), 1)).toEqual([
        'moving',
      ]);
      expect(await states(new ScriptedSwarm({ services, aheadMs, looks: [running(6)] }), 1)).toEqual([
        'there',
      ]);
      const crashed = [failed(1, aheadMs), failed(2, aheadMs), failed(3, aheadMs)];
      expect(await states(new ScriptedSwarm({ services, aheadMs, looks: [crashed] }), 1)).toEqual(['failed']);
    },
  );

  it('must remember failures that Swarm forgets', async () => {
    const later = () => failed(-1);
    const swarm = new ScriptedSwarm({ services: [one], looks: [[later()], [later()], [later()]] });
    expect(await states(swarm, 3)).toEqual(['moving', 'moving', 'failed']);
  });

  it('must not count failures that it did not see of a service that was not written', async () => {
    const swarm = new ScriptedSwarm({ services: [one], looks: [[failed(1), failed(2), failed(3)]] });
    expect(await states(swarm, 1, [])).toEqual(['moving']);
  });

  it('must say that a service is gone', async () => {
    expect(await states(new ScriptedSwarm({ services: [] }), 1)).toEqual(['failed']);
  });
});

/** What converge throws, and what it told on the way. */
async function ending(
  swarm: ScriptedSwarm,
  names = ['shop_web'],
  timeoutMs = 60_000,
): Promise<{ error: unknown; events: ProgressEvent[] }> {
  const events: ProgressEvent[] = [];
  const error: unknown = await converge(swarm, names, {
    written: new Set(names),
    timeoutMs,
    signal,
    emit: (event) => events.push(event),
  }).catch((thrown: unknown) => thrown);
  return { error, events };
}

const crashLoop = () =>
  [3, 2, 1].map((secondsAgo): SwarmTask => {
    const crashed = failed(secondsAgo);
    return {
      ...crashed,
      ID: `crashed${secondsAgo}`.padEnd(25, 'x'),
      Status: { ...crashed.Status, ContainerStatus: { ContainerID: 'c1', ExitCode: 137 } },
    };
  });

describe('convergence', () => {
  it('must name the task, its error, exit code, node and last lines, and what is still on the way', async () => {
    const db = swarmService({
      ID: 'id-of-shop_db',
      Spec: serviceSpec({ Name: 'shop_db', Mode: { Replicated: { Replicas: 1 } } }),
    });
    const starting = task({ state: 'starting', service: db.ID }, 1);
    const pinned = {
      ...task(
        { state: 'pending', err: 'no suitable node (scheduling constraints not satisfied on 1 node)' },
        9,
      ),
      NodeID: '',
    };
    const { error } = await ending(new ScriptedSwarm({ services: [one, db], looks: [[pinned, starting]] }), [
      'shop_web',
      'shop_db',
    ]);
    expect(error).toBeInstanceOf(FailedError);
    expect((error as Error).message).toBe(
      [
        'shop_web: no suitable node (scheduling constraints not satisfied on 1 node)',
        `  task shop_web.1 (${pinned.ID})`,
        'still on the way:',
        '  shop_db: 0/1 running, waiting for tasks that are starting',
      ].join('\n'),
    );
  });

  it('must say that memory was the cause, and what the health check said', async () => {
    const services = [
      {
        ...one,
        Spec: { ...one.Spec, TaskTemplate: { Resources: { Limits: { MemoryBytes: 64 * 2 ** 20 } } } },
      },
    ];
    const { error } = await ending(
      new ScriptedSwarm({
        services,
        looks: [crashLoop()],
        logs: ['one', 'two'],
        container: { OOMKilled: true, Health: { Log: [{ ExitCode: 1, Output: 'no pulse\n' }] } },
      }),
    );
    expect((error as Error).message).toBe(
      [
        'shop_web: crash loop: it ended 3 times without staying up',
        '  task shop_web.1 (crashed1xxxx): task: non-zero exit (1), exit code 137, ' +
          'killed for want of memory, its limit is 64 MiB, on node node1',
        '  health check | no pulse',
        '  | one',
        '  | two',
      ].join('\n'),
    );
  });

  it('must say that a task which ended well was stopped for its health', async () => {
    const completed = crashLoop().map((one): SwarmTask => {
      const { Err: _, ...status } = one.Status;
      return {
        ...one,
        Status: { ...status, State: 'complete', ContainerStatus: { ContainerID: 'c1', ExitCode: 0 } },
      };
    });
    const { error } = await ending(
      new ScriptedSwarm({
        services: [one],
        looks: [completed],
        container: { Health: { Status: 'unhealthy' } },
      }),
    );
    expect((error as Error).message).toBe(
      [
        'shop_web: crash loop: it ended 3 times without staying up',
        '  task shop_web.1 (crashed1xxxx): ended with exit code 0, stopped because its health check failed, on node node1',
      ].join('\n'),
    );
  });

  it('must tell of the last failure also when the time is over while the next task is up', async () => {
    const tasks = [...crashLoop().slice(1, 2), task({ state: 'running' }, 1)];
    const { error } = await ending(
      new ScriptedSwarm({ services: [one], looks: [tasks], logs: ['one'] }),
      ['shop_web'],
      1,
    );
    expect(error).toBeInstanceOf(NotConvergedError);
    expect((error as Error).message).toBe(
      [
        'not there after 1ms',
        '  shop_web: 1/1 running, waiting for proof that it stays up',
        '    task shop_web.1 (crashed2xxxx): task: non-zero exit (1), exit code 137, on node node1',
        '    | one',
      ].join('\n'),
    );
  });

  it('must tell of a task that failed what is known when the time is over', async () => {
    const { error, events } = await ending(
      new ScriptedSwarm({ services: [one], looks: [crashLoop().slice(1, 2)], logs: ['one'] }),
      ['shop_web'],
      1,
    );
    expect(error).toBeInstanceOf(NotConvergedError);
    expect((error as Error).message).toBe(
      [
        'not there after 1ms',
        '  shop_web: 0/1 running, waiting for a task that stays up (ended once)',
        '    task shop_web.1 (crashed2xxxx): task: non-zero exit (1), exit code 137, on node node1',
        '    | one',
      ].join('\n'),
    );
    expect(events[0]).toEqual({
      type: 'task',
      progress: {
        service: 'shop_web',
        name: 'shop_web.1',
        id: 'crashed2xxxxxxxxxxxxxxxxx',
        node: 'node1',
        state: 'failed',
        healthy: null,
        error: 'task: non-zero exit (1)',
        exitCode: 137,
      },
    });
  });

  it('must outlast an Engine that does not answer for a moment', async () => {
    const swarm = new ScriptedSwarm({ services: [one], looks: [[task({ state: 'running' }, 60)]] });
    swarm.failure = new EngineError('other', 'The swarm does not have a leader');
    const { error, events } = await ending(swarm);
    expect(error).toBeUndefined();
    expect(events[0]).toEqual({ type: 'warning', text: 'The swarm does not have a leader; asking again' });
  });
});
