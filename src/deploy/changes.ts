/** What differs between two service specs, in a person's words. */

import { IMAGE_LABEL, NAMESPACE_LABEL } from '../stack/names.js';
import type { ServiceSpec } from '../swarm/objects.js';
import { formatDurationMs } from '../text.js';
import { normalise, USUAL_UPDATE, type Names } from './normalise.js';
import { CONSTRAINTS, type Change } from './plan.js';

export function changesBetween(live: ServiceSpec, desired: ServiceSpec, names: Names): Change[] {
  const comparison = new Comparison(`${desired.Labels[NAMESPACE_LABEL] ?? ''}_`);
  comparison.compare(normalise(live, names), normalise(desired, names), []);
  const { changes } = comparison;
  // The label repeats what the image says.
  const imageChanges = changes.some(({ what }) => what === 'image');
  const told = imageChanges ? changes.filter(({ what }) => what !== `label ${IMAGE_LABEL}`) : changes;
  // Whatever is written to a job runs it again. Source: swarmkit, manager/controlapi, UpdateService: JobIteration.
  const isJob = desired.Mode.ReplicatedJob !== undefined || desired.Mode.GlobalJob !== undefined;
  return isJob ? told.map((change) => ({ ...change, restartsTasks: true })) : told;
}

/** Differences between two mappings of texts or of anything else, as `PREFIX KEY from -> to`. */
export function changesInMap(
  prefix: string,
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  restartsTasks: boolean,
): Change[] {
  return keysOf(from, to).flatMap((key) =>
    equal(from[key], to[key])
      ? []
      : [{ what: `${prefix}${key}`, from: shortText(from[key]), to: shortText(to[key]), restartsTasks }],
  );
}

class Comparison {
  readonly changes: Change[] = [];

  /** @param prefix what the stack's own objects begin with */
  constructor(private readonly prefix: string) {}

  compare(from: unknown, to: unknown, path: readonly string[]): void {
    if (equal(from, to)) return;
    const special = SPECIAL[path.join('.')];
    if (special !== undefined) {
      special(this, mapOf(from), mapOf(to));
    } else if (path.join('.') === 'TaskTemplate.ContainerSpec.Env') {
      this.#environment(textsOf(from), textsOf(to));
    } else if (isMap(from) && isMap(to)) {
      for (const key of keysOf(from, to)) this.compare(from[key], to[key], [...path, key]);
    } else if (isMap(from ?? to) && !isMap(from) !== !isMap(to)) {
      // One side says nothing at all: what the other says is said one by one.
      this.compare(from ?? {}, to ?? {}, path);
    } else {
      const [before, after] = differing(from, to);
      const show = (value: unknown) => shortText(inUnits(path.at(-1) ?? '', value));
      this.add(nameOf(path), restarts(path), show(before), show(after));
    }
  }

  add(what: string, restartsTasks: boolean, from: string | null = null, to: string | null = null): void {
    this.changes.push({ what, from, to, restartsTasks });
  }

  /** Values stay unsaid: people put passwords there against all advice. */
  #environment(from: readonly string[], to: readonly string[]): void {
    const [before, after] = [environment(from), environment(to)];
    for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      if (before.get(key) === after.get(key)) continue;
      const verb = before.has(key) ? (after.has(key) ? 'changed' : 'removed') : 'added';
      this.add(`env ${key} ${verb}`, true);
    }
  }

  /** A config that is named after its content has another name for another content. */
  references(kind: 'secret' | 'config', from: Entries, to: Entries): void {
    for (const target of keysOf(from, to)) {
      const [before, after] = [mapOf(from[target]), mapOf(to[target])];
      if (equal(before, after)) continue;
      const [was, is] = [nameIn(before), nameIn(after)];
      if (is === '') this.add(`${kind} ${this.#key(was)} removed`, true);
      else if (was === '') this.add(`${kind} ${this.#key(is)} added`, true);
      else if (this.#key(was) !== this.#key(is)) this.add(`${kind} ${target}`, true, was, is);
      else if (was !== is) this.add(`${kind} ${this.#key(is)}: new content`, true);
      for (const part of keysOf(before, after)) {
        const show = (value: unknown) => shortText(part === 'Mode' ? octal(value) : value);
        if (part === 'Name' || was === '' || is === '' || equal(before[part], after[part])) continue;
        this.add(
          `${kind} ${this.#key(is)} ${part.toLowerCase()}`,
          true,
          show(before[part]),
          show(after[part]),
        );
      }
    }
  }

  /** One that is not there works like the usual one, and is another spec all the same. */
  updates(path: 'UpdateConfig' | 'RollbackConfig', from: Entries, to: Entries): void {
    const before = this.changes.length;
    const isThere = (config: Entries) => Object.keys(config).length > 0;
    const orUsual = (config: Entries): Entries => (isThere(config) ? config : USUAL_UPDATE);
    const [was, is] = [orUsual(from), orUsual(to)];
    for (const key of keysOf(was, is)) this.compare(was[key], is[key], [path, key]);
    if (this.changes.length > before) return;
    const show = (config: Entries) => (isThere(config) ? 'as usual' : null);
    this.add(nameOf([path]), false, show(from), show(to));
  }

  networks(from: Entries, to: Entries): void {
    for (const name of keysOf(from, to)) {
      const [before, after] = [from[name], to[name]];
      if (before === undefined) this.add(`network ${name} joined`, true);
      else if (after === undefined) this.add(`network ${name} left`, true);
      else this.compare(before, after, ['TaskTemplate', 'network', name]);
    }
  }

  mounts(from: Entries, to: Entries): void {
    for (const target of keysOf(from, to)) {
      const [before, after] = [mapOf(from[target]), mapOf(to[target])];
      if (from[target] === undefined) this.add(`volume ${target}`, true, null, sourceOf(after));
      else if (to[target] === undefined) this.add(`volume ${target}`, true, sourceOf(before));
      else this.compare(before, after, ['TaskTemplate', 'volume', target]);
    }
  }

  #key(name: string): string {
    const key = name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name;
    return key.replace(/(?<=.)-[0-9a-f]{12}$/, '');
  }
}

