import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cgroupName, nodeAddress, nodeLinkName, shortName } from './names.js';

const USUAL_ROOT = '/var/lib/scalectl-lab';

/** The repository that this lab belongs to. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Where everything of the lab that outlives a command is kept. */
export const LAB_ROOT = resolve(process.env['SCALECTL_LAB_DIR'] ?? USUAL_ROOT);

/** Tells labs in different directories apart wherever names are global to the machine. */
const SALT = LAB_ROOT === USUAL_ROOT ? '' : createHash('sha256').update(LAB_ROOT).digest('hex').slice(0, 6);

export const CACHE = join(LAB_ROOT, 'cache');
export const INSTANCES = join(LAB_ROOT, 'instances');
export const LOCKS = join(LAB_ROOT, 'locks');

/** Sockets and run-time state; short, because a socket's path may have 107 bytes only. */
export const RUN_ROOT = SALT === '' ? '/run/scalectl-lab' : `/run/scalectl-lab-${SALT}`;

export function instanceDir(name: string): string {
  return join(INSTANCES, name);
}

export function instanceRunDir(name: string): string {
  return join(RUN_ROOT, name);
}

export function shortOf(name: string): string {
  return shortName(name, SALT);
}

/** Everything that belongs to one engine. */
export interface EnginePlace {
  hostname: string;
  /** Undefined for an engine in the host's own network namespace. */
  netns: string | undefined;
  dir: string;
  dataRoot: string;
  execRoot: string;
  socket: string;
  pidFile: string;
  logFile: string;
  cgroup: string;
}

/** One node of an instance. */
export interface NodePlace extends EnginePlace {
  index: number;
  address: string;
  netns: string;
  /** The host's end of the veth pair; the other end is `eth0` inside. */
  hostLink: string;
}

export function nodePlace(name: string, subnet: number, index: number): NodePlace {
  const short = shortOf(name);
  const dir = join(instanceDir(name), String(index));
  const run = instanceRunDir(name);
  return {
    index,
    hostname: `node${index}`,
    address: nodeAddress(subnet, index),
    netns: nodeLinkName(short, index),
    hostLink: nodeLinkName(short, index),
    dir,
    dataRoot: join(dir, 'data'),
    execRoot: join(run, String(index)),
    socket: join(run, `${index}.sock`),
    pidFile: join(dir, 'dockerd.pid'),
    logFile: join(dir, 'dockerd.log'),
    cgroup: cgroupName(short, index),
  };
}

/** The engine that builds images; it exists only while something is built. */
export function builderPlace(): EnginePlace {
  const dir = join(CACHE, 'builder');
  const run = join(RUN_ROOT, '.builder');
  return {
    hostname: 'builder',
    netns: undefined,
    dir,
    dataRoot: join(dir, 'data'),
    execRoot: join(run, 'exec'),
    socket: join(run, 'docker.sock'),
    pidFile: join(dir, 'dockerd.pid'),
    logFile: join(dir, 'dockerd.log'),
    cgroup: `scalectl-build${SALT}`,
  };
}
