import { describe, expect, it } from 'vitest';
import {
  NOW,
  serviceSpec,
  swarmNode,
  swarmService,
  swarmTask,
  type TaskGiven,
} from '../../test/support/objects.js';
import type { RestartPolicy, ServiceMode, ServiceSpec, SwarmNode, SwarmService } from '../swarm/objects.js';
import { assess } from './assess.js';

interface Situation {
  mode?: ServiceMode;
  restart?: RestartPolicy;
  update?: SwarmService['UpdateStatus'];
  /** whether we have just changed it; true when left out */
  written?: boolean;
  /** tasks of the present spec */
  fresh?: TaskGiven[];
  /** tasks of an earlier one */
  stale?: TaskGiven[];
  nodes?: SwarmNode[];
  /** which run of a job is the present one */
  runs?: number;
  spec?: Partial<ServiceSpec>;
  /** seconds since which failures count */
  since?: number;
  /** seconds for which nothing else has been on its way */
  quiet?: number;
  /** seconds for which nothing has been stopping */
  room?: number;
  lost?: string[];
  mustComplete?: boolean;
  rollbackCause?: string;
}

/** `there 2/2`, `moving 1/2: …`, `failed 0/2: …`. */
function verdict({
  mode,
  restart,
  update,
  written = true,
  fresh = [],
  stale = [],
  runs,
  nodes = [swarmNode('node1')],
  spec = {},
  since = 600,
  quiet = since,
  room = since,
  lost = [],
  mustComplete = false,
  rollbackCause,
}: Situation) {
  const present = fresh.map(swarmTask);
  const assessment = assess(
    {
      service: swarmService({
        Spec: serviceSpec({
          ...(mode !== undefined && { Mode: mode }),
          ...spec,
          TaskTemplate: {
            ...spec.TaskTemplate,
            ...(restart !== undefined && { RestartPolicy: restart }),
          },
        }),
        ...(runs !== undefined && { JobStatus: { JobIteration: { Index: runs } } }),
        ...(update !== undefined && { UpdateStatus: update }),
      }),
      tasks: [...stale.map(swarmTask), ...present],
      upToDate: new Set(present.map(({ ID }) => ID)),
      nodes,
      written,
      mustComplete,
      since: NOW - since * 1000,
      quietSince: NOW - quiet * 1000,
      roomSince: NOW - room * 1000,
      lost: new Set(lost),
      rollbackCause: rollbackCause ?? null,
    },
    NOW,
  );
  const { state, running, wanted } = assessment;
  const detail =
    assessment.state === 'moving'
      ? assessment.waitingFor
      : assessment.state === 'failed'
        ? assessment.reason
        : '';
  return `${state} ${running}/${wanted}${detail === '' ? '' : `: ${detail}`}`;
}

const up = (slot: number): TaskGiven => ({ state: 'running', slot });
const ended = (slot: number, given: Partial<TaskGiven> = {}): TaskGiven => ({
  state: 'failed',
  desired: 'shutdown',
  slot,
  err: 'task: non-zero exit (1)',
  ...given,
});
const missing = (given: Partial<TaskGiven> = {}) =>
  ended(1, { state: 'rejected', err: 'No such image: nowhere/shop:1', ...given });
const UNHEALTHY = 'task: non-zero exit (137): dockerexec: unhealthy container';
const NO_COMMAND =
  'starting container failed: failed to create shim task: OCI runtime create failed: runc create failed: unable to ' +
  'start container process: exec: "nope": executable file not found in $PATH: unknown';
const checked = {
  TaskTemplate: { ContainerSpec: { Healthcheck: { Test: ['CMD', 'true'], Interval: 2e9 } } },
};
const NO_NODE = 'no suitable node (insufficient resources on 1 node)';
const unplaced = (since: number): TaskGiven => ({ state: 'pending', slot: 2, err: NO_NODE, since });
/** What Swarm starts next in the slot. */
const next = (slot: number): TaskGiven => ({ state: 'ready', desired: 'ready', slot });
const one: ServiceMode = { Replicated: { Replicas: 1 } };
const job: ServiceMode = { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } };

