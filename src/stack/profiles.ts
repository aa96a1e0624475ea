/** `profiles`: services that take part only where one of their profiles is chosen. */

import type { Reading } from './reading.js';
import {
  child,
  entriesOf,
  isListTree,
  isMapTree,
  mapEntries,
  placeOf,
  textOf,
  withEntry,
  type Tree,
} from './tree.js';

/**
 * The file without the services that were not chosen. Problems go to `reading`.
 * @param chosen names of profiles; `*` chooses all
 */
export function chooseProfiles(
  root: Tree,
  chosen: readonly string[],
  reading: Reading,
): { tree: Tree; warnings: string[] } {
  const out = new Map<string, readonly string[]>();
  let firstPlace: string | null = null;
  for (const [name, service] of entriesOf(child(root, 'services'))) {
    const declared = child(service, 'profiles');
    const profiles = declared === undefined ? [] : profilesOf(declared, name, reading);
    if (
      profiles.length === 0 ||
      profiles.some((profile) => chosen.includes(profile)) ||
      chosen.includes('*')
    ) {
      continue;
    }
    out.set(name, profiles);
    firstPlace ??= placeOf(service);
  }
  const tree = mapEntries(root, (services, section) =>
    section !== 'services'
      ? services
      : mapEntries(services, (service, name) => {
          if (out.has(name)) return undefined;
          const own = isMapTree(service) ? withEntry(service, 'profiles', undefined) : service;
          return withoutDependencies(own, name, out, reading);
        }),
  );
  const names = [...out].map(([name, profiles]) => `${name} (${profiles.join(', ')})`);
  const warnings =
    firstPlace === null
      ? []
      : [
          `${firstPlace}: left out, since none of their profiles is chosen with --profile: ${names.join(', ')}`,
        ];
  return { tree, warnings };
}

function profilesOf(declared: Tree, service: string, reading: Reading): string[] {
  const names = isListTree(declared) ? declared.content.map(textOf) : [null];
  if (names.every((name) => name !== null)) return names;
  reading.report(
    declared,
    `services.${service}.profiles: must be a list of names`,
    'Write "profiles: [NAME]".',
  );
  return [];
}

/** A dependency on a service that is left out is dropped where it is not required. */
function withoutDependencies(
  service: Tree,
  name: string,
  out: ReadonlyMap<string, readonly string[]>,
  reading: Reading,
): Tree {
  const dependencies = child(service, 'depends_on');
  if (dependencies === undefined) return service;
  const refuse = (tree: Tree, key: string) =>
    reading.report(
      tree,
      `services.${name}.depends_on: "${key}" is left out, since none of its profiles is chosen`,
      `Choose it: --profile ${out.get(key)?.[0] ?? ''}`,
    );
  if (isListTree(dependencies)) {
    for (const item of dependencies.content) {
      const key = textOf(item) ?? '';
      if (out.has(key)) refuse(item, key);
    }
    return service;
  }
  const kept = mapEntries(dependencies, (dependency, key) => {
    if (!out.has(key)) return dependency;
    if (child(dependency, 'required')?.content !== false) refuse(dependency, key);
    return undefined;
  });
  return kept === dependencies ? service : withEntry(service, 'depends_on', kept);
}
