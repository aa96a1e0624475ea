import { describe, expect, it } from 'vitest';
import { decodeLabels } from '../policy/labels.js';
import type { MissingUsage, TaskUsage } from '../signals/types.js';
import type { SwarmService, SwarmTask } from '../swarm/objects.js';
import { reservationsOf } from './capacity.js';
import { snapshotOf } from './readings.js';
import { tasksByService } from './service-tasks.js';

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

describe('why a task was not measured', () => {
  const silent = { node: 'node3', why: 'whose agent does not answer' };
  const decoded = decodeLabels('web', LABELS, 'replicated');
  const service = {
    ID: 'web',
    Spec: { Name: 'web', Mode: { Replicated: { Replicas: 3 } }, TaskTemplate: {} },
  } as SwarmService;
  const usage = (
    taskId: string,
    cpuPercent: number | null,
    memoryBytes: number | null,
    missing?: MissingUsage,
  ): TaskUsage => ({
    taskId,
    serviceId: 'web',
    cpuPercent,
    memoryBytes,
    memoryPercent: null,
    throttledPercent: null,
    ...(missing === undefined ? {} : { missing }),
  });
  const on = (seconds: number, NodeID: string) => ({ ...task(seconds, 0), NodeID });
  function reading(...found: TaskUsage[]) {
    if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
    const tasks = [on(100, 'a'), on(200, 'b'), on(300, 'c')];
    return snapshotOf(service, decoded.value, {
      byService: tasksByService(tasks),
      reserved: reservationsOf([], []),
      nodeId: 'a',
      usage: new Map(found.map((one) => [one.taskId, one])),
      loads: new Map(),
      workRates: new Map(),
      wallMs: NOW,
      monotonicMs: 0,
    }).readings[0];
  }
  const here = usage('task-100', 50, 1);

  it('names the nodes with their reasons, and counts the tasks', () => {
    expect(
      reading(here, usage('task-200', null, null, silent), usage('task-300', null, null, silent)),
    ).toEqual({
      kind: 'cpu',
      meanPercent: 50,
      sampled: 1,
      at: 0,
      note: '2 on node3, whose agent does not answer',
    });
    const none = { node: 'node4', why: 'which has no agent' };
    expect(
      reading(here, usage('task-200', null, null, silent), usage('task-300', null, null, none)),
    ).toMatchObject({ note: '1 on node3, whose agent does not answer; 1 on node4, which has no agent' });
  });
  it('without agents is that they run elsewhere', () => {
    expect(reading(here, usage('task-200', null, null), usage('task-300', null, null))).toMatchObject({
      note: '2 on other nodes, which cannot be measured from here',
    });
  });
  it('of what was read once is that a percentage needs two', () => {
    expect(reading(here, usage('task-200', null, 5), usage('task-300', 10, 5))).toMatchObject({
      meanPercent: 30,
      sampled: 2,
      note: 'only one reading yet',
    });
  });
});
