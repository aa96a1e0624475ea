import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCgroups } from './cgroups.js';
import { isCgroupOf } from './names.js';
import { mountsBelow } from './mounts.js';
import { findFirewallRules, findLinks, findNetns } from './network.js';
import { instanceDir, instanceRunDir, shortOf } from './paths.js';
import { listProcesses, netnsIdentity, type Process, worksIn } from './processes.js';

/** What of an instance is there: all lists are empty when nothing is. */
export interface Leftovers {
  /** `pid command line` */
  processes: string[];
  netns: string[];
  links: string[];
  /** As `iptables -S` prints them. */
  firewallRules: string[];
  mounts: string[];
  cgroups: string[];
  directories: string[];
}

/**
 * Looks at the machine, not at the lab's records, for what remains of an instance.
 * @param name the instance's name; it need not exist
 */
export async function findLeftovers(name: string): Promise<Leftovers> {
  const short = shortOf(name);
  const dirs = [instanceDir(name), instanceRunDir(name)];
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
  const netns = findNetns(short);
  return {
    processes: findInstanceProcesses(name).map(({ pid, argv }) => `${pid} ${argv.join(' ').slice(0, 120)}`),
    netns,
    links: findLinks(short),
    firewallRules: await findFirewallRules(short),
    mounts: [...dirs, ...netns.map((it) => join('/run/netns', it))].flatMap((dir) =>
      mountsBelow(dir, mountinfo),
    ),
    cgroups: findCgroups((group) => isCgroupOf(short, group)),
    directories: dirs.filter((dir) => existsSync(dir)),
  };
}

/** True when nothing of an instance is left. */
export function isClean(leftovers: Leftovers): boolean {
  return Object.values(leftovers).every((list: string[]) => list.length === 0);
}

/** Every process of an instance: engines, containers, registry, and whatever runs in its network namespaces. */
export function findInstanceProcesses(name: string): Process[] {
  const short = shortOf(name);
  const namespaces = new Set(findNetns(short).map(netnsIdentity));
  return listProcesses().filter(
    (candidate) =>
      namespaces.has(candidate.netns) ||
      worksIn(candidate, instanceDir(name)) ||
      worksIn(candidate, instanceRunDir(name)) ||
      candidate.cgroups.split('\n').some((line) => line.split('/').some((part) => isCgroupOf(short, part))),
  );
}
