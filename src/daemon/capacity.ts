/** The Swarm's nodes and tasks as `roomFor` wants them: what is free where, and what waits for a place. */

import { roomFor, type NodeRoom, type Room } from '../autoscale/capacity.js';
import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';

/** Swarm looks for a place again and again; what found none for so long is stuck. */
const STUCK_AFTER_MS = 10_000;

/** What all tasks together leave free, reckoned once per tick; of no service in particular, so that `own` is 0. */
export type Reservations = readonly NodeRoom[];

/** @param tasks of all services, not only those that are scaled: they share the nodes */
export function reservationsOf(nodes: readonly SwarmNode[], tasks: readonly SwarmTask[]): Reservations {
  const nanoCpus = new Map<string, number>();
  const bytes = new Map<string, number>();
  for (const { NodeID, Spec } of tasks) {
    if (NodeID === undefined || NodeID === '') continue;
    const { NanoCPUs = 0, MemoryBytes = 0 } = Spec.Resources?.Reservations ?? {};
    nanoCpus.set(NodeID, (nanoCpus.get(NodeID) ?? 0) + NanoCPUs);
    bytes.set(NodeID, (bytes.get(NodeID) ?? 0) + MemoryBytes);
  }
  return nodes.map((node) => {
    const total = node.Description.Resources;
    return {
      id: node.ID,
      hostname: node.Description.Hostname,
      role: node.Spec.Role,
      labels: node.Spec.Labels ?? {},
      open: node.Spec.Availability === 'active' && node.Status.State === 'ready',
      freeNanoCpus: free(total?.NanoCPUs, nanoCpus.get(node.ID)),
      freeBytes: free(total?.MemoryBytes, bytes.get(node.ID)),
      own: 0,
    };
  });
}

/** @param own the service's tasks that are meant to run */
export function roomOf(
  service: SwarmService,
  own: readonly SwarmTask[],
  reserved: Reservations,
  wallMs: number,
): Room | null {
  const stuck = own.find((task) => isStuck(task, wallMs));
  if (stuck !== undefined) return { more: 0, short: `a replica finds no place: ${wordsOf(stuck)}` };
  const { Resources, Placement } = service.Spec.TaskTemplate;
  const ownOn = new Map<string, number>();
  for (const { NodeID } of own) {
    if (NodeID !== undefined && NodeID !== '') ownOn.set(NodeID, (ownOn.get(NodeID) ?? 0) + 1);
  }
  const placed = [...ownOn.values()].reduce((sum, one) => sum + one, 0);
  const nodes = reserved.map((node) => {
    const there = ownOn.get(node.id);
    return there === undefined ? node : { ...node, own: there };
  });
  const needs = {
    nanoCpus: Resources?.Reservations?.NanoCPUs ?? 0,
    bytes: Resources?.Reservations?.MemoryBytes ?? 0,
    constraints: Placement?.Constraints ?? [],
    maxPerNode: Placement?.MaxReplicas ?? 0,
  };
  const desired = service.Spec.Mode.Replicated?.Replicas ?? 1;
  return roomFor(nodes, needs, desired - placed);
}

function free(total: number | undefined, taken = 0): number | null {
  return total === undefined ? null : total - taken;
}

function isStuck({ Status, CreatedAt }: SwarmTask, wallMs: number): boolean {
  return (
    Status.State === 'pending' &&
    (Status.Err ?? '').startsWith('no suitable node') &&
    wallMs - Date.parse(CreatedAt) > STUCK_AFTER_MS
  );
}

function wordsOf({ Status }: SwarmTask): string {
  return Status.Err ?? Status.Message ?? 'it is pending';
}
