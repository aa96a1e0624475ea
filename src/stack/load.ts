/** Reads a stack file: YAML, then variables, then shape, then references. Everything that is wrong is said at once. */

import { UserError, type Problem } from '../errors.js';
import { Checking, isRecord } from './check.js';
import { composeFile, schemaMinor, type ComposeFile, type ComposeService } from './compose.js';
import { interpolate } from './interpolate.js';
import { checkReferences } from './references.js';
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

  const minor = isRecord(interpolated.value) ? schemaMinor(interpolated.value['version']) : null;
  const checking = new Checking(source, interpolated.substituted, {
    strict: options.strict ?? false,
    ...(minor !== null && { minor }),
  });
  const file = composeFile(interpolated.value, [], checking) ?? {};
  const services = file.services ?? {};
  if (file.services === undefined && checking.problems.length === 0) {
    checking.report([], '"services" is missing', 'Add "services:" here.');
  } else if (Object.keys(services).length === 0 && checking.problems.length === 0) {
    checking.report(['services'], 'there is no service', 'Add at least one service.');
  }
  checkReferences(services, file, checking);
  raise(checking.problems);

  return {
    name: null,
    files: sources.map(({ name }) => name),
    file,
    services,
    warnings: [
      ...[...interpolated.unset].map((name) => `variable ${name} is not set: an empty text stands in for it`),
      ...checking.warnings.map(({ place, text }) => `${place}: ${text}`),
    ],
    place: source.place,
  };
}

function raise(problems: readonly Problem[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
}
