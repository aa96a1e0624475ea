import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../autoscale/types.js';
import type { Policy } from '../policy/policy.js';
import type { SwarmService, SwarmTask, TaskState } from '../swarm/objects.js';
import { tasksByService } from './service-tasks.js';
import { standingOf } from './standing.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');

const task = (State: TaskState, ageSeconds = 0, Err?: string, ServiceID = 'web'): SwarmTask =>
  ({
    ServiceID,
    DesiredState: 'running',
    CreatedAt: new Date(NOW - ageSeconds * 1000).toISOString(),
    Status: { State, Timestamp: new Date(NOW).toISOString(), ...(Err === undefined ? {} : { Err }) },
  }) as SwarmTask;

const standing = (tasks: SwarmTask[], snapshot: Partial<Snapshot> = {}) =>
  standingOf({ ID: 'web' } as SwarmService, { min: 1, max: 9 } as Policy, snapshot as Snapshot, {
    byService: tasksByService(tasks),
    wallMs: NOW,
  });

describe('how a service stands', () => {
  it('counts its own tasks that run, and tells of those that no node has taken', () => {
    const tasks = [
      task('running'),
      task('starting'),
      task('running', 0, undefined, 'db'),
      task('pending', 5),
    ];
    expect(
      standing([...tasks, task('pending', 70, 'no suitable node'), task('pending', 90, '', 'db')]),
    ).toEqual({
      min: 1,
      max: 9,
      running: 1,
      paused: null,
      scheduled: null,
      pending: { tasks: 2, forMs: 70_000, message: 'no suitable node' },
    });
    expect(standing(tasks.slice(0, 2)).pending).toBeNull();
  });

  it('tells of a pause and of a schedule', () => {
    const scheduled = { min: 2, max: 9, text: 'office wants 2' };
    expect(standing([], { paused: 'paused until noon', scheduled })).toMatchObject({
      paused: 'paused until noon',
      scheduled: 'office wants 2',
    });
  });
});
