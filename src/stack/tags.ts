/** `!reset` and `!override`: what becomes of what an earlier file says. */

import { isListTree, isMapTree, mapEntries, mapItems, type Tree } from './tree.js';

/** Drops what `!reset` marks, after merging; `!override` has done its work by then. */
export function withoutReset(tree: Tree): Tree {
  return mapEntries(tree, (value) => (value.tag === 'reset' ? undefined : withoutReset(value)));
}

/** As if the tags were not there, which is what docker makes of them. */
export function untagged(tree: Tree): Tree {
  const { tag: _, ...plain } = tree;
  if (isMapTree(tree)) return mapEntries({ ...plain, content: tree.content }, untagged);
  return isListTree(tree) ? mapItems({ ...plain, content: tree.content }, untagged) : plain;
}
