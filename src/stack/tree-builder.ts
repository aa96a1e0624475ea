/** Nodes of the YAML parser become trees: scalars as Go reads them, aliases and merges worked out. */

import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Scalar as YamlScalar,
  type YAMLMap,
} from 'yaml';
import { UserError } from '../errors.js';
import { goScalar, isPlainText } from './go-scalars.js';
import { isListTree, isMapTree, type FileLines, type Tree } from './tree.js';

/** More than any stack file holds; aliases of aliases make more of a small file. */
const MOST_VALUES = 500_000;
/** What walks a tree calls itself for each level. */
const MOST_LEVELS = 200;

interface Anchored {
  /** null while what it names is being read */
  tree: Tree | null;
  /** how many values it stands for, and how many levels, with all that it shares */
  size: number;
  levels: number;
}

export class TreeBuilder {
  private readonly anchors = new Map<string, Anchored>();
  private size = 0;
  private level = 0;
  private deepest = 0;

  constructor(private readonly file: FileLines) {}

  /** @param offset where a person should look */
  node(node: Node | null, offset: number): Tree {
    if (isAlias(node)) return this.alias(node.source, offset);
    this.count(1, 1);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor === undefined) return this.below(node, offset);
    const anchored: Anchored = { tree: null, size: this.size - 1, levels: 0 };
    this.anchors.set(anchor, anchored);
    const outside = this.deepest;
    this.deepest = this.level;
    anchored.tree = this.below(node, offset);
    anchored.size = this.size - anchored.size;
    anchored.levels = this.deepest - this.level + 1;
    this.deepest = Math.max(this.deepest, outside);
    return anchored.tree;
  }

  private below(node: Node | null, offset: number): Tree {
    this.level++;
    const tree = this.content(node, offset);
    this.level--;
    return tree;
  }

  /** Aliases are counted as what they stand for: they can make a small file endless. */
  private count(size: number, levels: number): void {
    this.size += size;
    this.deepest = Math.max(this.deepest, this.level + levels);
    if (this.deepest > MOST_LEVELS) throw new RangeError('too many levels');
    if (this.size <= MOST_VALUES) return;
    throw new UserError('its aliases unfold to more than a stack file can hold', {
      place: this.file.placeAt(0),
      hint: 'Write out some of what the aliases stand for.',
    });
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
    if (!isScalar(node)) return { spot, content: null };
    const text = surelyText(node);
    return text === null ? { spot, ...this.scalar(node, offset) } : { spot, content: text };
  }

  private alias(name: string, offset: number): Tree {
    const anchored = this.anchors.get(name);
    if (anchored === undefined) {
      throw new UserError(`there is no anchor &${name} before this`, {
        place: this.file.placeAt(offset),
        hint: `Put &${name} at what is meant, above this line.`,
      });
    }
    if (anchored.tree === null) {
      throw new UserError(`the anchor &${name} contains itself`, {
        place: this.file.placeAt(offset),
        hint: 'Write out what is meant here.',
      });
    }
    this.count(anchored.size, anchored.levels);
    return { ...anchored.tree, spot: { file: this.file, offset } };
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
    if (isScalar(node) && node.anchor === undefined) {
      const text = surelyText(node);
      if (text !== null) {
        this.count(1, 1);
        return text;
      }
    }
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

/** What most of a file is, and is asked for each part of it: the text of a scalar that cannot be anything else. */
function surelyText({ source, tag, type }: YamlScalar): string | null {
  return tag === undefined && source !== undefined && (type !== 'PLAIN' || isPlainText(source))
    ? source
    : null;
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
