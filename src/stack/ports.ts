/** Published ports, short (`8080:80/tcp`, ranges too) and long. */

import type { PortConfig } from '../swarm/objects.js';
import {
  anyText,
  by,
  isRecord,
  object,
  setOf,
  show,
  text,
  wholeNumber,
  type Check,
  type Checked,
  type Checking,
} from './check.js';
import type { Path } from './source.js';

const MOST = 65_535;
const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
const MODES = ['ingress', 'host'] as const;

/** 0, or nothing, lets the Swarm choose. */
const published: Check<number> = (value, path, checking) => {
  const digits = typeof value === 'string' && /^\d+$/.test(value) && !checking.wasSubstituted(path);
  if (!digits) return wholeNumber(0, MOST)(value, path, checking);
  return checking.tolerate(path, 'a whole number', value)
    ? wholeNumber(0, MOST)(Number(value), path, checking)
    : undefined;
};

/** Swarm takes the first choice for whatever it does not know. */
function elseFirst<const T extends string>(choices: readonly [T, ...T[]]): Check<T> {
  return (value, path, checking) => {
    const written = text(value, path, checking);
    if (written === undefined) return undefined;
    const known = choices.find((choice) => choice === written.toLowerCase());
    if (known === undefined && written !== '') {
      checking.warn(path, `${path.join('.')}: ${show(written)} is unknown, ${choices[0]} takes its place`);
    }
    return known ?? choices[0];
  };
}

const longPort = object(
  {
    target: wholeNumber(1, MOST),
    published,
    protocol: elseFirst(PROTOCOLS),
    mode: elseFirst(MODES),
  },
  {
    required: ['target'],
    ignored: {
      name: true,
      app_protocol: true,
      host_ip: 'a Swarm publishes a port on every address of a node',
    },
    since: { name: null, app_protocol: null, host_ip: null },
  },
);
export type LongPort = Checked<typeof longPort>;

const portItem = by<LongPort[]>((value) =>
  isRecord(value)
    ? (port, path, checking) => {
        const checked = longPort(port, path, checking);
        return checked === undefined ? undefined : [checked];
      }
    : shortPorts,
);

/** A range stands for several. */
export const ports: Check<LongPort[]> = (value, path, checking) =>
  setOf(portItem)(value, path, checking)?.flat();

export function convertPorts(declared: readonly LongPort[]): PortConfig[] {
  return declared
    .map(({ target = 0, published: outside = 0, protocol = 'tcp', mode = 'ingress' }): PortConfig => ({
      Protocol: protocol,
      TargetPort: target,
      ...(outside !== 0 && { PublishedPort: outside }),
      PublishMode: mode,
    }))
    .sort((a, b) => (a.PublishedPort ?? 0) - (b.PublishedPort ?? 0));
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** `[ADDRESS:][PUBLISHED[-END]:]TARGET[-END][/PROTOCOL]` */
function shortPorts(value: unknown, path: Path, checking: Checking): LongPort[] | undefined {
  const written = typeof value === 'number' ? String(value) : anyText(value, path, checking);
  if (written === undefined) return undefined;
  const unreadable = (why: string) =>
    checking.report(
      path,
      `cannot read the port "${written}": ${why}`,
      'Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
    );
  const parts = written.split(':');
  const [inside = '', protocol = ''] = (parts.pop() ?? '').split('/');
  const outside = parts.pop() ?? '';
  const address = parts.join(':');
  if (inside === '') return unreadable('it names no port of the container');
  const known = protocol === '' ? 'tcp' : PROTOCOLS.find((one) => one === protocol.toLowerCase());
  if (known === undefined) return unreadable(`the protocol is none of ${PROTOCOLS.join(', ')}`);
  if (address !== '') {
    if (!IPV4.test(address) && !isIpv6(address)) return unreadable(`"${address}" is no address`);
    checking.warn(
      path,
      `the address ${address} has no effect: a Swarm publishes a port on every address of a node`,
    );
  }
  const targets = range(inside);
  const published = outside === '' ? [] : range(outside);
  if (targets === null) return unreadable(`"${inside}" is no port and no range of ports`);
  if (published === null) return unreadable(`"${outside}" is no port and no range of ports`);
  const [target = 0] = targets;
  if (targets.length === 1 && published.length > 0) {
    return published.map((port) => ({ target, published: port, protocol: known, mode: 'ingress' }));
  }
  if (published.length > 0 && published.length !== targets.length) {
    return unreadable('its two ranges differ in length');
  }
  // By the digits, as docker has them.
  return targets
    .map((port, index): LongPort => ({
      target: port,
      ...(published.length > 0 && { published: published[index] ?? 0 }),
      protocol: known,
      mode: 'ingress',
    }))
    .sort((a, b) => (String(a.target) < String(b.target) ? -1 : 1));
}

function isIpv6(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  const [left = '', right, ...more] = bare.split('::');
  const groups = [left, right ?? ''].flatMap((side) => (side === '' ? [] : side.split(':')));
  const last = groups[groups.length - 1] ?? '';
  const words = IPV4.test(last) ? groups.slice(0, -1) : groups;
  const count = words.length + (words === groups ? 0 : 2);
  return (
    more.length === 0 &&
    words.every((word) => /^[0-9a-f]{1,4}$/i.test(word)) &&
    (right === undefined ? count === 8 : count < 8)
  );
}

function range(written: string): number[] | null {
  const [, from = '', to = from] = /^(\d+)(?:-(\d+))?$/.exec(written) ?? [];
  const [low, high] = [Number(from), Number(to)];
  if (from === '' || high > MOST || high < low) return null;
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}
