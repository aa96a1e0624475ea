/**
 * `include`: the services, networks, volumes, secrets and configs of other files, which keep their own variables and
 * relative paths. What is included cannot be declared again in the same file, unless it is the same; a further file
 * (`-c`) may change it. As in Compose.
 */

import { parseDotenv } from './dotenv.js';
import { resolveExtends } from './extends.js';
import type { Environment } from './interpolate.js';
import { mergeFiles } from './merge.js';
import { directoryOf, resolvePath } from './paths.js';
import type { FileAt, Reading } from './reading.js';
import { relocate } from './relocate.js';
import {
  child,
  entriesOf,
  isListTree,
  isMapTree,
  itemsOf,
  textOf,
  toValue,
  withEntry,
  type Tree,
} from './tree.js';

const SECTIONS = ['services', 'networks', 'volumes', 'secrets', 'configs'];

/**
 * A file with what it includes and what its services extend. Problems go to `reading`.
 * @param chain absolute paths of the files that include this one
 */
export function completeFile(
  root: Tree,
  at: FileAt,
  reading: Reading,
  env: Environment = reading.options.env,
  chain: readonly string[] = [],
): Tree {
  const include = child(root, 'include');
  const own = resolveExtends(withEntry(root, 'include', undefined), at, reading);
  if (include === undefined || include.content === null) return own;
  if (!isListTree(include)) {
    reading.report(include, 'include: must be a list', 'Put each file on a line with "- ".');
    return own;
  }
  return include.content.reduce<Tree>((all, entry, index) => {
    const included = new Inclusion(entry, `include.${index}`, at, reading, env, chain).read();
    return included === undefined ? all : addTo(all, included, reading);
  }, own);
}

class Inclusion {
  constructor(
    private readonly entry: Tree,
    private readonly label: string,
    private readonly at: FileAt,
    private readonly reading: Reading,
    private readonly env: Environment,
    private readonly chain: readonly string[],
  ) {}

  /** @returns undefined for what is reported */
  read(): Tree | undefined {
    const paths = textsOf(isMapTree(this.entry) ? child(this.entry, 'path') : this.entry);
    const [first] = paths ?? [];
    if (paths === undefined || first === undefined) {
      return this.reading.report(
        this.entry,
        `${this.label}: must be a path`,
        'Write "- FILE", or "- path: FILE".',
      );
    }
    const set = textOf(child(this.entry, 'project_directory'));
    const directory = resolvePath(this.at.directory, set ?? directoryOf(textOf(first) ?? ''));
    const env = this.environment();
    const trees = paths.map((path) => this.file(path, directory, env));
    return trees.reduce((base, over) =>
      base === undefined || over === undefined ? undefined : mergeFiles(base, over, { rules: 'compose' }),
    );
  }

  private file(path: Tree, directory: string, env: Environment): Tree | undefined {
    const written = textOf(path) ?? '';
    const whole = resolvePath(this.at.directory, written);
    if (this.chain.includes(whole)) {
      return this.reading.report(
        path,
        `${this.label}: goes round in a circle`,
        `Break it: ${[...this.chain.slice(this.chain.indexOf(whole)), whole].join(' -> ')}`,
      );
    }
    const text = this.reading.text(this.at.directory, written, path, this.label);
    if (text === null) return undefined;
    const name = resolvePath(directoryOf(this.at.name), written);
    const tree = this.reading.tree({ name, text }, env);
    const complete = completeFile(tree, { name, directory }, this.reading, env, [...this.chain, whole]);
    return directory === this.at.directory ? complete : relocate(complete, directory);
  }

  /** Its own variables, under those of the file that includes it. */
  private environment(): Environment {
    const declared = child(this.entry, 'env_file');
    const files = declared === undefined ? [] : textsOf(declared);
    if (files === undefined) {
      this.reading.report(this.entry, `${this.label}.env_file: must be a path`, 'Write the path of a file.');
      return this.env;
    }
    const values = files.reduce<Record<string, string>>((all, file) => {
      const path = textOf(file) ?? '';
      const text = this.reading.text(this.at.directory, path, file, `${this.label}.env_file`);
      const name = resolvePath(directoryOf(this.at.name), path);
      return text === null ? all : { ...all, ...parseDotenv({ name, text }, this.env) };
    }, {});
    return { ...values, ...this.env };
  }
}

/** One text or a list of them. */
function textsOf(tree: Tree | undefined): readonly Tree[] | undefined {
  if (tree === undefined) return undefined;
  const texts = isListTree(tree) ? itemsOf(tree) : [tree];
  return texts.every(({ content }) => typeof content === 'string' && content !== '') ? texts : undefined;
}

function addTo(root: Tree, included: Tree, reading: Reading): Tree {
  return SECTIONS.reduce((all, section) => {
    const added = entriesOf(child(included, section));
    if (added.length === 0) return all;
    const known = child(all, section) ?? { spot: added[0]?.[1].spot ?? root.spot, content: new Map() };
    const whole = added.reduce<Tree>((sum, [key, value]) => {
      const own = child(sum, key);
      if (own === undefined) return withEntry(sum, key, value);
      if (JSON.stringify(toValue(own)) !== JSON.stringify(toValue(value))) {
        reading.report(
          own,
          `${section}.${key}: ${value.spot.file.name}, which is included, has it too`,
          'Rename one of them, or change the included one by a further file: -c FILE -c CHANGES.',
        );
      }
      return sum;
    }, known);
    return withEntry(all, section, whole);
  }, root);
}
