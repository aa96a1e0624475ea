/** A Compose file as read: its value, and where in the file each part of it stands. */

import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type ScalarTag,
} from 'yaml';
import { UserError } from '../errors.js';

export type Path = readonly (string | number)[];

export interface SourceText {
  /** as it should be named to a person */
  name: string;
  text: string;
}

export interface Source {
  name: string;
  value: unknown;
  /** `stack.yml:12:5` of the value at this path, or of the nearest thing above it that is in the file. */
  place: (path: Path) => string;
}

/** Numbers as Go's YAML reads them: a leading zero means octal, underscores separate digits, 0b is binary. */
const goIntegers: ScalarTag[] = [
  { pattern: /^[-+]?0[0-7_]+$/, base: 8, skip: 0 },
  { pattern: /^[-+]?0o[0-7_]+$/, base: 8, skip: 2 },
  { pattern: /^[-+]?0b[01_]+$/, base: 2, skip: 2 },
  { pattern: /^[-+]?[1-9][0-9]*(?:_[0-9]+)+$/, base: 10, skip: 0 },
].map(({ pattern, base, skip }) => ({
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: pattern,
  resolve: (text: string) => {
    const digits = text.replaceAll('_', '');
    const sign = digits.startsWith('-') ? -1 : 1;
    return sign * parseInt(digits.replace(/^[-+]/, '').slice(skip), base);
  },
}));

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
 * @param expected what the file is, and a key that it may begin with, for the messages
 * @returns null when there is nothing in it
 * @throws UserError when the text is not YAML, or its first document is not a mapping
 */
export function parseMapping(
  { name, text }: SourceText,
  expected: { what: string; first: string },
): Source | null {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    customTags: (tags) => [...goIntegers, ...tags],
  });
  const document = 'empty' in documents ? undefined : documents[0];
  if (document === undefined) return null;
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) {
    throw new UserError((error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''), {
      place: at(error.pos[0]),
      hint: 'Mend the YAML at this place.',
    });
  }
  if (!isMap(document.contents)) {
    throw new UserError(`the top of ${expected.what} must be a mapping`, {
      place: isNode(document.contents) ? at(document.contents.range[0]) : name,
      hint: `Start with "${expected.first}".`,
    });
  }
  return {
    name,
    value: unfold(document, at),
    place: (path) => at(offsetOf(document, path)),
  };
}

/** Aliases and merges come to light only when the document becomes a value. */
function unfold(document: Document, at: (offset: number) => string): unknown {
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      throw new UserError(`there is no anchor &${alias.source} before this`, {
        place: at(alias.range?.[0] ?? 0),
        hint: `Put &${alias.source} at what is meant, above this line.`,
      });
    },
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || key.source !== '<<') return;
      const merged = isSeq(value) ? value.items : [value];
      if (merged.every((item) => isMap(isAlias(item) ? item.resolve(document) : item))) return;
      throw new UserError('only a mapping, or an alias of one, can be merged with <<', {
        place: at(key.range?.[0] ?? 0),
        hint: 'Write "<<: *NAME", where &NAME stands at a mapping.',
      });
    },
  });
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (cause) {
    throw new UserError('its aliases unfold to more than a stack file can hold', {
      place: at(document.contents?.range?.[0] ?? 0),
      hint: 'Write out some of what the aliases stand for.',
      cause,
    });
  }
}

function offsetOf(document: Document, path: Path): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const next = childOf(node, key);
    if (next === null) return offset;
    offset = next.offset;
    node = next.node;
  }
  return offset;
}

function childOf(node: Node | null, key: string | number): { node: Node | null; offset: number } | null {
  if (isSeq(node)) {
    // A path may name an entry of a list that stands for a mapping: `KEY=value`, or a network's name.
    const item =
      typeof key === 'number'
        ? node.items[key]
        : node.items.find((it) => isScalar(it) && `${String(it.value)}=`.startsWith(`${key}=`));
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : null;
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(
    (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
  );
  if (pair === undefined) return null;
  const value = isNode(pair.value) ? pair.value : null;
  const keyOffset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? 0;
  // A block's own start is its first key, lines below: the key that holds it is the better place to look.
  const inline = value !== null && (isScalar(value) || isAlias(value));
  return { node: value, offset: inline ? (value.range?.[0] ?? keyOffset) : keyOffset };
}