type Entries = Readonly<Record<string, unknown>>;

const SPECIAL: Readonly<Record<string, (comparison: Comparison, from: Entries, to: Entries) => void>> = {
  'TaskTemplate.ContainerSpec.Secrets': (it, from, to) => it.references('secret', from, to),
  'TaskTemplate.ContainerSpec.Configs': (it, from, to) => it.references('config', from, to),
  'TaskTemplate.ContainerSpec.Mounts': (it, from, to) => it.mounts(from, to),
  'TaskTemplate.Networks': (it, from, to) => it.networks(from, to),
  UpdateConfig: (it, from, to) => it.updates('UpdateConfig', from, to),
  RollbackConfig: (it, from, to) => it.updates('RollbackConfig', from, to),
};

/**
 * Of a placement Swarm moves only the tasks that it excludes; all else in a task's template and the endpoint replaces
 * tasks. Source: swarmkit, manager/orchestrator, IsTaskDirty.
 */
function restarts([first, second]: readonly string[]): boolean {
  return first === 'EndpointSpec' || (first === 'TaskTemplate' && second !== 'Placement');
}

/** Of two lists of ports only the entries that are not in both. */
function differing(from: unknown, to: unknown): [unknown, unknown] {
  if (!isPorts(from ?? to)) return [from, to];
  const [before, after] = [textsOf(from), textsOf(to)];
  const only = (ours: readonly string[], theirs: readonly string[]) => {
    const left = ours.filter((entry) => !theirs.includes(entry));
    return left.length === 0 ? undefined : left.join(', ');
  };
  return [only(before, after), only(after, before)];
}

function isPorts(value: unknown): boolean {
  return textsOf(value).some((entry) => /^(\d+:)?\d+\/(tcp|udp|sctp)( \(host\))?$/.test(entry));
}

function environment(list: readonly string[]): Map<string, string> {
  return new Map(
    list.map((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at)];
    }),
  );
}

const NAMES: Readonly<Record<string, string>> = {
  'TaskTemplate.ContainerSpec.Image': 'image',
  'TaskTemplate.ContainerSpec.Args': 'command',
  'TaskTemplate.ContainerSpec.Command': 'entrypoint',
  'TaskTemplate.ContainerSpec.Dir': 'working_dir',
  'TaskTemplate.ContainerSpec.TTY': 'tty',
  'TaskTemplate.ContainerSpec.OpenStdin': 'stdin_open',
  'TaskTemplate.Resources.Limits.NanoCPUs': 'cpu limit',
  'TaskTemplate.Resources.Limits.MemoryBytes': 'memory limit',
  'TaskTemplate.Resources.Limits.Pids': 'pids limit',
  'TaskTemplate.Resources.Reservations.NanoCPUs': 'cpu reservation',
  'TaskTemplate.Resources.Reservations.MemoryBytes': 'memory reservation',
  'TaskTemplate.Placement.Constraints': CONSTRAINTS,
  'TaskTemplate.Placement.MaxReplicas': 'max replicas per node',
  'EndpointSpec.Ports': 'ports',
  'EndpointSpec.Mode': 'endpoint mode',
  'Mode.Replicated': 'replicas',
  'Mode.ReplicatedJob.MaxConcurrent': 'tasks at once',
  'Mode.ReplicatedJob.TotalCompletions': 'completions',
};

function nameOf(path: readonly string[]): string {
  const known = NAMES[path.join('.')];
  if (known !== undefined) return known;
  if (path[0] === 'Labels') return `label ${path.slice(1).join('.')}`;
  if (path[1] === 'ContainerSpec' && path[2] === 'Labels')
    return `container label ${path.slice(3).join('.')}`;
  const tail = path.filter((part) => part !== 'TaskTemplate' && part !== 'ContainerSpec');
  return tail.map((part) => (part.includes('/') ? part : words(part))).join(' ');
}

/** `FailureAction` -> `failure action`. */
function words(part: string): string {
  return /^[A-Z]/.test(part) ? part.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase() : part;
}

const DURATIONS = new Set(['StopGracePeriod', 'Interval', 'Timeout', 'StartPeriod', 'StartInterval']);
for (const name of ['Delay', 'Monitor', 'Window']) DURATIONS.add(name);

/** Nanoseconds, bytes and billionths of a core as a file has them. */
function inUnits(key: string, value: unknown): unknown {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return value;
  if (DURATIONS.has(key)) return formatDurationMs(number / 1e6);
  if (key === 'NanoCPUs') return String(number / 1e9);
  if (key === 'MemoryBytes' || key === 'SizeBytes') return bytesText(number);
  return value;
}

function bytesText(bytes: number): string {
  for (const [unit, size] of Object.entries({ G: 1024 ** 3, M: 1024 ** 2, K: 1024 })) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

function octal(value: unknown): unknown {
  return typeof value === 'number' ? `0${value.toString(8)}` : value;
}

function shortText(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function nameIn(entry: Entries): string {
  return typeof entry['Name'] === 'string' ? entry['Name'] : '';
}

function sourceOf(mount: Entries): string {
  const { Source, Type } = mount as { Source?: string; Type?: string };
  return Source ?? Type ?? '';
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function mapOf(value: unknown): Entries {
  return isMap(value) ? value : {};
}

function keysOf(a: Entries, b: Entries): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
