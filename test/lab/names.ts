import { createHash } from 'node:crypto';
import { LabUsageError } from './errors.js';

/** The longest instance name: it is part of socket paths, which the kernel limits to 107 bytes. */
const LONGEST_NAME = 24;

/** Interface names have at most 15 characters; `sl-` + short + `-` + two digits must fit. */
const LONGEST_SHORT = 8;

/** Numbers K for the networks 10.77.K.0/24 that instances may get. */
export const SUBNETS = 250;

/** The most engines in one instance: two digits in an interface name, and two cores to run them on. */
export const MOST_NODES = 16;

/**
 * Checks the name of an instance.
 * @throws LabUsageError unless it is lower case letters, digits and dashes, starting with a letter.
 */
export function checkName(name: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > LONGEST_NAME) {
    throw new LabUsageError(
      `"${name}" is no name for a lab: use at most ${LONGEST_NAME} lower case letters, digits and dashes, a letter first`,
    );
  }
  return name;
}

/**
 * The form of an instance's name that fits into interface names. Long names carry a hash so that two instances never
 * share an interface; so do all names of a lab directory other than the usual one (`salt`), and names such as `a-1`,
 * whose bridge would have the name of the first node's link of an instance `a`.
 */
export function shortName(name: string, salt = ''): string {
  if (name.length <= LONGEST_SHORT && salt === '' && !/-\d+$/.test(name)) return name;
  const hash = createHash('sha256').update(`${salt}\0${name}`).digest('hex').slice(0, 4);
  return `${name.replaceAll('-', '').slice(0, LONGEST_SHORT - 4)}${hash}`;
}

/** The bridge of an instance, in the host's network namespace. */
export function bridgeName(short: string): string {
  return `sl-${short}`;
}

/** The network namespace of a node, and the host's end of its veth pair. */
export function nodeLinkName(short: string, index: number): string {
  return `sl-${short}-${index}`;
}

/** The control group, below each hierarchy's root, that holds a node's containers. */
export function cgroupName(short: string, index: number): string {
  return `scalectl-${short}-${index}`;
}

/** True for the bridge, the links and the namespaces of this instance and of no other one. */
export function isLinkOf(short: string, link: string): boolean {
  const bridge = bridgeName(short);
  return link === bridge || (link.startsWith(`${bridge}-`) && /^\d+$/.test(link.slice(bridge.length + 1)));
}

/** True for the control groups of this instance. */
export function isCgroupOf(short: string, name: string): boolean {
  const prefix = `scalectl-${short}-`;
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}

export function nodeAddress(subnet: number, index: number): string {
  return `10.77.${subnet}.${index}`;
}

/** The host's address on the bridge: where nodes find the image registry. */
export function hostAddress(subnet: number): string {
  return `10.77.${subnet}.254`;
}

/** The first network number that is not taken, or undefined when all are. */
export function freeSubnet(taken: Iterable<number>): number | undefined {
  const used = new Set(taken);
  for (let subnet = 0; subnet < SUBNETS; subnet += 1) if (!used.has(subnet)) return subnet;
  return undefined;
}

/** The network numbers that the host's own addresses, as `ip -o -4 address` prints them, lie in. */
export function subnetsInUse(ipAddressOutput: string): number[] {
  return [...ipAddressOutput.matchAll(/\binet 10\.77\.(\d+)\.\d+/g)].map((match) => Number(match[1]));
}
