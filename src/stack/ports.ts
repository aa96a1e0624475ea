/** Published ports, short (`8080:80/tcp`, ranges too) and long. */

import { UserError } from '../errors.js';
import type { PortConfig } from '../swarm/objects.js';
import type { LongPort } from './compose.js';

/** An address before the port is read over: a Swarm has no use for it. It must not pass for a port, nor a port for it. */
const SHORT =
  /^(?:(?:\[[^\]]*\]|\d+(?:\.\d+){3}):)?(?:(\d+)(?:-(\d+))?:)?(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/;

/** @throws UserError when a short form cannot be read. */
export function convertPorts(
  ports: readonly (string | LongPort)[],
  place: (index: number) => string,
): PortConfig[] {
  return ports
    .flatMap((port, index) => (typeof port === 'string' ? shortPort(port, place(index)) : [longPort(port)]))
    .sort((a, b) => (a.PublishedPort ?? 0) - (b.PublishedPort ?? 0));
}

function longPort(port: LongPort): PortConfig {
  return {
    Protocol: port.protocol ?? 'tcp',
    TargetPort: port.target ?? 0,
    ...(port.published !== undefined && { PublishedPort: port.published }),
    PublishMode: port.mode ?? 'ingress',
  };
}

function shortPort(text: string, place: string): PortConfig[] {
  const [, published, publishedEnd, target, targetEnd, protocol = 'tcp'] = SHORT.exec(text) ?? [];
  if (target === undefined) throw unreadable(text, place);
  const targets = range(target, targetEnd);
  const outside = published === undefined ? null : range(published, publishedEnd);
  if (targets.length === 0 || (outside !== null && outside.length !== targets.length))
    throw unreadable(text, place);
  return targets.map((port, index) => ({
    Protocol: protocol as PortConfig['Protocol'],
    TargetPort: port,
    ...(outside !== null && { PublishedPort: outside[index] ?? 0 }),
    PublishMode: 'ingress',
  }));
}

function range(from: string, to: string | undefined): number[] {
  const [low, high] = [Number(from), Number(to ?? from)];
  if (low < 1 || high > 65_535 || high < low) return [];
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

function unreadable(text: string, place: string): UserError {
  return new UserError(`cannot read the port "${text}"`, {
    place,
    hint: 'Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 1 to 65535.',
  });
}
