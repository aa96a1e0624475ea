import { describe, expect, it } from 'vitest';
import {
  NOW,
  serviceSpec,
  swarmNode,
  swarmService,
  swarmTask,
  type TaskGiven,
} from '../../test/support/objects.js';
import type { RestartPolicy, ServiceMode, SwarmNode, SwarmService } from '../swarm/objects.js';
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
}

/** `there 2/2`, `moving 1/2: …`, `failed 0/2: …`. */
function verdict({
  mode,
  restart,
  update,
  written = true,
  fresh = [],
  stale = [],
  nodes = [swarmNode('node1')],
}: Situation) {
  const present = fresh.map(swarmTask);
  const assessment = assess(
    {
      service: swarmService({
        Spec: serviceSpec({
          ...(mode !== undefined && { Mode: mode }),
          TaskTemplate: { ...(restart !== undefined && { RestartPolicy: restart }) },
        }),
        ...(update !== undefined && { UpdateStatus: update }),
      }),
      tasks: [...stale.map(swarmTask), ...present],
      upToDate: new Set(present.map(({ ID }) => ID)),
      nodes,
      written,
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
const NO_NODE = 'no suitable node (insufficient resources on 1 node)';
const unplaced = (since: number): TaskGiven => ({ state: 'pending', slot: 2, err: NO_NODE, since });
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
    ['crashed twice', { fresh: [up(1), ended(2), ended(2)] }, 'moving 1/2: tasks to be placed'],
    [
      'in a crash loop',
      { fresh: [up(1), ended(2), ended(2), ended(2), { state: 'ready', desired: 'ready', slot: 2 }] },
      'failed 1/2: it ended 3 times without staying up',
    ],
    [
      'crashing, each slot once or twice',
      { fresh: [ended(1), ended(1), ended(2), ended(2)] },
      'moving 0/2: tasks to be placed',
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
      'failed 0/1: it ended 3 times without staying up',
    ],
    ['without its image, once', { mode: one, fresh: [missing()] }, 'moving 0/1: tasks to be placed'],
    [
      'without its image, twice',
      { mode: one, fresh: [missing(), missing()] },
      'failed 0/1: No such image: nowhere/shop:1',
    ],
    ['without room, just now', { fresh: [up(1), unplaced(2)] }, `moving 1/2: ${NO_NODE}`],
    ['without room, for long', { fresh: [up(1), unplaced(11)] }, `failed 1/2: ${NO_NODE}`],
    [
      'with no attempts left',
      { mode: one, restart: { Condition: 'any', MaxAttempts: 1 }, fresh: [ended(1), ended(1)] },
      'failed 0/1: it ended 2 times without staying up',
    ],
    [
      'with an attempt left',
      { mode: one, restart: { Condition: 'any', MaxAttempts: 1 }, fresh: [ended(1)] },
      'moving 0/1: tasks to be placed',
    ],
    [
      'paused in a rollout',
      { fresh: [up(1), up(2)], update: { State: 'paused', Message: 'update paused due to failure' } },
      'failed 2/2: the rollout is paused: update paused due to failure',
    ],
    ...(['rollback_started', 'rollback_paused', 'rollback_completed'] as const).map(
      (State): [string, Situation, string] => [
        State,
        { fresh: [up(1), up(2)], update: { State, Message: 'failure' } },
        'failed 2/2: Swarm rolled the service back: failure',
      ],
    ),
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

  it.each<[string, Situation, string]>([
    ['up on every node', { fresh: [on('node1'), on('node2')] }, 'there 2/2'],
    [
      'on its way on one',
      { fresh: [on('node1'), on('node2', 'starting')] },
      'moving 1/2: tasks that are starting',
    ],
    ['kept off a node by a constraint', { fresh: [on('node2')] }, 'there 1/1'],
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
      'restart "none", ended badly',
      { mode: one, restart: { Condition: 'none' }, fresh: [ended(1)] },
      'failed 0/1: it ended 1 time without staying up',
    ],
    [
      'a job at work',
      {
        mode: job,
        fresh: [done({ slot: 1, desired: 'complete' }), { state: 'running', desired: 'complete', slot: 2 }],
      },
      'moving 1/2: tasks that are running',
    ],
    [
      'a job that is done',
      { mode: job, fresh: [1, 2].map((slot) => done({ slot, desired: 'complete' })) },
      'there 2/2',
    ],
    [
      'a global job at work',
      { mode: { GlobalJob: {} }, fresh: [{ state: 'running', desired: 'complete' }] },
      'moving 0/1: tasks that are running',
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
