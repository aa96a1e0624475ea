/**
 * `extends`: a service begins with what another one says, of the same file or of another. Lists are appended, all else
 * that the extending service says wins, an empty value too. Paths keep their meaning. As in Compose.
 */

import { mergeService } from './merge.js';
import { directoryOf, resolvePath } from './paths.js';
import type { FileAt, Reading } from './reading.js';
import { relocate } from './relocate.js';
import { child, entriesOf, isMapTree, mapEntries, textOf, withEntry, type Tree } from './tree.js';

/** Expects unified forms. Problems go to `reading`. */
export function resolveExtends(root: Tree, at: FileAt, reading: Reading): Tree {
  const extending = entriesOf(child(root, 'services')).some(
    ([, service]) => child(service, 'extends') !== undefined,
  );
  if (!extending) return root;
  const extension = new Extension(reading);
  return mapEntries(root, (services, section) =>
    section === 'services'
      ? mapEntries(services, (service, name) => extension.resolve({ root, at }, name, []) ?? service)
      : services,
  );
}

interface Origin {
  root: Tree;
  at: FileAt;
}

class Extension {
  private readonly files = new Map<string, Tree>();

  constructor(private readonly reading: Reading) {}

  /** @param chain the services that led here. @returns undefined for what is reported */
  resolve(origin: Origin, name: string, chain: readonly string[]): Tree | undefined {
    const service = child(child(origin.root, 'services'), name);
    const extended = child(service, 'extends');
    if (service === undefined || extended === undefined) return service;
    const at = `services.${name}.extends`;
    const named = isMapTree(extended) ? child(extended, 'service') : extended;
    const baseName = textOf(named);
    if (baseName === null) {
      return this.reading.report(extended, `${at}: must name a service`, 'Write "extends: {service: NAME}".');
    }
    const id = `${origin.at.name}: ${name}`;
    if (chain.includes(id)) {
      const round = [...chain.slice(chain.indexOf(id)), id].join(' -> ');
      return this.reading.report(extended, `${at}: goes round in a circle`, `Break it: ${round}`);
    }
    const base = this.origin(origin, child(extended, 'file'), at);
    if (base === undefined) return undefined;
    if (child(child(base.root, 'services'), baseName) === undefined) {
      return this.reading.report(
        named ?? extended,
        `${at}: there is no service "${baseName}" in ${base.at.name}`,
        'Name one that is there.',
      );
    }
    const resolved = this.resolve(base, baseName, [...chain, id]);
    if (resolved === undefined) return undefined;
    const moved =
      base.at.directory === origin.at.directory ? resolved : movedService(resolved, base.at.directory);
    const own = withEntry(service, 'extends', undefined);
    return mergeService(withEntry(moved, 'extends', undefined), own, ['services', name], {
      rules: 'compose',
    });
  }

  private origin(from: Origin, file: Tree | undefined, at: string): Origin | undefined {
    if (file === undefined) return from;
    const path = textOf(file);
    if (path === null || path === '') {
      return this.reading.report(
        file,
        `${at}.file: must be a path`,
        'Write "extends: {file: PATH, service: NAME}".',
      );
    }
    const whole = resolvePath(from.at.directory, path);
    const place = { name: resolvePath(directoryOf(from.at.name), path), directory: directoryOf(whole) };
    const before = this.files.get(whole);
    if (before !== undefined) return { root: before, at: place };
    const text = this.reading.text(from.at.directory, path, file, `${at}.file`);
    if (text === null) return undefined;
    const root = this.reading.tree({ name: place.name, text });
    this.files.set(whole, root);
    return { root, at: place };
  }
}

function movedService(service: Tree, directory: string): Tree {
  const { spot } = service;
  const services = { spot, content: new Map([['it', service]]) };
  const moved = relocate({ spot, content: new Map([['services', services]]) }, directory);
  return child(child(moved, 'services'), 'it') ?? service;
}
