/** A YAML file as read: what it says, and where each part of it stands. */

import {
  Composer,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Parser,
  type Document,
  type Node,
  type Scalar as YamlScalar,
  type YAMLMap,
} from 'yaml';
import { UserError } from '../errors.js';
import { goScalar } from './go-scalars.js';
import {
  isListTree,
  isMapTree,
  placeIn,
  measure,
  toValue,
  type FileLines,
  type Path,
  type Tree,
} from './tree.js';

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

/** Aliases of aliases can make a small file endless. */
const MOST_VALUES = 500_000;
/** What walks a tree calls itself for each level. */
const MOST_LEVELS = 200;

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
  const tree = nestedTooDeep(file, () => {
    const built = new TreeBuilder(file).node(contents, contents.range[0]);
    const { size, depth } = measure(built);
    if (depth > MOST_LEVELS) throw new RangeError('too many levels');
    return size > MOST_VALUES ? null : built;
  });
  if (tree === null) {
    throw new UserError('its aliases unfold to more than a stack file can hold', {
      place: file.placeAt(contents.range[0]),
      hint: 'Write out some of what the aliases stand for.',
    });
  }
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
      const line = starts.findLastIndex((start) => start <= offset);
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
      throw new UserError((error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''), {
        place: file.placeAt(error.pos[0]),
        hint: 'Mend the YAML at this place.',
      });
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

class TreeBuilder {
  /** null while what it names is being read */
  private readonly anchors = new Map<string, Tree | null>();

  constructor(private readonly file: FileLines) {}

  /** @param offset where a person should look */
  node(node: Node | null, offset: number): Tree {
    if (isAlias(node)) return this.alias(node.source, offset);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, null);
    const tree = this.content(node, offset);
    if (anchor !== undefined) this.anchors.set(anchor, tree);
    return tree;
  }

  private content(node: Node | null, offset: number): Tree {
    const spot = { file: this.file, offset };
    if (isMap(node)) return { spot, content: this.mapping(node), ...tagOf(node.tag) };
    if (isSeq(node)) {
      const items = node.items as Node[];
      return {
        spot,
        content: items.map((item) => this.node(item, startOf(item) ?? offset)),
        ...tagOf(node.tag),
      };
    }
    return isScalar(node) ? { spot, ...this.scalar(node, offset) } : { spot, content: null };
  }

  private alias(name: string, offset: number): Tree {
    const tree = this.anchors.get(name);
    if (tree === null) {
      throw new UserError(`the anchor &${name} contains itself`, {
        place: this.file.placeAt(offset),
        hint: 'Write out what is meant here.',
      });
    }
    if (tree === undefined) {
      throw new UserError(`there is no anchor &${name} before this`, {
        place: this.file.placeAt(offset),
        hint: `Put &${name} at what is meant, above this line.`,
      });
    }
    return { ...tree, spot: { file: this.file, offset } };
  }

  private mapping(map: YAMLMap): Map<string, Tree> {
    const own = new Map<string, Tree>();
    const merged: Tree[] = [];
    const seen = new Set<string>();
    for (const { key, value } of map.items.filter((item) => isPair(item))) {
      const keyNode = key as Node | null;
      const keyOffset = startOf(keyNode) ?? startOf(value as Node | null) ?? map.range?.[0] ?? 0;
      const name = this.key(keyNode, keyOffset);
      if (seen.has(name)) {
        throw new UserError(`"${name}" is given twice`, {
          place: this.file.placeAt(keyOffset),
          hint: 'Remove one of the two, or put both contents under one.',
        });
      }
      seen.add(name);
      const tree = this.node(value as Node | null, valueOffset(value as Node | null, keyOffset));
      if (name === '<<' && isScalar(keyNode) && keyNode.type === 'PLAIN') {
        merged.push(...this.toMerge(value as Node | null, tree, keyOffset));
      } else own.set(name, tree);
    }
    if (merged.length === 0) return own;
    // The own keys win, then what is named first.
    const all = new Map<string, Tree>();
    for (const source of merged) {
      if (!isMapTree(source)) continue;
      for (const [name, tree] of source.content) if (!all.has(name)) all.set(name, tree);
    }
    for (const [name, tree] of own) all.set(name, tree);
    return all;
  }

  private toMerge(value: Node | null, tree: Tree, keyOffset: number): readonly Tree[] {
    const trees = isSeq(value) && isListTree(tree) ? tree.content : [tree];
    if (trees.every(isMapTree)) return trees;
    throw new UserError('only a mapping, or an alias of one, can be merged with <<', {
      place: this.file.placeAt(keyOffset),
      hint: 'Write "<<: *NAME", where &NAME stands at a mapping.',
    });
  }

  private key(node: Node | null, offset: number): string {
    const tree = this.node(node, offset);
    // A date is read as its text, and docker takes it for no text all the same.
    if (typeof tree.content === 'string' && tree.text === undefined) return tree.content;
    const written = isScalar(node) ? (node.source ?? '') : '';
    throw new UserError(written === '' ? 'a key must be text' : `the key ${written} must be text`, {
      place: this.file.placeAt(offset),
      hint: written === '' ? 'Write "key: value".' : `Quote it: "${written}":`,
    });
  }

  private scalar(node: YamlScalar, offset: number): Pick<Tree, 'content' | 'text' | 'tag'> {
    const source = node.source ?? '';
    const tag = node.tag ?? '';
    if (tag === '!!binary' || tag === 'tag:yaml.org,2002:binary') {
      return { content: this.binary(source, offset) };
    }
    const type = /^(?:!!|tag:yaml\.org,2002:)(str|int|float|bool|null|timestamp)$/.exec(tag)?.[1];
    if (type === 'str' || (type === undefined && node.type !== 'PLAIN' && node.type !== undefined)) {
      return { content: source, ...tagOf(tag) };
    }
    const { kind, value, text } = goScalar(source);
    if (
      type !== undefined &&
      (!KINDS[type]?.includes(kind) || (type === 'int' && !Number.isInteger(value)))
    ) {
      throw new UserError(`"${source}" is no ${type}`, {
        place: this.file.placeAt(offset),
        hint: `Remove the !!${type} before it.`,
      });
    }
    return { content: value, ...(text !== String(value) && value !== null && { text }), ...tagOf(tag) };
  }

  private binary(source: string, offset: number): string {
    try {
      const bytes = Uint8Array.from(atob(source), (char) => char.charCodeAt(0));
      return new TextDecoder().decode(bytes);
    } catch (cause) {
      throw new UserError('what follows !!binary is no base64', {
        place: this.file.placeAt(offset),
        hint: 'Write it as plain text.',
        cause,
      });
    }
  }
}

const KINDS: Record<string, string[]> = {
  int: ['number'],
  float: ['number'],
  bool: ['boolean'],
  null: ['null'],
  timestamp: ['date'],
};

function tagOf(tag: string | undefined): Pick<Tree, 'tag'> {
  return tag === '!reset' ? { tag: 'reset' } : tag === '!override' ? { tag: 'override' } : {};
}

function startOf(node: Node | null | undefined): number | undefined {
  return node?.range?.[0];
}

/** A block's own start is its first key, lines below: the key that holds it is the better place to look. */
function valueOffset(value: Node | null, keyOffset: number): number {
  return isScalar(value) || isAlias(value) ? (startOf(value) ?? keyOffset) : keyOffset;
}
