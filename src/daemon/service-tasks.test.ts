import { describe, expect, it } from 'vitest';
import type { SwarmTask, TaskState } from '../swarm/objects.js';
import { tasksByService } from './service-tasks.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');

const task = (ID: string, State: TaskState = 'running', ageSeconds = 60, ServiceID = 'web'): SwarmTask =>
  ({
    ID,
    ServiceID,
    NodeID: 'a',
    Spec: {},
    DesiredState: 'running',
    CreatedAt: new Date(NOW - ageSeconds * 1000 - 5_000).toISOString(),
    Status: {
      State,
      Timestamp: new Date(NOW - ageSeconds * 1000).toISOString(),
      ContainerStatus: { ContainerID: `c-${ID}` },
    },
  }) as SwarmTask;

const web = (...tasks: SwarmTask[]) => tasksByService(tasks).get('web')!;
const ids = (tasks: readonly SwarmTask[]) => tasks.map(({ ID }) => ID);

describe('the tasks of a service', () => {
  const one = task('1');
  const two = task('2');

  it('are reckoned once while none of them changes, whatever other services do', () => {
    const first = web(one, task('9', 'running', 60, 'db'), two);
    expect(web(one, two)).toBe(first);
    expect(first.queries('a')).toBe(web(one, two).queries('a'));
  });

  it('are reckoned anew when one changes, comes or goes', () => {
    expect(ids(web(one, two).running)).toEqual(['1', '2']);
    expect(ids(web(one, task('2', 'failed')).running)).toEqual(['1']);
    expect(ids(web(one, two, task('3')).running)).toEqual(['1', '2', '3']);
    expect(ids(web(one).running)).toEqual(['1']);
    expect(web(two).healthyAfterMs).toBe(5_000);
    expect(tasksByService([]).has('web')).toBe(false);
  });

  it('grow warm with time alone', () => {
    const young = web(one, task('3', 'running', 4));
    expect(ids(young.warm(NOW))).toEqual(['1']);
    expect(ids(young.warm(NOW + 6_000))).toEqual(['1', '3']);
  });

  it('are local to the node that asks', () => {
    expect(web(one).queries('a')).toMatchObject([{ isLocal: true }]);
    expect(web(one).queries('b')).toMatchObject([{ isLocal: false }]);
  });
});
