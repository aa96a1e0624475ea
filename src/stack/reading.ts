/** Reads one stack file after another into trees, and keeps what is to be said about all of them. */

import type { Problem } from '../errors.js';
import { castVariables } from './casts.js';
import { unifyForms } from './forms.js';
import { interpolate, type Environment } from './interpolate.js';
import { resolvePath } from './paths.js';
import { parseSource, type SourceText } from './source.js';
import { placeOf, type Tree } from './tree.js';

/** Where a file is. */
export interface FileAt {
  /** as named to a person */
  name: string;
  /** absolute; where its relative paths begin */
  directory: string;
}

export interface ReadingOptions {
  env: Environment;
  strict: boolean;
  readFile: (path: string) => string | null;
}

export class Reading {
  readonly problems: Problem[] = [];
  /** variables without a value -> the first place where */
  readonly unset = new Map<string, string>();

  constructor(readonly options: ReadingOptions) {}

  /** @throws UserError when it is not YAML, or no mapping */
  tree(source: SourceText, env: Environment = this.options.env): Tree {
    const { tree } = parseSource(source);
    const result = interpolate(tree, { env, strict: this.options.strict });
    this.problems.push(...result.problems);
    for (const [name, place] of result.unset) if (!this.unset.has(name)) this.unset.set(name, place);
    return unifyForms(castVariables(result.tree));
  }

  /** The text of a file that another one names; null when it cannot be read, which is reported. */
  text(directory: string, path: string, named: Tree, at: string): string | null {
    const whole = resolvePath(directory, path);
    const text = this.options.readFile(whole);
    if (text === null) {
      this.report(named, `${at}: there is no readable file ${whole}`, 'Create it, or mend the path.');
    }
    return text;
  }

  /** @returns undefined, for the caller to return */
  report(tree: Tree, message: string, hint: string): undefined {
    this.problems.push({ place: placeOf(tree), message, hint });
  }
}
