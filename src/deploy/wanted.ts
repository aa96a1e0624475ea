/** How many tasks a service is to have, and on which nodes. */

import type { SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';

/**
 * @param current the tasks that carry the service's present spec
 * @returns how many places are to be filled
 */
export function wantedTasks(
  service: SwarmService,
  current: readonly SwarmTask[],
  nodes: readonly SwarmNode[],
): number {
  const { Replicated, ReplicatedJob } = service.Spec.Mode;
  if (Replicated !== undefined) return Replicated.Replicas ?? 1;
  if (ReplicatedJob !== undefined) return ReplicatedJob.TotalCompletions ?? ReplicatedJob.MaxConcurrent ?? 1;
  return nodes.filter((node) => isEligible(node, service, current)).length;
}

/** Whether a global service is to have a task there. Source: swarmkit, global orchestrator and scheduler filters. */
export function isEligible(
  node: SwarmNode,
  { Spec: { TaskTemplate } }: SwarmService,
  current: readonly SwarmTask[],
): boolean {
  const { Availability } = node.Spec;
  if (node.Status.State === 'down' || Availability === 'drain') return false;
  // What runs on a paused node stays; nothing new is started there.
  const isThere = ({ NodeID, Status }: SwarmTask) =>
    NodeID === node.ID && ['running', 'complete'].includes(Status.State);
  if (Availability === 'pause' && !current.some(isThere)) return false;
  const { Constraints = [], Platforms = [] } = TaskTemplate.Placement ?? {};
  const hasOne = current.some(({ NodeID }) => NodeID === node.ID);
  return Constraints.every((text) => meets(node, text, hasOne)) && runsOneOf(node, Platforms);
}

/**
 * Source: swarmkit `constraint.NodeMatches`; values are compared without regard to case.
 * @param hasOne whether Swarm has given the node a task, which decides where an address range is asked for
 */
function meets(node: SwarmNode, constraint: string, hasOne: boolean): boolean {
  const [, key = '', operator, value = ''] = /^\s*(\S+?)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? [];
  if (key.toLowerCase() === 'node.ip' && value.includes('/')) return hasOne;
  const found = attributeOf(node, key);
  if (found === undefined) return false;
  const same = found.toLowerCase() === value.toLowerCase();
  return operator === '==' ? same : !same;
}

/** An absent label counts as empty; undefined is a key that no node has. */
function attributeOf(node: SwarmNode, key: string): string | undefined {
  const name = key.toLowerCase();
  if (name.startsWith('node.labels.')) return node.Spec.Labels?.[key.slice('node.labels.'.length)] ?? '';
  if (name.startsWith('engine.labels.')) {
    return node.Description.Engine?.Labels?.[key.slice('engine.labels.'.length)] ?? '';
  }
  switch (name) {
    case 'node.id':
      return node.ID;
    case 'node.hostname':
      return node.Description.Hostname;
    case 'node.role':
      return node.Spec.Role;
    case 'node.ip':
      return node.Status.Addr ?? '';
    case 'node.platform.os':
      return node.Description.Platform?.OS ?? '';
    case 'node.platform.arch':
      return node.Description.Platform?.Architecture ?? '';
    default:
      return undefined;
  }
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

function runsOneOf(
  { Description: { Platform } }: SwarmNode,
  platforms: readonly { Architecture?: string; OS?: string }[],
): boolean {
  if (platforms.length === 0 || Platform === undefined) return true;
  const known = (name: string | undefined) => ARCHITECTURES[name ?? ''] ?? name ?? '';
  const fits = (asked: string | undefined, has: string | undefined) =>
    known(asked) === '' || known(asked) === known(has);
  return platforms.some(
    ({ Architecture, OS }) => fits(Architecture, Platform.Architecture) && fits(OS, Platform.OS),
  );
}
