import { describe, expect, it } from 'vitest';
import { serviceSpec, swarmNode, swarmService, swarmTask } from '../../test/support/objects.js';
import { statusOf, type StatusInput } from './model.js';

const OURS = { 'com.docker.stack.namespace': 'shop', 'com.docker.stack.image': 'web:1' };

const status = (given: Partial<StatusInput>) =>
  statusOf({ stack: 'shop', nodes: [], services: [], tasks: [], usage: new Map(), wallMs: 0, ...given });
const service = (given: Partial<StatusInput> & { services: StatusInput['services'] }) =>
  status(given).services[0]!;

describe('the status of a service', () => {
  it('must be null where nothing is known, and never 0', () => {
    const plain = swarmService({
      Spec: serviceSpec({ Labels: { 'com.docker.stack.namespace': 'shop' } }),
    });
    expect(service({ services: [plain] })).toEqual({
      name: 'web',
      fullName: 'shop_web',
      mode: 'replicated',
      image: 'nginx:latest',
      replicas: { desired: 2, running: 0, healthy: null },
      cpuPercent: null,
      memoryPercent: null,
      coverage: { sampled: 0, running: 0 },
      policy: null,
      policyProblems: [],
      paused: null,
      lastScale: null,
      update: null,
    });
  });

  it('must hold what is known', () => {
    const known = swarmService({
      Spec: serviceSpec({
        Labels: {
          ...OURS,
          'scalectl.autoscale': 'true',
          'scalectl.min': '2',
          'scalectl.max': '5',
          'scalectl.cpu.target': '60',
          'scalectl.last-scale': JSON.stringify({
            at: '2026-01-01T00:00:00Z',
            from: 2,
            to: 3,
            reason: 'cpu',
            by: 'autoscaler',
          }),
        },
        TaskTemplate: { ContainerSpec: { Image: 'web:1@sha256:aa', Healthcheck: { Test: ['CMD', 'true'] } } },
      }),
      UpdateStatus: { State: 'completed' },
    });
    const usage = new Map([[known.ID, { cpuPercent: 0, memoryPercent: 41.5, sampled: 1, running: 2 }]]);
    const tasks = [
      swarmTask({ state: 'running', slot: 1 }),
      swarmTask({ state: 'running', slot: 2 }),
      swarmTask({ state: 'running', desired: 'shutdown', slot: 3 }),
      swarmTask({ state: 'starting', slot: 4 }),
      swarmTask({ state: 'running', slot: 1, service: 'another' }),
    ];
    expect(service({ services: [known], tasks, usage })).toMatchObject({
      image: 'web:1',
      replicas: { desired: 2, running: 2, healthy: 2 },
      cpuPercent: 0,
      memoryPercent: 41.5,
      coverage: { sampled: 1, running: 2 },
      policy: { min: 2, max: 5, signals: [{ kind: 'cpu', rule: { kind: 'target', targetPercent: 60 } }] },
      lastScale: { from: 2, to: 3, reason: 'cpu', by: 'autoscaler' },
      update: 'completed',
    });
  });

  it('must say how long autoscaling is paused, and nothing once that is over', () => {
    const held = swarmService({
      Spec: serviceSpec({ Labels: { ...OURS, 'scalectl.paused-until': '2026-01-01T00:00:00Z' } }),
    });
    const wallMs = Date.parse('2025-12-31T23:59:59Z');
    expect(service({ services: [held], wallMs }).paused).toEqual({ until: '2026-01-01T00:00:00Z' });
    expect(service({ services: [held], wallMs: wallMs + 1000 }).paused).toBeNull();
  });

  it('must have no desired number where the nodes decide', () => {
    const agent = swarmService({ Spec: serviceSpec({ Mode: { Global: {} } }) });
    expect(service({ services: [agent] })).toMatchObject({ mode: 'global', replicas: { desired: null } });
    const job = swarmService({ Spec: serviceSpec({ Mode: { ReplicatedJob: {} } }) });
    expect(service({ services: [job] }).mode).toBe('replicated-job');
    const everywhere = swarmService({ Spec: serviceSpec({ Mode: { GlobalJob: {} } }) });
    expect(service({ services: [everywhere] }).mode).toBe('global-job');
  });

  it('must have no number of healthy tasks where the health check is switched off', () => {
    const off = swarmService({
      Spec: serviceSpec({ TaskTemplate: { ContainerSpec: { Healthcheck: { Test: ['NONE'] } } } }),
    });
    expect(service({ services: [off] }).replicas.healthy).toBeNull();
  });

  it('must say why a policy cannot be used', () => {
    const wrong = swarmService({
      Spec: serviceSpec({ Labels: { ...OURS, 'scalectl.autoscale': 'perhaps' } }),
    });
    expect(service({ services: [wrong] })).toMatchObject({
      policy: null,
      policyProblems: ['service shop_web, label scalectl.autoscale "perhaps" is neither true nor false'],
    });
  });

  it('must keep the full name of a service that only begins like the stack', () => {
    const foreign = swarmService({
      Spec: serviceSpec({ Labels: { 'com.docker.stack.namespace': 'other' } }),
    });
    expect(service({ services: [foreign] }).name).toBe('shop_web');
  });
});

describe('the status of nodes', () => {
  it('must be sorted by name, with what is not known null', () => {
    const nodes = [
      swarmNode('b', {
        Spec: { Role: 'worker', Availability: 'drain' },
        Status: { State: 'down', Addr: '10.0.0.2' },
        Description: { Hostname: 'b', Engine: { EngineVersion: '20.10.24' } },
      }),
      swarmNode('a', { ManagerStatus: { Leader: true } }),
    ];
    expect(status({ nodes }).nodes).toEqual([
      {
        name: 'a',
        role: 'manager',
        leader: true,
        state: 'ready',
        availability: 'active',
        address: null,
        engineVersion: null,
      },
      {
        name: 'b',
        role: 'worker',
        leader: false,
        state: 'down',
        availability: 'drain',
        address: '10.0.0.2',
        engineVersion: '20.10.24',
      },
    ]);
  });
});
