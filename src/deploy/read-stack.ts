/** Reads stack files and what they refer to while they are loaded: the only I/O of loading. */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { parseDotenv } from '../stack/dotenv.js';
import { loadStack, type Environment, type LoadedStack } from '../stack/load.js';
import type { SourceText } from '../stack/source.js';

export interface StackInput {
  /** at least one; `-` is standard input */
  files: readonly string[];
  /** the process's own */
  env: Environment;
  /** files of variables, a later one winning over an earlier one, and `env` over all */
  envFiles?: readonly string[];
  /** beside those of COMPOSE_PROFILES */
  profiles?: readonly string[];
  strict?: boolean;
}

export interface ReadStack {
  loaded: LoadedStack;
  /** absolute; where relative paths in the files begin: the directory of the first file */
  directory: string;
  /** the variables that the files were read with */
  env: Environment;
}

/** @throws UserError for a file that cannot be read, or that is wrong */
export function readStack(input: StackInput): ReadStack {
  const sources = input.files.map(readSource);
  const first = input.files[0] ?? '-';
  const directory = first === '-' ? process.cwd() : dirname(resolve(first));
  const env = { ...variables(input.envFiles ?? [], input.env), ...input.env };
  const loaded = loadStack(sources, {
    env,
    directory,
    readFile: readText,
    strict: input.strict ?? false,
    profiles: [...(input.profiles ?? []), ...splitNames(env['COMPOSE_PROFILES'] ?? '')],
  });
  return { loaded, directory, env };
}

function readSource(file: string): SourceText {
  try {
    return {
      name: file === '-' ? 'standard input' : file,
      text: readFileSync(file === '-' ? 0 : file, 'utf8'),
    };
  } catch (cause) {
    throw new UserError(`there is no readable stack file ${file}`, {
      place: '--compose-file',
      hint: 'Name it with: scalectl deploy -c FILE',
      cause,
    });
  }
}

function variables(files: readonly string[], env: Environment): Record<string, string> {
  return files.reduce<Record<string, string>>((values, file) => {
    const text = readText(file);
    if (text === null) {
      throw new UserError(`there is no readable file ${file}`, {
        place: '--env-file',
        hint: 'Name a file with lines of KEY=value.',
      });
    }
    return { ...values, ...parseDotenv({ name: file, text }, { ...values, ...env }) };
  }, {});
}

function splitNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