describe('a service', () => {
  it.each<[string, Situation, string]>([
    ['all up', { fresh: [up(1), up(2)] }, 'there 2/2'],
    ['scaled to nothing', { mode: { Replicated: { Replicas: 0 } } }, 'there 0/0'],
    ['not begun', {}, 'moving 0/2: tasks to be placed'],
    [
      'half way, the least advanced state counting',
      {
        fresh: [
          { state: 'starting', slot: 1 },
          { state: 'preparing', slot: 2 },
        ],
      },
      'moving 0/2: tasks that are preparing',
    ],
    [
      'failing once',
      { fresh: [up(1), { state: 'starting', slot: 2, err: 'starting container failed' }] },
      'moving 1/2: starting container failed',
    ],
    [
      'in a rollout, old tasks still up',
      { fresh: [up(1)], stale: [up(2)] },
      'moving 1/2: tasks to be placed',
    ],
    [
      'in a rollout, the old task on a node that is lost',
      {
        fresh: [up(1), up(2)],
        stale: [{ ...up(2), desired: 'shutdown', node: 'lost' }],
        nodes: [swarmNode('node1'), swarmNode('lost', { ID: 'lost', Status: { State: 'down' } })],
      },
      'there 2/2',
    ],
    [
      'in a rollout, old tasks not yet gone',
      { fresh: [up(1), up(2)], stale: [up(2)] },
      'moving 2/2: 1 to stop',
    ],
    [
      'up, and the rollout not declared over',
      { fresh: [up(1), up(2)], update: { State: 'updating' } },
      'moving 2/2: the rollout to end',
    ],
    ['up after a rollout', { fresh: [up(1), up(2)], update: { State: 'completed' } }, 'there 2/2'],
    [
      'scaled down, one still stopping',
      { mode: one, fresh: [up(1), { state: 'running', desired: 'shutdown', slot: 2 }] },
      'moving 1/1: 1 to stop',
    ],
    [
      'scaled down, one gone',
      { mode: one, fresh: [up(1), { state: 'shutdown', desired: 'shutdown', slot: 2 }] },
      'there 1/1',
    ],
    ['unhealthy once and up again', { fresh: [up(1), up(2), ended(2), ended(2), ended(2)] }, 'there 2/2'],
    [
      'crashed twice',
      { fresh: [up(1), ended(2), ended(2)] },
      'moving 1/2: a task that stays up (ended 2 times)',
    ],
    [
      'in a crash loop',
      { fresh: [up(1), ended(2), ended(2), ended(2), { state: 'ready', desired: 'ready', slot: 2 }] },
      'failed 1/2: crash loop: it ended 3 times without staying up',
    ],
    [
      'crashing, each slot once or twice',
      { fresh: [ended(1), ended(1), ended(2), ended(2)] },
      'moving 0/2: a task that stays up (ended 2 times)',
    ],
    [
      'in a crash loop long ago',
      { fresh: [up(1), ...[900, 901, 902].map((since) => ended(2, { since }))] },
      'moving 1/2: tasks to be placed',
    ],
    [
      'in a crash loop of its earlier spec',
      { fresh: [up(1)], stale: [ended(2), ended(2), ended(2)] },
      'moving 1/2: tasks to be placed',
    ],
    [
      'ending well again and again, although it should stay up',
      { mode: one, fresh: [1, 2, 3].map(() => ended(1, { state: 'complete', err: '' })) },
      'failed 0/1: crash loop: it ended 3 times without staying up',
    ],
    [
      'without its image, once',
      { mode: one, fresh: [missing()] },
      'moving 0/1: a task that stays up (ended once)',
    ],
    [
      'without its image, twice',
      { mode: one, fresh: [missing(), missing()] },
      'failed 0/1: its image is missing: No such image: nowhere/shop:1 (2 times)',
    ],
    ['without room, just now', { fresh: [up(1), unplaced(2)] }, `moving 1/2: ${NO_NODE}`],
    ['without room, for long', { fresh: [up(1), unplaced(11)] }, `failed 1/2: ${NO_NODE}`],
    ['without room while others leave', { fresh: [up(1), unplaced(60)], room: 5 }, `moving 1/2: ${NO_NODE}`],
    [
      'with a constraint that no node meets',
      {
        fresh: [
          up(1),
          { ...unplaced(3), err: 'no suitable node (scheduling constraints not satisfied on 1 node)' },
        ],
        room: 0,
        spec: { TaskTemplate: { Placement: { Constraints: ['node.labels.disk == ssd'] } } },
      },
      'failed 1/2: no suitable node (scheduling constraints not satisfied on 1 node); it asks for node.labels.disk == ssd',
    ],
    [
      'with a port that is taken',
      {
        fresh: [
          up(1),
          { ...unplaced(11), err: 'no suitable node (host-mode port already in use on 1 node)' },
        ],
        spec: {
          EndpointSpec: {
            Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'host' }],
          },
        },
      },
      'failed 1/2: no suitable node (host-mode port already in use on 1 node); it asks for port 8080/tcp',
    ],
    [
      'pinned to a node that is down',
      {
        fresh: [up(1), { ...unplaced(11), err: 'no suitable node (1 node not available for new tasks)' }],
        nodes: [swarmNode('node1'), swarmNode('node2', { Status: { State: 'down' } })],
      },
      'failed 1/2: no suitable node (1 node not available for new tasks); down: node2',
    ],
    [
      'with a task on a node that was lost meanwhile',
      {
        fresh: [up(1), { ...up(2), node: 'node2', desired: 'shutdown' }, { state: 'starting', slot: 2 }],
        nodes: [swarmNode('node1'), swarmNode('node2', { Status: { State: 'down' } })],
        lost: ['node2'],
      },
      'failed 1/2: node node2 was lost during the rollout, with shop_web.2 on it',
    ],
    [
      'held up by a task that was to start on a node that was lost',
      {
        fresh: [up(1), { state: 'starting', slot: 2, node: 'node2', desired: 'shutdown' }, up(2)],
        nodes: [swarmNode('node1'), swarmNode('node2', { Status: { State: 'down' } })],
        update: { State: 'updating' },
        lost: ['node2'],
      },
      'failed 2/2: node node2 was lost during the rollout, with shop_web.2 on it; ' +
        'Swarm waits until node2 is back, or removed with: docker node rm --force node2',
    ],
    [
      'held up since an earlier deploy',
      {
        written: false,
        fresh: [up(1), { state: 'starting', slot: 2, node: 'node2', desired: 'shutdown' }, up(2)],
        nodes: [swarmNode('node1'), swarmNode('node2', { Status: { State: 'down' } })],
        update: { State: 'updating' },
      },
      'failed 2/2: the rollout waits for shop_web.2 on node node2, which is down; ' +
        'Swarm waits until node2 is back, or removed with: docker node rm --force node2',
    ],
    [
      'untouched, its task moving away from a node that was lost',
      {
        written: false,
        fresh: [up(1), { ...up(2), node: 'node2', desired: 'shutdown' }, { state: 'starting', slot: 2 }],
        nodes: [swarmNode('node1'), swarmNode('node2', { Status: { State: 'down' } })],
        lost: ['node2'],
      },
      'moving 1/2: tasks that are starting',
    ],
    [
      'crashing while something else comes up',
      { fresh: [up(1), ...[1, 9, 20, 30].map((since) => ended(2, { since })), next(2)], quiet: 5 },
      'moving 1/2: a task that stays up (ended 4 times)',
    ],
    [
      'crashing twice after everything else was up',
      { fresh: [up(1), ...[1, 9, 20, 30].map((since) => ended(2, { since })), next(2)], quiet: 10 },
      'failed 1/2: crash loop: it ended 4 times without staying up',
    ],
    ...(['pause', 'continue'] as const).map((FailureAction): [string, Situation, string] => [
      `crashing in a rollout with failure_action ${FailureAction}`,
      {
        mode: one,
        fresh: [3, 2, 1].map((since) => ended(1, { since })).concat(next(1)),
        update: { State: 'updating' },
        spec: { UpdateConfig: { Parallelism: 1, FailureAction } },
      },
      FailureAction === 'pause'
        ? 'moving 0/1: a task that stays up (ended 3 times)'
        : 'failed 0/1: crash loop: it ended 3 times without staying up',
    ]),
    [
      'crashing for long in a rollout that Swarm does not pause',
      {
        mode: one,
        fresh: [21, 16, 11].map((since) => ended(1, { since })).concat(next(1)),
        update: { State: 'updating' },
      },
      'failed 0/1: crash loop: it ended 3 times without staying up',
    ],
    [
      'never healthy',
      { mode: one, fresh: [1, 2].map(() => ended(1, { err: UNHEALTHY })) },
      'failed 0/1: its health check fails: unhealthy 2 times',
    ],
    [
      'with a command that is not there, while something else comes up',
      { mode: one, fresh: [1, 2].map(() => ended(1, { err: NO_COMMAND })), quiet: 0 },
      'failed 0/1: it cannot be started: exec: "nope": executable file not found in $PATH (2 times)',
    ],
    [
      'with a mount that is not there',
      { mode: one, fresh: [1, 2].map(() => missing({ err: 'invalid mount config for type "bind": no /x' })) },
      'failed 0/1: it cannot be started: invalid mount config for type "bind": no /x (2 times)',
    ],
    ['up for a moment', { fresh: [up(1), { ...up(2), since: 4 }] }, 'moving 2/2: proof that it stays up'],
    ['up for long enough', { fresh: [up(1), { ...up(2), since: 5 }] }, 'there 2/2'],
    [
      'up for a moment, with a longer monitor time',
      { fresh: [up(1), { ...up(2), since: 19 }], spec: { UpdateConfig: { Parallelism: 1, Monitor: 20e9 } } },
      'moving 2/2: proof that it stays up',
    ],
    [
      'healthy, and the next check not yet made',
      { fresh: [up(1), { ...up(2), since: 1 }], spec: checked },
      'moving 2/2: proof that it stays up',
    ],
    ['healthy at two checks', { fresh: [up(1), { ...up(2), since: 2 }], spec: checked }, 'there 2/2'],
    [
      'with no attempts left',
      { mode: one, restart: { Condition: 'any', MaxAttempts: 1 }, fresh: [ended(1), ended(1)] },
      'failed 0/1: it failed 2 times; it is not started again (max_attempts 1)',
    ],
    [
      'with an attempt left',
      { mode: one, restart: { Condition: 'any', MaxAttempts: 1 }, fresh: [ended(1), next(1)] },
      'moving 0/1: a task that stays up (ended once)',
    ],
    [
      'with no attempts left, and Swarm not heard yet',
      { mode: one, restart: { Condition: 'any', MaxAttempts: 1 }, fresh: [ended(1), ended(1, { since: 0 })] },
      'moving 0/1: a task that stays up (ended 2 times)',
    ],
    [
      'paused in a rollout',
      { fresh: [up(1), up(2)], update: { State: 'paused', Message: 'update paused due to failure' } },
      'failed 2/2: the rollout is paused: update paused due to failure',
    ],
    [
      'paused in an earlier rollout, and mended by itself',
      { written: false, fresh: [up(1), up(2)], update: { State: 'paused' } },
      'there 2/2',
    ],
    [
      'stuck in the pause of an earlier rollout',
      { written: false, fresh: [up(1)], stale: [up(2)], update: { State: 'paused', Message: 'failure' } },
      'failed 1/2: the rollout is paused: failure',
    ],
    [
      'being rolled back',
      { fresh: [up(1), up(2)], update: { State: 'rollback_started', Message: 'failure' } },
      'moving 2/2: Swarm to roll it back (failure)',
    ],
    [
      'rolled back',
      { fresh: [up(1), up(2)], update: { State: 'rollback_completed', Message: 'rollback completed' } },
      'failed 2/2: Swarm rolled the service back: a task failed',
    ],
    [
      'rolled back, and we saw why',
      { fresh: [up(1), up(2)], update: { State: 'rollback_completed' }, rollbackCause: 'task x failed' },
      'failed 2/2: Swarm rolled the service back: task x failed',
    ],
    [
      'stuck in the way back',
      {
        fresh: [up(1)],
        update: { State: 'rollback_paused', Message: 'too' },
        rollbackCause: 'task x failed',
      },
      'failed 1/2: Swarm began to roll the service back (task x failed), and that is paused too: too',
    ],
    [
      'rolled back before we came',
      { written: false, fresh: [up(1), up(2)], update: { State: 'rollback_completed' } },
      'there 2/2',
    ],
    [
      'being rolled back when we came',
      { written: false, fresh: [up(1), up(2)], update: { State: 'rollback_started' } },
      'moving 2/2: the rollout to end',
    ],
  ])('%s', (_, situation, expected) => {
    expect(verdict(situation)).toBe(expected);
  });
});

