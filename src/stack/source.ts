/** A YAML file as read: what it says, and where each part of it stands. */

import { Composer, isMap, Parser, type Document } from 'yaml';
import { UserError } from '../errors.js';
import { TreeBuilder } from './tree-builder.js';
import { placeIn, toValue, type FileLines, type Path, type Tree } from './tree.js';
import { wordsFor } from './yaml-errors.js';

export type { Path } from './tree.js';

export interface SourceText {
  /** as it should be named to a person */
  name: string;
  text: string;
}

export interface Source {
  name: string;
  tree: Tree;
  readonly value: unknown;
  /** `stack.yml:12:5` of the value at this path, or of the nearest thing above it that is in the file. */
  place: (path: Path) => string;
}

/** @throws UserError when the text is not YAML, or its first document is not a mapping. */
export function parseSource(text: SourceText): Source {
  const source = parseMapping(text, { what: 'a stack file', first: 'services:' });
  if (source !== null) return source;
  throw new UserError('the file is empty', {
    place: text.name,
    hint: 'A stack file needs at least "services:".',
  });
}

/**
 * Reads the first document; what stands after it is not looked at, as docker does.
 * @param expected what the file is, and a key that it may begin with, for the messages
 * @returns null when there is nothing in it
 * @throws UserError when the text is not YAML, or its first document is not a mapping
 */
export function parseMapping(
  { name, text: written }: SourceText,
  expected: { what: string; first: string },
): Source | null {
  const text = written.replace(/^\uFEFF/, '');
  const file = linesOf(name, text);
  const document = nestedTooDeep(file, () => firstDocument(text, file));
  if (document === null) return null;
  const { contents } = document;
  if (!isMap(contents)) {
    throw new UserError(`the top of ${expected.what} must be a mapping`, {
      place: contents === null ? name : file.placeAt(contents.range[0]),
      hint: `Start with "${expected.first}".`,
    });
  }
  const tree = nestedTooDeep(file, () => new TreeBuilder(file).node(contents, contents.range[0]));
  return {
    name,
    tree,
    get value() {
      return toValue(tree);
    },
    place: (path) => placeIn(tree, path),
  };
}

/** Places are worked out only when something is said about them. */
function linesOf(name: string, text: string): FileLines {
  let starts: number[] | null = null;
  return {
    name,
    placeAt: (offset) => {
      starts ??= [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
      // Each service of a large file asks for its own.
      let [line, after] = [0, starts.length];
      while (after - line > 1) {
        const middle = (line + after) >> 1;
        if ((starts[middle] ?? 0) <= offset) line = middle;
        else after = middle;
      }
      return `${name}:${line + 1}:${offset - (starts[line] ?? 0) + 1}`;
    },
  };
}

function firstDocument(text: string, file: FileLines): Document.Parsed | null {
  const control = CONTROL.exec(text);
  // All scalars stay as they are written: what they mean is decided by Go's rules, not by this parser's.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false });
  const parser = new Parser();
  for (const document of composer.compose(parser.parse(text))) {
    const [error] = document.errors;
    if (error !== undefined) {
      // The parser reports an overflow of the stack as if it were a mistake at some place.
      if (error.message.startsWith('Maximum call stack')) throw new RangeError(error.message);
      const { message, hint } = wordsFor(error);
      throw new UserError(message, { place: file.placeAt(error.pos[0]), hint });
    }
    if (control !== null && control.index < document.range[2]) {
      throw new UserError('a control character stands here', {
        place: file.placeAt(control.index),
        hint: 'Remove it, or write it as an escape in double quotes: "\\x1b".',
      });
    }
    return document;
  }
  return null;
}

/** What YAML does not allow as it is. */

const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** The parser calls itself for each level; a file that needs more levels than the stack has is no stack file. */
function nestedTooDeep<T>(file: FileLines, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError('it is nested too deeply', {
      place: file.name,
      hint: 'A stack file has some ten levels.',
    });
  }
}
