import { describe, expect, it } from 'vitest';
import { decodeLabels } from '../policy/labels.js';
import type { SwarmService, SwarmTask } from '../swarm/objects.js';
import { reservationsOf } from './capacity.js';
import { snapshotOf, tasksByService } from './readings.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const LABELS = { 'scalectl.autoscale': 'true', 'scalectl.max': '9', 'scalectl.cpu.target': '70' };

function task(createdAgo: number, startedAfter: number, state = 'running'): SwarmTask {
  const createdAt = NOW - createdAgo * 1000;
  return {
    ID: `task-${createdAgo}`,
    ServiceID: 'web',
    DesiredState: 'running',
    CreatedAt: new Date(createdAt).toISOString(),
    Status: { State: state, Timestamp: new Date(createdAt + startedAfter * 1000).toISOString() },
  } as SwarmTask;
}

function healthyAfterMs(...tasks: SwarmTask[]) {
  const decoded = decodeLabels('web', LABELS, 'replicated');
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  const service = {
    ID: 'web',
    Spec: { Name: 'web', Mode: { Replicated: { Replicas: 1 } }, TaskTemplate: {} },
  } as SwarmService;
  const nothing = { usage: new Map(), loads: new Map(), workRates: new Map() };
  return snapshotOf(service, decoded.value, {
    tasks,
    byService: tasksByService(tasks),
    reserved: reservationsOf([], []),
    nodeId: 'a',
    ...nothing,
    wallMs: NOW,
    monotonicMs: 0,
  }).healthyAfterMs;
}

describe('how long a task takes until it serves', () => {
  it('is the median of the five youngest that run', () => {
    const old = [task(9000, 300), task(8000, 300), task(7000, 300)];
    expect(healthyAfterMs(...old, task(50, 8), task(60, 12), task(70, 9), task(80, 10), task(90, 40))).toBe(
      10_000,
    );
  });
  it('leaves those out that are starting, and clocks that run backwards', () => {
    expect(healthyAfterMs(task(20, 7), task(10, 1, 'starting'), task(30, -5))).toBe(7_000);
  });
  it('is not known without a task', () => {
    expect(healthyAfterMs()).toBeNull();
    expect(healthyAfterMs(task(10, 1, 'preparing'))).toBeNull();
  });
});
