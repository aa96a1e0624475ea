/** What differs between two service specs, in a person's words. */

import type { ServiceSpec } from '../swarm/objects.js';
import type { Change } from './plan.js';
import { normalise } from './normalise.js';

export function changesBetween(
  live: ServiceSpec,
  desired: ServiceSpec,
  networkName: (idOrName: string) => string,
): Change[] {
  const changes: Change[] = [];
  compare(normalise(live, networkName), normalise(desired, networkName), [], changes);
  return changes;
}

function compare(from: unknown, to: unknown, path: string[], changes: Change[]): void {
  if (equal(from, to)) return;
  if (isMap(from) && isMap(to)) {
    for (const key of [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()) {
      compare(from[key], to[key], [...path, key], changes);
    }
    return;
  }
  if (path.at(-1) === 'Env') {
    compareEnvironment(from, to, changes);
    return;
  }
  const [before, after] = differing(from, to);
  changes.push({
    what: nameOf(path),
    from: shortText(before),
    to: shortText(after),
    // Swarm moves only the tasks that a new constraint excludes. Source: swarmkit, orchestrator.IsTaskDirty.
    restartsTasks: path[0] === 'EndpointSpec' || (path[0] === 'TaskTemplate' && path[1] !== 'Placement'),
  });
}

/** Of two lists of objects (ports, mounts, networks) only the entries that are not in both. */
function differing(from: unknown, to: unknown): [unknown, unknown] {
  const entries = (value: unknown): unknown[] | null =>
    value === undefined ? [] : Array.isArray(value) && value.every(isMap) ? value : null;
  const [before, after] = [entries(from), entries(to)];
  if (before === null || after === null) return [from, to];
  const only = (ours: unknown[], theirs: unknown[]) => {
    const left = ours.filter((entry) => !theirs.some((other) => equal(entry, other)));
    return left.length === 0 ? undefined : left;
  };
  const [lost, gained] = [only(before, after), only(after, before)];
  // Nothing but the order differs.
  return lost === undefined && gained === undefined ? [from, to] : [lost, gained];
}

/** Values stay unsaid: people put passwords there against all advice. */
function compareEnvironment(from: unknown, to: unknown, changes: Change[]): void {
  const before = environment(from);
  const after = environment(to);
  for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    if (before.get(key) === after.get(key)) continue;
    const verb = before.has(key) ? (after.has(key) ? 'changed' : 'removed') : 'added';
    changes.push({ what: `env ${key} ${verb}`, from: null, to: null, restartsTasks: true });
  }
}

function environment(list: unknown): Map<string, string> {
  return new Map(
    (Array.isArray(list) ? (list as string[]) : []).map((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at)];
    }),
  );
}

const NAMES: Record<string, string> = {
  'TaskTemplate.ContainerSpec.Image': 'image',
  'TaskTemplate.ContainerSpec.Args': 'command',
  'TaskTemplate.ContainerSpec.Command': 'entrypoint',
  'TaskTemplate.ContainerSpec.Mounts': 'volumes',
  'TaskTemplate.ContainerSpec.Secrets': 'secrets',
  'TaskTemplate.ContainerSpec.Configs': 'configs',
  'TaskTemplate.Networks': 'networks',
  'EndpointSpec.Ports': 'ports',
  'Mode.replicated': 'replicas',
};

function nameOf(path: string[]): string {
  const full = path.join('.');
  const known = NAMES[full];
  if (known !== undefined) return known;
  if (path[0] === 'Labels') return `label ${path.slice(1).join('.')}`;
  if (path[1] === 'ContainerSpec' && path[2] === 'Labels')
    return `container label ${path.slice(3).join('.')}`;
  const tail = path.filter((part) => part !== 'TaskTemplate' && part !== 'ContainerSpec');
  return tail.map((part) => part.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()).join(' ');
}

function shortText(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
