/** The shape of a stack file: the keys of Compose v3 that mean something in a Swarm. */

import {
  anyText,
  by,
  flag,
  isRecord,
  listOf,
  mapOf,
  NEWEST_MINOR,
  object,
  oneOf,
  orNull,
  scalarText,
  show,
  text,
  type Check,
  type Checked,
} from './check.js';
import { service } from './compose-service.js';
import { pairs } from './pairs.js';

export type { ComposeService, DependencyCondition, FileReference } from './compose-service.js';

const externalForm = object({ name: anyText });

const external = by<boolean | { name?: string }>((value) => (isRecord(value) ? externalForm : flag));

interface MaybeExternal {
  external?: boolean | { name?: string };
  name?: string;
}

/** Keys that say how an object is made contradict one that is there already. */
function alone<T extends MaybeExternal>(check: Check<T>, contradicting: readonly string[]): Check<T> {
  return (value, path, checking) => {
    const checked = check(value, path, checking);
    if (checked?.external === undefined || checked.external === false) return checked;
    for (const key of contradicting) {
      const given = (checked as Record<string, unknown>)[key];
      if (given === undefined || (isRecord(given) && Object.keys(given).length === 0)) continue;
      checking.report([...path, key], `contradicts "external"`, 'Remove one of the two.');
    }
    if (typeof checked.external === 'object' && checked.external.name !== undefined) {
      if (checked.name !== undefined) {
        checking.report([...path, 'external', 'name'], 'contradicts "name"', 'Keep "name" alone.');
      }
    }
    return checked;
  };
}

const subnet = object(
  { subnet: text, gateway: text, ip_range: text, aux_addresses: mapOf(text) },
  { since: { gateway: null, ip_range: null, aux_addresses: null } },
);

const network = alone(
  object(
    {
      name: anyText,
      external,
      driver: text,
      driver_opts: mapOf(scalarText),
      attachable: flag,
      internal: flag,
      enable_ipv6: flag,
      enable_ipv4: flag,
      labels: pairs,
      ipam: object(
        { driver: text, config: listOf(subnet), options: mapOf(scalarText) },
        { since: { options: null } },
      ),
    },
    { since: { name: 5, attachable: 2, enable_ipv6: null, enable_ipv4: null }, extensions: 7 },
  ),
  [],
);
export type ComposeNetwork = Checked<typeof network>;

const volume = alone(
  object(
    {
      name: anyText,
      external,
      driver: text,
      driver_opts: mapOf(scalarText),
      labels: pairs,
    },
    {
      since: { name: 4, 'x-cluster-spec': 10 },
      ignored: { 'x-cluster-spec': 'create the volume with docker volume create' },
      extensions: 7,
    },
  ),
  ['driver', 'driver_opts', 'labels'],
);
export type ComposeVolume = Checked<typeof volume>;

const fileObjectShape = {
  name: anyText,
  external,
  file: text,
  /** a variable of the environment that holds the content */
  environment: text,
  labels: pairs,
  template_driver: oneOf('golang'),
};

const secret = oneSource(
  object(
    { ...fileObjectShape, driver: text, driver_opts: mapOf(scalarText), 'x-scalectl-generate': flag },
    {
      since: {
        name: 5,
        environment: null,
        driver: 8,
        driver_opts: 8,
        template_driver: 8,
        'x-scalectl-generate': 7,
      },
      extensions: 7,
    },
  ),
  ['file', 'environment', 'driver'],
);

const config = oneSource(
  object(
    { ...fileObjectShape, content: text },
    { since: { name: 5, environment: null, content: null, template_driver: 8 }, extensions: 7 },
  ),
  ['file', 'environment', 'content'],
);

export type ComposeSecret = Checked<typeof secret>;
export type ComposeConfig = Checked<typeof config>;
export type ComposeFileObject = ComposeSecret & ComposeConfig;

/** A content comes from one place. */
function oneSource<T extends MaybeExternal>(check: Check<T>, sources: readonly string[]): Check<T> {
  const checked = alone(check, []);
  return (value, path, checking) => {
    const found = checked(value, path, checking);
    if (found === undefined || (found.external !== undefined && found.external !== false)) return found;
    const [first, ...others] = sources.filter((key) => (found as Record<string, unknown>)[key] !== undefined);
    for (const other of others) {
      checking.report([...path, other], `contradicts "${first ?? ''}"`, 'Remove one of the two.');
    }
    return found;
  };
}

/** docker knows the formats 3.0 to 3.13, and takes 3 or nothing for the newest. */
const version: Check<string> = (value, path, checking) => {
  const written = anyText(value, path, checking);
  if (written === undefined || schemaMinor(written) !== null) return written;
  return checking.report(
    path,
    `unsupported Compose file version: ${show(written)}`,
    'Remove "version", or write one from "3.0" to "3.13".',
  );
};

/** The N of a version 3.N; null for one that docker does not take. */
export function schemaMinor(version: unknown): number | null {
  if (version === undefined || version === null || version === '') return NEWEST_MINOR;
  if (typeof version !== 'string' && typeof version !== 'number') return null;
  const match = /^3(?:\.(\d|1[0-3]))?$/.exec(String(version));
  return match === null ? null : Number(match[1] ?? NEWEST_MINOR);
}

export const composeFile = object(
  {
    version,
    name: text,
    services: mapOf(service),
    networks: mapOf(orNull(network)),
    volumes: mapOf(orNull(volume)),
    secrets: mapOf(secret),
    configs: mapOf(config),
  },
  {
    since: { name: null, secrets: 1, configs: 3 },
    extensions: 4,
  },
);
export type ComposeFile = Checked<typeof composeFile>;
