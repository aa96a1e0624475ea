/** The container of a service's task: image, command, environment, rights, limits on what it may open. */

import type { ContainerSpec, Healthcheck } from '../swarm/objects.js';
import type { ComposeService } from './compose.js';
import { maybe, withValues } from './entries.js';
import { familiarImage } from './image.js';
import { valueIn } from './interpolate.js';
import { NAMESPACE_LABEL } from './names.js';

type Env = Readonly<Record<string, string | undefined>>;

export function convertContainer(service: ComposeService, stack: string, env: Env): ContainerSpec {
  const capabilities = effectiveCapabilities(service.cap_add ?? [], service.cap_drop ?? []);
  return {
    Image: familiarImage(service.image ?? '') ?? service.image ?? '',
    Labels: { ...withValues(service.labels), [NAMESPACE_LABEL]: stack },
    ...some('Command', service.entrypoint),
    ...some('Args', service.command),
    ...given('Hostname', service.hostname),
    ...some('Env', environment(service.environment ?? {}, env)),
    ...given('Dir', service.working_dir),
    ...given('User', service.user),
    ...given('TTY', service.tty),
    ...given('OpenStdin', service.stdin_open),
    ...given('ReadOnly', service.read_only),
    ...maybe('Init', service.init),
    ...given('StopSignal', service.stop_signal),
    ...maybe('StopGracePeriod', service.stop_grace_period),
    ...given('Isolation', service.isolation),
    ...maybe('Healthcheck', convertHealthcheck(service.healthcheck)),
    ...some('Hosts', service.extra_hosts?.flatMap(hostsLine)),
    ...some('CapabilityAdd', capabilities.add),
    ...some('CapabilityDrop', capabilities.drop),
    ...(Object.keys(service.sysctls ?? {}).length > 0 && { Sysctls: withValues(service.sysctls) }),
    ...some('Ulimits', convertUlimits(service.ulimits)),
    ...((service.dns ?? service.dns_search) !== undefined && {
      DNSConfig: { ...some('Nameservers', service.dns), ...some('Search', service.dns_search) },
    }),
  };
}

/** The pair, unless the value is what the Engine takes for none: an empty text or false. */
function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return maybe(key, value === '' || value === false ? undefined : value);
}

function some<K extends string, V>(key: K, list: V[] | undefined): { [P in K]?: V[] } {
  return maybe(key, list?.length === 0 ? undefined : list);
}

/** A key without a value, or with an empty one, takes the value that the environment has for it. */
function environment(declared: Readonly<Record<string, string | null>>, env: Env): string[] {
  return Object.entries(declared)
    .map(([key, value]) => {
      const known = value === null || value === '' ? (valueIn(env, key) ?? value) : value;
      return known === null ? key : `${key}=${known}`;
    })
    .sort(byCodePoints);
}

/** As Go compares text: by code points, not by the halves that JavaScript makes of the rarer ones. */
export function byCodePoints(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0);
  }
  return a.length - b.length;
}

function convertHealthcheck(declared: ComposeService['healthcheck']): Healthcheck | undefined {
  if (declared === undefined) return undefined;
  if (declared.disable === true) return { Test: ['NONE'] };
  return {
    ...some('Test', declared.test),
    ...maybe('Interval', declared.interval),
    ...maybe('Timeout', declared.timeout),
    ...maybe('StartPeriod', declared.start_period),
    ...maybe('StartInterval', declared.start_interval),
    ...maybe('Retries', declared.retries),
  };
}

/** Compose writes `host:address` or `host=address`, the Engine `address host`. An address may hold colons itself. */
function hostsLine(entry: string): string[] {
  const line = entry.replace('=', ':');
  const at = line.indexOf(':');
  return at < 0 ? [] : [`${line.slice(at + 1).replace(/^\[(.*)\]$/, '$1')} ${line.slice(0, at)}`];
}

const ALL = 'ALL';
const RESET = 'RESET';

/** ALL stands for every other, and what is added is not dropped. */
function effectiveCapabilities(added: readonly string[], dropped: readonly string[]) {
  const add = capabilities(added);
  return { add: [...add].sort(), drop: [...capabilities(dropped)].filter((one) => !add.has(one)).sort() };
}

function capabilities(names: readonly string[]): Set<string> {
  const all = names.map((name) => {
    const upper = name.trim().toUpperCase();
    return upper === ALL || upper === RESET || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  });
  return new Set(all.includes(ALL) ? [ALL] : all.filter((name) => name !== RESET));
}

function convertUlimits(declared: ComposeService['ulimits']): ContainerSpec['Ulimits'] {
  return Object.entries(declared ?? {})
    .map(([Name, { soft = 0, hard = 0 }]) => ({ Name, Soft: soft, Hard: hard }))
    .sort((a, b) => byCodePoints(a.Name, b.Name));
}