describe('a global service', () => {
  const mode: ServiceMode = { Global: {} };
  const on = (node: string, state: TaskGiven['state'] = 'running'): TaskGiven => ({ state, node });
  const nodes = [swarmNode('node1'), swarmNode('node2')];
  const constrained = (...Constraints: string[]) => ({ TaskTemplate: { Placement: { Constraints } } });
  const available = (name: string, Availability: 'pause' | 'drain') =>
    swarmNode(name, { Spec: { Role: 'worker', Availability } });
  const platform = (name: string, Architecture: string) =>
    swarmNode(name, { Description: { Hostname: name, Platform: { Architecture, OS: 'linux' } } });

  it.each<[string, Situation, string]>([
    ['up on every node', { fresh: [on('node1'), on('node2')] }, 'there 2/2'],
    [
      'on its way on one',
      { fresh: [on('node1'), on('node2', 'starting')] },
      'moving 1/2: tasks that are starting',
    ],
    ['not begun', {}, 'moving 0/2: tasks to be placed'],
    [
      'kept off a node by constraints',
      { fresh: [on('node2')], spec: constrained('node.hostname == NODE2', 'node.role!=worker') },
      'there 1/1',
    ],
    ['asking for a label that no node has', { spec: constrained('node.labels.gpu == yes') }, 'there 0/0'],
    [
      'asking for a label that one node has not begun to serve',
      {
        spec: constrained('node.labels.gpu == yes'),
        nodes: [
          swarmNode('node1', {
            Spec: { Role: 'manager', Availability: 'active', Labels: { gpu: 'yes' } },
          }),
        ],
      },
      'moving 0/1: tasks to be placed',
    ],
    [
      'made for one of two platforms',
      {
        fresh: [on('node1')],
        spec: { TaskTemplate: { Placement: { Platforms: [{ Architecture: 'amd64', OS: 'linux' }] } } },
        nodes: [platform('node1', 'x86_64'), platform('node2', 'aarch64')],
      },
      'there 1/1',
    ],
    [
      'not on nodes that are drained or paused',
      {
        fresh: [on('node1'), { state: 'pending', node: 'node3', err: NO_NODE, since: 99 }],
        nodes: [swarmNode('node1'), available('node2', 'drain'), available('node3', 'pause')],
      },
      'there 1/1',
    ],
    [
      'still up on a node that was paused later',
      { fresh: [on('node1')], nodes: [available('node1', 'pause')] },
      'there 1/1',
    ],
    [
      'up where nodes are ready, and not waiting for one that is down',
      {
        fresh: [on('node1'), on('node2', 'assigned')],
        nodes: [swarmNode('node1'), swarmNode('node2', { Status: { State: 'down' } })],
      },
      'there 1/1',
    ],
  ])('%s', (_, situation, expected) => {
    expect(verdict({ mode, nodes, ...situation })).toBe(expected);
  });
});

