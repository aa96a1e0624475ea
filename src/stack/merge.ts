/**
 * Several stack files become one. Docker's rules: mappings are merged at every depth, a scalar replaces, lists are
 * appended, `command` and `entrypoint` are replaced; ports go by what they publish, mounts by their target, secrets and
 * configs by their source; top-level entries are replaced whole. A value that Go takes for empty ("", 0, false) does not
 * replace anything, except the few numbers where nothing and 0 are told apart.
 *
 * Unlike docker, entries of one file never push each other out (docker/cli#6223 loses unpublished ports and one of
 * 53/tcp and 53/udp), and a health check's test is replaced, not appended to.
 */

import { parseDurationNs } from '../text.js';
import { dependencies } from './forms.js';
import { expandPort, mountTarget, portKey, publishedPort } from './merge-keys.js';
import {
  child,
  entriesOf,
  isListTree,
  isMapTree,
  itemsOf,
  mapEntries,
  placeOf,
  textOf,
  withEntry,
  type ListTree,
  type Tree,
} from './tree.js';

export interface MergeOptions {
  /** `docker`: for several files; `compose`: for `extends`, where an empty value replaces too and doubles go */
  rules: 'docker' | 'compose';
  /** called with a warning for what docker's rules leave as it was although the later file says otherwise */
  onIgnored?: (warning: string) => void;
}

/** The later file's `version` is not looked at: it must be equal, which is checked elsewhere. */
export function mergeFiles(base: Tree, over: Tree, options: MergeOptions): Tree {
  let merged = base;
  for (const [key, value] of entriesOf(over)) {
    const before = child(merged, key);
    if (key === 'services') {
      merged = withEntry(merged, key, before === undefined ? value : mergeServices(before, value, options));
    } else if (isMapTree(before) && isMapTree(value) && !key.startsWith('x-')) {
      merged = withEntry(merged, key, replaceEntries(before, value));
    } else if (before === undefined ? !key.startsWith('x-') : key === 'name') {
      merged = withEntry(merged, key, value);
    }
  }
  return merged;
}

function replaceEntries(base: Tree, over: Tree): Tree {
  if (over.tag !== undefined) return over;
  return entriesOf(over).reduce((all, [key, value]) => withEntry(all, key, value), base);
}

function mergeServices(base: Tree, over: Tree, options: MergeOptions): Tree {
  if (over.tag !== undefined || !isMapTree(base) || !isMapTree(over)) return over;
  return entriesOf(over).reduce<Tree>((all, [name, service]) => {
    const before = child(all, name);
    const merged =
      before === undefined ? service : mergeService(before, service, ['services', name], options);
    return withEntry(all, name, merged);
  }, base);
}

/** @param path where the service stands, for messages */
export function mergeService(base: Tree, over: Tree, path: readonly string[], options: MergeOptions): Tree {
  return new ServiceMerge(options, path).service(base, over);
}

const REPLACED = new Set(['command', 'entrypoint', 'healthcheck.test', 'networks.*.aliases', 'ulimits.*']);
const TEXT_MAPS = new Set(['labels', 'deploy.labels', 'sysctls', 'logging.options']);
/** Numbers that docker can tell from nothing. */
const ZERO_COUNTS = new Set([
  'deploy.replicas',
  'deploy.update_config.parallelism',
  'deploy.rollback_config.parallelism',
  'deploy.restart_policy.max_attempts',
  'healthcheck.retries',
]);
const DURATIONS =
  /(?:^stop_grace_period|^healthcheck\.(?:interval|timeout|start_period|start_interval)|\.(?:delay|monitor|window))$/;

class ServiceMerge {
  constructor(
    private readonly options: MergeOptions,
    private readonly root: readonly string[],
  ) {}

  service(base: Tree, over: Tree): Tree {
    if (over.tag !== undefined || !isMapTree(base) || !isMapTree(over)) {
      return over.content === null && over.tag === undefined ? base : over;
    }
    const merged = this.maps(base, over, []);
    return this.options.rules === 'docker' ? inDockersOrder(merged) : merged;
  }

