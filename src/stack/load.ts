/** Reads a stack file: YAML, then variables, then shape, then references. Everything that is wrong is said at once. */

import { UserError, type Problem } from '../errors.js';
import { didYouMean } from '../text.js';
import { Checking, isRecord } from './check.js';
import { composeFile, WITHOUT_EFFECT, type ComposeFile, type ComposeService } from './compose.js';
import { interpolate } from './interpolate.js';
import { parseSource, type Path, type SourceText } from './source.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadOptions {
  /** what variables stand for */
  env: Environment;
  /** refuse what `docker stack deploy` refuses */
  strict?: boolean;
  /** where relative paths begin: the directory of the first file */
  directory?: string;
  /** the text of a file at an absolute path; null when it cannot be read */
  readFile?: (path: string) => string | null;
  /** profiles whose services take part; `*` means all */
  profiles?: readonly string[];
}

export interface LoadedStack {
  /** the top-level `name:`, for when nothing else names the stack */
  name: string | null;
  /** what was read, as named to a person, in order */
  files: string[];
  file: ComposeFile;
  /** service keys with their checked content, in the file's order */
  services: Record<string, ComposeService>;
  warnings: string[];
  place: (path: Path) => string;
}

/**
 * @param sources at least one; a later one changes what an earlier one says
 * @throws UserError that names every place that is wrong.
 */
export function loadStack(sources: readonly SourceText[], options: LoadOptions): LoadedStack {
  const [sourceText = { name: 'stack file', text: '' }] = sources;
  const source = parseSource(sourceText);
  const interpolated = interpolate(source, options.env);
  raise(interpolated.problems);

  const checking = new Checking(source, interpolated.substituted);
  const file = composeFile(interpolated.value, [], checking) ?? {};
  const services = file.services ?? {};
  if (isRecord(file.services) && Object.keys(services).length === 0 && checking.problems.length === 0) {
    checking.report(['services'], 'there is no service', 'Add at least one service.');
  }
  for (const [name, service] of Object.entries(services)) checkReferences(name, service, file, checking);
  raise(checking.problems);

  return {
    name: null,
    files: sources.map(({ name }) => name),
    file,
    services,
    warnings: [
      ...[...interpolated.unset].map((name) => `variable ${name} is not set: an empty text stands in for it`),
      ...keysWithoutEffect(interpolated.value, source.place),
      ...addressesWithoutEffect(services, source.place),
    ],
    place: source.place,
  };
}

function raise(problems: readonly Problem[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
}

const PREDEFINED_NETWORKS = new Set(['host', 'bridge', 'none', 'default']);
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

function checkReferences(name: string, service: ComposeService, file: ComposeFile, checking: Checking): void {
  const at: Path = ['services', name];
  if (!NAME.test(name)) {
    checking.report(at, `"${name}" is no service name`, 'Use letters, digits, "_", "." and "-".');
  }
  const lookUp = (kind: string, known: object | undefined, key: string, path: Path) => {
    if (known !== undefined && Object.hasOwn(known, key)) return;
    checking.report(
      path,
      `there is no ${kind} "${key}" in this file`,
      didYouMean(key, Object.keys(known ?? {})) ?? `Declare it under the top-level "${kind}s:".`,
    );
  };
  for (const key of Object.keys(service.networks ?? {})) {
    if (!PREDEFINED_NETWORKS.has(key)) lookUp('network', file.networks, key, [...at, 'networks', key]);
  }
  service.secrets?.forEach((reference, index) =>
    lookUp('secret', file.secrets, reference.source ?? '', [...at, 'secrets', index]),
  );
  service.configs?.forEach((reference, index) =>
    lookUp('config', file.configs, reference.source ?? '', [...at, 'configs', index]),
  );
  for (const kind of ['secrets', 'configs'] as const) {
    const taken = new Set<string>();
    service[kind]?.forEach(({ source = '', target = source }, index) => {
      if (taken.has(target)) {
        checking.report(
          [...at, kind, index],
          `"${target}" is the target of two`,
          'Give one another "target:".',
        );
      }
      taken.add(target);
    });
  }
  service.volumes?.forEach((volume, index) => {
    const source =
      typeof volume === 'string' ? namedSource(volume) : volume.type === 'volume' ? volume.source : null;
    if (source !== null && source !== undefined)
      lookUp('volume', file.volumes, source, [...at, 'volumes', index]);
    if (typeof volume !== 'string' && volume.type === 'bind' && volume.source === undefined) {
      checking.report(
        [...at, 'volumes', index],
        '"source" is missing',
        'Add "source:" with a path on the node.',
      );
    }
  });
  if (service.deploy?.replicas !== undefined && service.deploy.mode?.startsWith('global') === true) {
    checking.report(
      [...at, 'deploy', 'replicas'],
      'a global service has one task per node, not a number of replicas',
      'Remove "replicas", or use "mode: replicated".',
    );
  }
  if (service.healthcheck?.disable === true && service.healthcheck.test !== undefined) {
    checking.report(
      [...at, 'healthcheck'],
      '"disable" and "test" exclude each other',
      'Remove one of the two.',
    );
  }
  for (const key of Object.keys(service.labels ?? {}).filter((label) => label.startsWith('scalectl.'))) {
    checking.report(
      [...at, 'labels', key],
      'a policy belongs to the service, not to its containers',
      `Move it to services.${name}.deploy.labels.`,
    );
  }
}

/** The volume that a short mount (`data:/var/lib/data:ro`) names; null for a path or an anonymous volume. */
function namedSource(short: string): string | null {
  const [source, target] = short.split(':');
  return source === undefined || target === undefined || /^[./~]/.test(source) ? null : source;
}

function keysWithoutEffect(value: unknown, place: (path: Path) => string): string[] {
  const services = isRecord(value) && isRecord(value['services']) ? value['services'] : {};
  const seen = new Map<string, string>();
  for (const [name, service] of Object.entries(services)) {
    if (!isRecord(service)) continue;
    for (const key of Object.keys(service)) {
      if (WITHOUT_EFFECT.includes(key) && !seen.has(key)) seen.set(key, place(['services', name, key]));
    }
  }
  return [...seen].map(([key, where]) => `${where}: "${key}" has no effect in a Swarm`);
}

/** Somebody who writes an address expects the port to be closed to all others. */
function addressesWithoutEffect(
  services: Record<string, ComposeService>,
  place: (path: Path) => string,
): string[] {
  return Object.entries(services).flatMap(([name, { ports = [] }]) =>
    ports.flatMap((port, index) => {
      const address = typeof port === 'string' ? /^(\[[^\]]*\]|\d+\.[\d.]+):/.exec(port)?.[1] : undefined;
      return address === undefined
        ? []
        : [
            `${place(['services', name, 'ports', index])}: the address ${address} has no effect: ` +
              'a Swarm publishes a port on every address of a node',
          ];
    }),
  );
}
