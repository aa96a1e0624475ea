/** The Swarm's nodes and tasks as `roomFor` wants them: what is free where, and what waits for a place. */

import { roomFor, type NodeRoom, type Room } from '../autoscale/capacity.js';
import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';

/** Swarm looks for a place again and again; what found none for so long is stuck. */
const STUCK_AFTER_MS = 10_000;

/** What all tasks together leave free, reckoned once per tick. */
export interface Reservations {
  /** of no service in particular, so that `own` is 0 */
  nodes: readonly NodeRoom[];
  /** Room that was reckoned in this tick already: of a thousand services most need the same. */
  known: Map<string, Room | null>;
}

/** @param tasks of all services, not only those that are scaled: they share the nodes */
export function reservationsOf(nodes: readonly SwarmNode[], tasks: readonly SwarmTask[]): Reservations {
  const taken = new Map(nodes.map(({ ID }) => [ID, { nanoCpus: 0, bytes: 0 }]));
  for (const { NodeID = '', Spec } of tasks) {
    const there = taken.get(NodeID);
    if (there === undefined) continue;
    const { NanoCPUs = 0, MemoryBytes = 0 } = Spec.Resources?.Reservations ?? {};
    there.nanoCpus += NanoCPUs;
    there.bytes += MemoryBytes;
  }
  const rooms = nodes.map((node): NodeRoom => {
    const total = node.Description.Resources;
    return {
      id: node.ID,
      hostname: node.Description.Hostname,
      role: node.Spec.Role,
      labels: node.Spec.Labels ?? {},
      open: node.Spec.Availability === 'active' && node.Status.State === 'ready',
      freeNanoCpus: free(total?.NanoCPUs, taken.get(node.ID)?.nanoCpus),
      freeBytes: free(total?.MemoryBytes, taken.get(node.ID)?.bytes),
      own: 0,
    };
  });
  return { nodes: rooms, known: new Map() };
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
  const needs = {
    nanoCpus: Resources?.Reservations?.NanoCPUs ?? 0,
    bytes: Resources?.Reservations?.MemoryBytes ?? 0,
    constraints: Placement?.Constraints ?? [],
    maxPerNode: Placement?.MaxReplicas ?? 0,
  };
  const placed = own.filter(hasNode).length;
  const waiting = (service.Spec.Mode.Replicated?.Replicas ?? 1) - placed;
  // Only for so many replicas per node it matters where those of this service are.
  if (needs.maxPerNode > 0) return roomFor(withOwn(reserved.nodes, own), needs, waiting);
  const key = JSON.stringify([needs.nanoCpus, needs.bytes, needs.constraints, waiting]);
  const known = reserved.known.get(key);
  if (known !== undefined) return known;
  const room = roomFor(reserved.nodes, needs, waiting);
  reserved.known.set(key, room);
  return room;
}

function withOwn(nodes: readonly NodeRoom[], own: readonly SwarmTask[]): NodeRoom[] {
  const ownOn = new Map<string, number>();
  for (const { NodeID } of own.filter(hasNode)) ownOn.set(NodeID, (ownOn.get(NodeID) ?? 0) + 1);
  return nodes.map((node) => {
    const there = ownOn.get(node.id);
    return there === undefined ? node : { ...node, own: there };
  });
}

function hasNode(task: SwarmTask): task is SwarmTask & { NodeID: string } {
  return task.NodeID !== undefined && task.NodeID !== '';
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
