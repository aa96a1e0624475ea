/**
 * Reads stack files: YAML, variables, what other files add, environment files; then all files become one, which is
 * checked for shape and references. Everything that is wrong is said at once.
 */

import { UserError, type Problem } from '../errors.js';
import { Checking } from './check.js';
import { composeFile, schemaMinor, type ComposeFile, type ComposeService } from './compose.js';
import { readEnvFiles } from './env-file.js';
import { completeFile } from './include.js';
import type { Environment } from './interpolate.js';
import { mergeFiles } from './merge.js';
import { chooseProfiles } from './profiles.js';
import { Reading } from './reading.js';
import { checkReferences } from './references.js';
import type { Path, SourceText } from './source.js';
import { untagged, withoutReset } from './tags.js';
import {
  child,
  mapEntries,
  placeIn,
  substitutedPaths,
  textOf,
  toValue,
  withEntry,
  type Tree,
} from './tree.js';

export type { Environment } from './interpolate.js';

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
  /** all files as one, variables put in, as a file would have it */
  readonly merged: unknown;
  /** `stack.yml:12:5` of what stands at this path, in whichever file it was written */
  place: (path: Path) => string;
}

/**
 * @param sources at least one; a later one changes what an earlier one says
 * @throws UserError that names every place that is wrong.
 */
export function loadStack(sources: readonly SourceText[], options: LoadOptions): LoadedStack {
  const { env, strict = false, directory = '', readFile = () => null } = options;
  const reading = new Reading({ env, strict, readFile });
  const ignored: string[] = [];
  const trees = sources.map((source) => {
    const tree = reading.tree(source);
    const whole = strict
      ? withoutOtherFiles(untagged(tree), reading)
      : completeFile(tree, { name: source.name, directory }, reading);
    return readEnvFiles(whole, { env, directory, readFile }, reading.problems);
  });
  checkVersions(trees, reading);
  raise(reading.problems);
  const tree = trees.reduce((base, over) =>
    mergeFiles(base, over, { rules: 'docker', onIgnored: (text) => ignored.push(text) }),
  );
  const chosen = strict
    ? { tree, warnings: [] }
    : chooseProfiles(withoutReset(tree), options.profiles ?? [], reading);
  raise(reading.problems);

  // Docker looks at each file for itself: what is wrong in one may come right, or wrong, only by merging.
  if (trees.length > 1) raise(trees.flatMap((each) => checkShape(each, strict).checking.problems));
  const checked = checkTree(chosen.tree, strict);
  return {
    name: checked.file.name ?? null,
    files: sources.map(({ name }) => name),
    file: checked.file,
    services: checked.services,
    warnings: [
      ...[...reading.unset].map(
        ([name, place]) => `${place}: variable ${name} is not set: an empty text stands in for it`,
      ),
      ...ignored,
      ...chosen.warnings,
      ...checked.warnings,
    ],
    get merged() {
      return toValue(chosen.tree);
    },
    place: (path) => placeIn(chosen.tree, path),
  };
}

/** What brings in other files, or other services, is not known to docker at all. */
function withoutOtherFiles(root: Tree, reading: Reading): Tree {
  const refuse = (tree: Tree, at: string) =>
    reading.report(tree, `${at}: unknown key in Compose 3`, 'Without --strict it is taken.');
  const include = child(root, 'include');
  if (include !== undefined) refuse(include, 'include');
  return mapEntries(withEntry(root, 'include', undefined), (services, section) =>
    section !== 'services'
      ? services
      : mapEntries(services, (service, name) => {
          const extended = child(service, 'extends');
          if (extended === undefined) return service;
          refuse(extended, `services.${name}.extends`);
          return withEntry(service, 'extends', undefined);
        }),
  );
}

function checkShape(tree: Tree, strict: boolean): { file: ComposeFile; checking: Checking } {
  const minor = schemaMinor(child(tree, 'version')?.content);
  const checking = new Checking(
    { place: (path) => placeIn(tree, path) },
    strict ? new Set() : substitutedPaths(tree),
    { strict, ...(minor !== null && { minor }) },
  );
  return { file: composeFile(toValue(tree), [], checking) ?? {}, checking };
}

function checkTree(tree: Tree, strict: boolean): Pick<LoadedStack, 'file' | 'services' | 'warnings'> {
  const { file, checking } = checkShape(tree, strict);
  const services = file.services ?? {};
  if (file.services === undefined && checking.problems.length === 0) {
    checking.report([], '"services" is missing', 'Add "services:" here.');
  } else if (Object.keys(services).length === 0 && checking.problems.length === 0) {
    checking.report(['services'], 'there is no service', 'Add at least one service.');
  }
  checkReferences(services, file, checking);
  raise(checking.problems);
  return { file, services, warnings: checking.warnings.map(({ place, text }) => `${place}: ${text}`) };
}

/** Docker merges only what is of one version; none stands for the newest. */
function checkVersions(trees: readonly Tree[], reading: Reading): void {
  const versionOf = (tree: Tree | undefined) => {
    const version = textOf(child(tree, 'version')) ?? '';
    return version === '' || version === '3' ? '3.13' : version;
  };
  const [first, ...others] = trees;
  for (const other of others) {
    if (versionOf(other) === versionOf(first)) continue;
    reading.report(
      child(other, 'version') ?? other,
      `version: files of different versions cannot be merged: ${versionOf(first)} and ${versionOf(other)}`,
      'Remove "version" from all of them.',
    );
  }
}

function raise(problems: readonly Problem[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
}