describe('a service that is meant to end', () => {
  const done = (given: Partial<TaskGiven> = {}): TaskGiven => ({
    state: 'complete',
    desired: 'shutdown',
    ...given,
  });

  it.each<[string, Situation, string]>([
    [
      'restart "none", ended well',
      { mode: one, restart: { Condition: 'none' }, fresh: [done({ slot: 1 })] },
      'there 1/1',
    ],
    [
      'restart "on-failure", ended well',
      { mode: one, restart: { Condition: 'on-failure' }, fresh: [done({ slot: 1 })] },
      'there 1/1',
    ],
    [
      'restart "none", at work, and others wait for its end',
      { mode: one, restart: { Condition: 'none' }, mustComplete: true, fresh: [up(1)] },
      'moving 0/1: 1 to finish',
    ],
    [
      'restart "none", ended well, as others wait for',
      { mode: one, restart: { Condition: 'none' }, mustComplete: true, fresh: [done({ slot: 1 })] },
      'there 1/1',
    ],
    [
      'restart "none", ended badly',
      { mode: one, restart: { Condition: 'none' }, fresh: [ended(1)] },
      'failed 0/1: it failed once; it is not started again (restart condition none)',
    ],
    [
      'a job at work',
      {
        mode: job,
        fresh: [done({ slot: 1, desired: 'complete' }), { state: 'running', desired: 'complete', slot: 2 }],
      },
      'moving 1/2: 1 to finish',
    ],
    [
      'a job that is done',
      { mode: job, fresh: [1, 2].map((slot) => done({ slot, desired: 'complete' })) },
      'there 2/2',
    ],
    [
      'a job whose earlier run is done, and this one not begun',
      { mode: job, runs: 1, fresh: [1, 2].map((slot) => done({ slot, desired: 'complete' })) },
      'moving 0/2: tasks to be placed',
    ],
    [
      'a job in its second run',
      {
        mode: job,
        runs: 1,
        fresh: [
          ...[0, 1].map((slot) => done({ slot, desired: 'complete' })),
          ...[0, 1].map((slot) => done({ slot, desired: 'complete', run: 1 })),
        ],
      },
      'there 2/2',
    ],
    [
      'a job that failed too often, its first slot unnamed as the API has it',
      {
        mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
        restart: { Condition: 'on-failure', MaxAttempts: 1 },
        fresh: [ended(1, { slot: undefined }), ended(1, { slot: undefined, node: 'node2' })],
      },
      'failed 0/1: it failed 2 times; it is not started again (max_attempts 1)',
    ],
    [
      'a global job at work',
      { mode: { GlobalJob: {} }, fresh: [{ state: 'running', desired: 'complete' }] },
      'moving 0/1: 1 to finish',
    ],
    [
      'a global job that is done',
      { mode: { GlobalJob: {} }, fresh: [done({ desired: 'complete' })] },
      'there 1/1',
    ],
    [
      'a global service with restart "none" that is done',
      { mode: { Global: {} }, restart: { Condition: 'none' }, fresh: [done()] },
      'there 1/1',
    ],
  ])('%s', (_, situation, expected) => {
    expect(verdict(situation)).toBe(expected);
  });
});
