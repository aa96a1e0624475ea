import { describe, expect, it } from 'vitest';
import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';
import { reservationsOf, roomOf } from './capacity.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');

const node = (id: string, cpus: number): SwarmNode => ({
  ID: id,
  Spec: { Role: 'worker', Availability: 'active' },
  Description: { Hostname: id, Resources: { NanoCPUs: cpus * 1e9, MemoryBytes: 4e9 } },
  Status: { State: 'ready' },
});

function task(
  serviceId: string,
  cpus: number,
  status: Partial<SwarmTask['Status']>,
  nodeId?: string,
): SwarmTask {
  return {
    ID: `${serviceId}-${nodeId}`,
    ServiceID: serviceId,
    DesiredState: 'running',
    CreatedAt: new Date(NOW - 11_000).toISOString(),
    Spec: { Resources: { Reservations: { NanoCPUs: cpus * 1e9 } } },
    Status: { State: 'running', Timestamp: new Date(NOW).toISOString(), ...status },
    ...(nodeId === undefined ? {} : { NodeID: nodeId }),
  } as SwarmTask;
}

function service(replicas: number, cpus: number): SwarmService {
  return {
    ID: 'web',
    Spec: {
      Name: 'web',
      Mode: { Replicated: { Replicas: replicas } },
      TaskTemplate: { Resources: { Reservations: { NanoCPUs: cpus * 1e9 } } },
    },
  } as SwarmService;
}

const room = (replicas: number, cpus: number, tasks: SwarmTask[], nodes = [node('a', 2), node('b', 2)]) =>
  roomOf(
    service(replicas, cpus),
    tasks.filter(({ ServiceID }) => ServiceID === 'web'),
    reservationsOf(nodes, tasks),
    NOW,
  );

describe('room for a service', () => {
  it('is what the tasks of all services leave free', () => {
    expect(room(1, 1, [task('web', 1, {}, 'a'), task('other', 1, {}, 'b')])?.more).toBe(2);
  });

  it('is less by replicas that were asked for and have no place yet', () => {
    expect(room(3, 1, [task('web', 1, {}, 'a')])?.more).toBe(1);
  });

  it('is unbounded without reservations', () => {
    expect(room(1, 0, [task('web', 0, {}, 'a')])).toBeNull();
  });

  it('does not grow where not even those asked for fit', () => {
    expect(room(7, 1, [task('web', 1, {}, 'a')])?.more).toBe(-3);
  });

  it('is reckoned in one tick for each service as if it were the only one', () => {
    const tasks = [task('web', 1, {}, 'a'), task('other', 1, {}, 'b')];
    const nodes = [node('a', 2), node('b', 3)];
    const own = tasks.slice(0, 1);
    const limited = service(2, 1);
    limited.Spec.TaskTemplate.Placement = { MaxReplicas: 1 };
    const bound = service(1, 1);
    bound.Spec.TaskTemplate.Placement = { Constraints: ['node.id==a'] };
    const services = [service(1, 1), service(1, 1), service(3, 1), service(1, 2), bound, limited];
    const together = reservationsOf(nodes, tasks);
    const seen = services.map((one) => roomOf(one, own, together, NOW)?.more);
    expect(seen).toEqual([3, 3, 1, 1, 1, 0]);
    expect(services.map((one) => roomOf(one, own, reservationsOf(nodes, tasks), NOW)?.more)).toEqual(seen);
  });

  // The words of Swarm's scheduler, all of which begin alike (manager/scheduler: filter.go, scheduler.go).
  it.each([
    'no suitable node',
    'no suitable node (insufficient resources on 3 nodes)',
    'no suitable node (insufficient resources on 1 node; scheduling constraints not satisfied on 2 nodes)',
    'no suitable node (scheduling constraints not satisfied on 1 node)',
    'no suitable node (max replicas per node limit exceed)',
    'no suitable node (host-mode port already in use on 1 node)',
    'no suitable node (unsupported platform on 2 nodes)',
    'no suitable node (1 node not available for new tasks)',
  ])('ends where a task was refused a place for long: %s', (Err) => {
    const waits = task('web', 0, { State: 'pending', Err });
    expect(room(2, 0, [task('web', 0, {}, 'a'), waits])).toEqual({
      more: 0,
      short: `a replica finds no place: ${Err}`,
    });
    const young = { ...waits, CreatedAt: new Date(NOW - 9_000).toISOString() };
    expect(room(2, 0, [task('web', 0, {}, 'a'), young])).toBeNull();
    const taken = { ...waits, Status: { ...waits.Status, State: 'assigned' as const }, NodeID: 'b' };
    expect(room(2, 0, [task('web', 0, {}, 'a'), taken])).toBeNull();
  });

  it('goes on while a task waits for another reason', () => {
    const waits = task('web', 0, { State: 'pending', Err: '', Message: 'pending task scheduling' });
    expect(room(2, 0, [task('web', 0, {}, 'a'), waits])).toBeNull();
  });
});
