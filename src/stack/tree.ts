/**
 * What a stack file says, with every part of it knowing where it stands. Files are changed as trees (variables, other
 * forms, merging), so that whatever comes out still names the line of whichever file it came from. Trees are never
 * changed in place: parts are shared by aliases, and by what is merged.
 */

export type Path = readonly (string | number)[];

export type Scalar = string | number | boolean | null;

/** Somewhere in a file. */
export interface Spot {
  file: FileLines;
  offset: number;
}

export interface FileLines {
  name: string;
  /** `stack.yml:12:5` */
  placeAt: (offset: number) => string;
}

export interface Tree {
  readonly spot: Spot;
  readonly content: Scalar | readonly Tree[] | ReadonlyMap<string, Tree>;
  /** of a scalar: what it reads as where text is wanted, if that is not simply its content: 1.50 reads as "1.5" */
  readonly text?: string;
  /** its text came out of a variable, where numbers and booleans may be text */
  readonly substituted?: true;
  /** what becomes of what stood here in an earlier file */
  readonly tag?: 'reset' | 'override';
}

export interface MapTree extends Tree {
  readonly content: ReadonlyMap<string, Tree>;
}

export interface ListTree extends Tree {
  readonly content: readonly Tree[];
}

export const isMapTree = (tree: Tree | undefined): tree is MapTree => tree?.content instanceof Map;
export const isListTree = (tree: Tree | undefined): tree is ListTree => Array.isArray(tree?.content);

/** The text of a scalar, as Go prints it; null for what is no scalar, or null itself. */
export function textOf(tree: Tree | undefined): string | null {
  if (tree === undefined || tree.content === null || typeof tree.content === 'object') return null;
  return tree.text ?? String(tree.content);
}

/** What stands below a key; undefined where there is none. */
export function child(tree: Tree | undefined, key: string | number): Tree | undefined {
  if (isMapTree(tree)) return tree.content.get(String(key));
  return isListTree(tree) && typeof key === 'number' ? tree.content[key] : undefined;
}

/** The entries of a mapping, or none. */
export function entriesOf(tree: Tree | undefined): [string, Tree][] {
  return isMapTree(tree) ? [...tree.content] : [];
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return isListTree(tree) ? tree.content : [];
}

/** The same mapping with one entry set, or (undefined) left out. */
export function withEntry(tree: Tree, key: string, value: Tree | undefined): Tree {
  const content = new Map(isMapTree(tree) ? tree.content : []);
  if (value === undefined) content.delete(key);
  else content.set(key, value);
  return { ...tree, content };
}

/** The same mapping with each entry's value changed; undefined leaves it out. Without a change it is the same tree. */
export function mapEntries(tree: Tree, change: (value: Tree, key: string) => Tree | undefined): Tree {
  if (!isMapTree(tree)) return tree;
  let content: Map<string, Tree> | null = null;
  for (const [key, value] of tree.content) {
    const changed = change(value, key);
    if (changed === value) continue;
    content ??= new Map(tree.content);
    if (changed === undefined) content.delete(key);
    else content.set(key, changed);
  }
  return content === null ? tree : { ...tree, content };
}

/** The same list with each item changed. Without a change it is the same tree. */
export function mapItems(tree: Tree, change: (item: Tree, index: number) => Tree): Tree {
  if (!isListTree(tree)) return tree;
  let content: Tree[] | null = null;
  for (const [index, item] of tree.content.entries()) {
    const changed = change(item, index);
    if (changed === item) continue;
    content ??= [...tree.content];
    content[index] = changed;
  }
  return content === null ? tree : { ...tree, content };
}

export function placeOf(tree: Tree): string {
  return tree.spot.file.placeAt(tree.spot.offset);
}

/** The place of the value at this path, or of the nearest thing above it that is there. */
export function placeIn(root: Tree, path: Path): string {
  let tree = root;
  for (const key of path) {
    const next = child(tree, key) ?? entryThatNames(tree, key);
    if (next === undefined) break;
    tree = next;
  }
  return placeOf(tree);
}

/** A path may name an entry of a list that stands for a mapping: `KEY=value`, or a network's name. */
function entryThatNames(tree: Tree, key: string | number): Tree | undefined {
  return itemsOf(tree).find((item) => `${textOf(item) ?? ''}=`.startsWith(`${key}=`));
}

/** The plain value. A key `__proto__` is a key like any other. */
export function toValue(tree: Tree): unknown {
  if (isMapTree(tree)) {
    const value: Record<string, unknown> = {};
    for (const [key, item] of tree.content) setOwn(value, key, toValue(item));
    return value;
  }
  return isListTree(tree) ? tree.content.map(toValue) : tree.content;
}

/** Assigning to `__proto__` would set no key; a definition for each key would take several times as long. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Paths (as keys, see `pathKey`) of all texts that came out of variables. */
export function substitutedPaths(root: Tree): Set<string> {
  const paths = new Set<string>();
  const path: (string | number)[] = [];
  const walk = (tree: Tree): void => {
    if (tree.substituted === true) paths.add(pathKey(path));
    if (tree.content === null || typeof tree.content !== 'object') return;
    for (const [key, value] of tree.content.entries()) {
      path.push(key);
      walk(value);
      path.pop();
    }
  };
  walk(root);
  return paths;
}

export function pathKey(path: Path): string {
  return path.join('\0');
}