  private merge(base: Tree, over: Tree, path: readonly string[]): Tree {
    if (over.tag !== undefined || base.tag === 'reset' || (isOpen(path) && !isCollection(over))) return over;
    if (over.content === null) return base;
    const rule = path.join('.').replace(/^(networks|ulimits)\.[^.]+/, '$1.*');
    if (rule === 'depends_on' && isListTree(base) !== isListTree(over)) {
      return this.merge(dependencies(base), dependencies(over), path);
    }
    if (REPLACED.has(rule)) return this.isEmpty(over, rule) ? base : over;
    if (rule === 'logging' && otherDriver(base, over)) return over;
    if (isMapTree(base) && isMapTree(over)) return this.maps(base, over, path);
    if (isListTree(base) && isListTree(over)) return this.lists(base, over, rule);
    if (!this.isEmpty(over, rule)) return over;
    const [later, kept] = [textOf(over), textOf(base)];
    if (later !== null && kept !== null && later !== kept && !this.isEmpty(base, rule)) {
      // What it would have replaced may be a password.
      const at = [...this.root, ...path].join('.');
      this.options.onIgnored?.(
        `${placeOf(over)}: ${at}: ${later === '' ? 'an empty text' : later} does not replace what an earlier file says, ` +
          'as with docker; write !override before it to insist',
      );
    }
    return base;
  }

  private maps(base: Tree, over: Tree, path: readonly string[]): Tree {
    return entriesOf(over).reduce((all, [key, value]) => {
      const before = child(all, key);
      return withEntry(all, key, before === undefined ? value : this.merge(before, value, [...path, key]));
    }, base);
  }

  private lists(base: ListTree, over: ListTree, rule: string): Tree {
    const key = KEYS[rule];
    if (key === undefined) {
      const known = new Set(this.options.rules === 'compose' ? base.content.map((item) => textOf(item)) : []);
      const added = over.content.filter((item) => textOf(item) === null || !known.has(textOf(item)));
      return { ...base, content: [...base.content, ...added] };
    }
    const [before, later] =
      rule === 'ports' ? [expanded(base), expanded(over)] : [base.content, over.content];
    const replaced = new Set(later.map(key));
    return { ...base, content: [...before.filter((item) => !replaced.has(key(item))), ...later] };
  }

  /** Whether Go would take it for nothing. */
  private isEmpty({ content }: Tree, rule: string): boolean {
    if (isEmptyCollection(content)) return true;
    if (this.options.rules === 'compose') return false;
    if (content === '' || content === false) return true;
    if (content === 0) return !ZERO_COUNTS.has(rule);
    if (typeof content !== 'string') return false;
    return DURATIONS.test(rule)
      ? parseDurationNs(content) === 0
      : rule.endsWith('.memory') && /^0+\D*$/.test(content);
  }
}

/** Whether this is an entry of a mapping of plain texts, where Go merges the keys and nothing more. */
function isOpen(path: readonly string[]): boolean {
  return TEXT_MAPS.has(path.slice(0, -1).join('.')) || path[0]?.startsWith('x-') === true;
}

function isCollection({ content }: Tree): boolean {
  return content !== null && typeof content === 'object';
}

function isEmptyCollection(content: Tree['content']): boolean {
  return (content instanceof Map && content.size === 0) || (Array.isArray(content) && content.length === 0);
}

const source = (item: Tree) => textOf(item) ?? textOf(child(item, 'source')) ?? '';

/** What makes two entries of a list the same one. */
const KEYS: Readonly<Record<string, (item: Tree) => string>> = {
  ports: portKey,
  volumes: mountTarget,
  secrets: source,
  configs: source,
};

function otherDriver(base: Tree, over: Tree): boolean {
  const [before, later] = [textOf(child(base, 'driver')), textOf(child(over, 'driver'))];
  return before !== null && later !== null && before !== later;
}

function expanded(list: ListTree): readonly Tree[] {
  return list.content.flatMap(expandPort);
}

/** Docker sorts what it merges by key, also where only one of the files has it. */
function inDockersOrder(service: Tree): Tree {
  const sort = (value: Tree, by: (a: Tree, b: Tree) => number): Tree =>
    isListTree(value) ? { ...value, content: [...itemsOf(value)].sort(by) } : value;
  return mapEntries(service, (value, key) => {
    if (key === 'volumes') return sort(value, (a, b) => compare(mountTarget(a), mountTarget(b)));
    if (key === 'ports') return sort(value, (a, b) => publishedPort(a) - publishedPort(b));
    return key === 'secrets' || key === 'configs'
      ? sort(value, (a, b) => compare(source(a), source(b)))
      : value;
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
