import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { bridgeName, hostAddress, isLinkOf } from './names.js';
import { mountsBelow } from './mounts.js';
import type { NodePlace } from './paths.js';
import { run } from './run.js';
import { netnsIdentity } from './processes.js';

const NETNS_DIR = '/run/netns';

async function ip(...args: string[]): Promise<string> {
  return (await run('ip', args)).stdout;
}

function linkExists(link: string): boolean {
  return existsSync(`/sys/class/net/${link}`);
}

/** Makes the instance's bridge, with the host's address on it, unless it is there. */
export async function ensureBridge(short: string, subnet: number): Promise<void> {
  const bridge = bridgeName(short);
  if (!linkExists(bridge)) {
    // An address of its own: otherwise it takes that of its lowest port, and changes it under the nodes' ARP caches.
    const mac = `02:77:${subnet.toString(16).padStart(2, '0')}:00:00:fe`;
    await ip('link', 'add', bridge, 'address', mac, 'type', 'bridge');
  }
  await ip('address', 'replace', `${hostAddress(subnet)}/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
}

/**
 * Lets the bridge through the host's firewall, where the host has one: with a FORWARD policy of DROP, which any
 * other engine on the machine sets, bridged frames are dropped and joining the Swarm times out.
 */
export async function ensureFirewall(short: string): Promise<void> {
  const bridge = bridgeName(short);
  const wanted: [string, string][] = [
    ['FORWARD', '-i'],
    ['FORWARD', '-o'],
    ['INPUT', '-i'],
  ];
  for (const [chain, direction] of wanted) {
    const rules = (await run('iptables', ['-w', '-S', chain])).stdout.trim().split('\n');
    if (rules.length === 1 && rules[0] === `-P ${chain} ACCEPT`) continue;
    const rule = [chain, direction, bridge, '-j', 'ACCEPT'];
    const { code } = await run('iptables', ['-w', '-C', ...rule], { accept: [1] });
    if (code !== 0) await run('iptables', ['-w', '-I', ...rule]);
  }
}

/** Gives a node its network namespace, with one link to the bridge and no way out of the lab. */
export async function ensureNodeNetwork(short: string, node: NodePlace): Promise<void> {
  if (netnsIdentity(node.netns) === undefined) await ip('netns', 'add', node.netns);
  if (!linkExists(node.hostLink)) {
    await ip('link', 'add', node.hostLink, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', node.netns);
  }
  await ip('link', 'set', node.hostLink, 'master', bridgeName(short), 'up');
  await ip('-n', node.netns, 'link', 'set', 'lo', 'up');
  await ip('-n', node.netns, 'address', 'replace', `${node.address}/24`, 'dev', 'eth0');
  // No default route: with one, each look-up of a name outside waits for an answer that never comes.
  await ip('-n', node.netns, 'link', 'set', 'eth0', 'up');
}

/** Takes a node's cable out (`down`) or puts it back. */
export async function setNodeLink(node: NodePlace, state: 'up' | 'down'): Promise<void> {
  await ip('link', 'set', node.hostLink, state);
}

/** True unless a node's cable is out. */
export function isNodeLinkUp(node: NodePlace): boolean {
  const IFF_UP = 1;
  try {
    return (Number(readFileSync(`/sys/class/net/${node.hostLink}/flags`, 'utf8')) & IFF_UP) !== 0;
  } catch {
    return false;
  }
}

/** The instance's network namespaces that exist. */
export function findNetns(short: string): string[] {
  return existsSync(NETNS_DIR) ? readdirSync(NETNS_DIR).filter((name) => isLinkOf(short, name)) : [];
}

/** The instance's links, in the host's network namespace, that exist. */
export function findLinks(short: string): string[] {
  return readdirSync('/sys/class/net').filter((name) => isLinkOf(short, name));
}

/** The host's firewall rules that name the instance's bridge, as `iptables -S` prints them. */
export async function findFirewallRules(short: string): Promise<string[]> {
  const bridge = bridgeName(short);
  const listed = await run('iptables', ['-w', '-S'], { accept: [1, 3, 4] }).catch(() => undefined);
  return (listed?.stdout ?? '').split('\n').filter((rule) => rule.split(' ').includes(bridge));
}

/** Removes all that the functions above made for an instance, also what a crash left half made. */
export async function removeNetwork(short: string): Promise<void> {
  for (const rule of await findFirewallRules(short)) {
    await run('iptables', ['-w', '-D', ...rule.split(' ').slice(1)], { accept: [1] });
  }
  for (const link of findLinks(short)) await run('ip', ['link', 'delete', link], { accept: [1] });
  for (const netns of findNetns(short)) await run('ip', ['netns', 'delete', netns], { accept: [1] });
  await removeNetnsMount();
}

/** `ip netns add` mounts its directory on itself the first time; the last one to leave takes that mount away. */
async function removeNetnsMount(): Promise<void> {
  if (!existsSync(NETNS_DIR) || readdirSync(NETNS_DIR).length > 0) return;
  for (const path of mountsBelow(NETNS_DIR)) await run('umount', [path], { accept: [1, 32] });
  try {
    rmdirSync(NETNS_DIR);
  } catch {
    // Somebody else uses it again.
  }
}
