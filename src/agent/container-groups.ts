/** Which control groups are containers, where the host's control groups are mounted into the agent's own container. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  filesOfVersion1,
  filesOfVersion2,
  leadsOut,
  parseCgroups,
  type CgroupFiles,
  type CgroupPaths,
} from '../signals/cgroup-files.js';

/** `<id>` with Docker's own driver, `docker-<id>.scope` with systemd's. */
const CONTAINER = /^(?:docker-)?([0-9a-f]{64})(?:\.scope)?$/;

/** A tree deeper or larger than any Engine makes is not walked to its end. */
const DEEPEST = 8;
const MOST_DIRECTORIES = 4_096;

export interface GroupsOptions {
  /** where the host's control groups are mounted */
  root: string;
  procRoot?: string;
}

/** Finds the containers of one Engine, or of the whole machine; the files of one are looked up once. */
export class ContainerGroups {
  readonly version: 1 | 2;
  /** the group that holds the containers of the agent's own Engine; null where the whole tree is looked through */
  readonly parent: CgroupPaths | null;
  readonly #root: string;
  #known = new Map<string, CgroupFiles>();

  constructor({ root, procRoot = '/proc' }: GroupsOptions) {
    this.#root = root;
    this.version = existsSync(join(root, 'cpuacct')) ? 1 : 2;
    this.parent = this.#findParent(procRoot);
  }

  /** The files of every container there is now, by container id. */
  list(): ReadonlyMap<string, CgroupFiles> {
    const found = new Map<string, CgroupFiles>();
    const add = (id: string, make: () => CgroupFiles): void => {
      found.set(id, this.#known.get(id) ?? make());
    };
    const { parent } = this;
    if (parent === null) {
      walk(this.#base(), (id, path) => {
        add(id, () =>
          this.version === 1
            ? filesOfVersion1(this.#root, { cpuacct: path, cpu: path, memory: path })
            : filesOfVersion2(this.#root, path),
        );
      });
    } else {
      for (const name of directories(join(this.#base(), parent.cpuacct))) {
        const id = CONTAINER.exec(name)?.[1];
        if (id === undefined) continue;
        const below = (path: string): string => join(path, name);
        add(id, () =>
          this.version === 1
            ? filesOfVersion1(this.#root, {
                cpuacct: below(parent.cpuacct),
                cpu: parent.cpu === null ? null : below(parent.cpu),
                memory: below(parent.memory),
              })
            : filesOfVersion2(this.#root, below(parent.cpuacct)),
        );
      }
    }
    this.#known = found;
    return found;
  }

  #base(): string {
    return this.version === 1 ? join(this.#root, 'cpuacct') : this.#root;
  }

  /**
   * The agent runs in a container itself, and its siblings are those of its own Engine: where several Engines share a
   * machine, each agent tells of its own. Without a cgroup namespace, as is usual for version 1, its path can be seen.
   */
  #findParent(procRoot: string): CgroupPaths | null {
    let paths: ReadonlyMap<string, string>;
    try {
      paths = parseCgroups(readFileSync(join(procRoot, 'self/cgroup'), 'latin1'));
    } catch {
      return null;
    }
    const parentOf = (controller: string): string | null => {
      const path = paths.get(this.version === 1 ? controller : '');
      return path !== undefined && CONTAINER.test(basename(path)) && !leadsOut(path) ? dirname(path) : null;
    };
    const [cpuacct, cpu, memory] = [parentOf('cpuacct'), parentOf('cpu'), parentOf('memory')];
    if (cpuacct === null || memory === null || !existsSync(join(this.#base(), cpuacct))) return null;
    return { cpuacct, cpu, memory };
  }
}

/** Whether there are control groups of a version that can be read. */
export function hasGroups(root: string): boolean {
  return existsSync(join(root, 'cpuacct')) || existsSync(join(root, 'cgroup.controllers'));
}

/** Calls with the path of each container below; what is inside a container is its own. */
function walk(base: string, onContainer: (id: string, path: string) => void): void {
  const open: { path: string; depth: number }[] = [{ path: '/', depth: 0 }];
  for (let seen = 0; open.length > 0 && seen < MOST_DIRECTORIES; seen++) {
    const next = open.shift();
    if (next === undefined) return;
    for (const name of directories(join(base, next.path))) {
      const path = join(next.path, name);
      const id = CONTAINER.exec(name)?.[1];
      if (id !== undefined) onContainer(id, path);
      else if (next.depth < DEEPEST) open.push({ path, depth: next.depth + 1 });
    }
  }
}

function directories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    return [];
  }
}
