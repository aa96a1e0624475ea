/**
 * Where text that came out of a variable becomes a number or a boolean, as docker does it. Numbers are decimal: a mode
 * of 0440 out of a variable is 440, not 288. Source: docker/cli cli/compose/loader/interpolate.go.
 */

import { isListTree, isMapTree, mapEntries, mapItems, type Scalar, type Tree } from './tree.js';

type Cast = (text: string) => Scalar | undefined;

const WORDS: Record<string, boolean> = {
  ...{ true: true, y: true, yes: true, on: true },
  ...{ false: false, n: false, no: false, off: false },
};

const toBoolean: Cast = (text) => {
  const word = text.toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
};
const toInteger: Cast = (text) => (/^[-+]?\d+$/.test(text) ? Number(text) : undefined);
const toFloat: Cast = (text) =>
  /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;

interface CastTree {
  [key: string]: Cast | CastTree;
}

/** `*` stands for every key or entry. */
const CASTS: CastTree = {
  services: {
    '*': {
      configs: { '*': { mode: toInteger } },
      secrets: { '*': { mode: toInteger } },
      healthcheck: { retries: toInteger, disable: toBoolean },
      deploy: {
        replicas: toInteger,
        update_config: { parallelism: toInteger, max_failure_ratio: toFloat },
        rollback_config: { parallelism: toInteger, max_failure_ratio: toFloat },
        restart_policy: { max_attempts: toInteger },
        placement: { max_replicas_per_node: toInteger },
      },
      ports: { '*': { target: toInteger, published: toInteger } },
      ulimits: { '*': { '': toInteger, hard: toInteger, soft: toInteger } },
      privileged: toBoolean,
      read_only: toBoolean,
      stdin_open: toBoolean,
      tty: toBoolean,
      oom_score_adj: toInteger,
      volumes: { '*': { read_only: toBoolean, volume: { nocopy: toBoolean } } },
    },
  },
  networks: { '*': { external: toBoolean, internal: toBoolean, attachable: toBoolean } },
  volumes: { '*': { external: toBoolean } },
  secrets: { '*': { external: toBoolean } },
  configs: { '*': { external: toBoolean } },
};

/** Text that cannot be read so stays, for the check to refuse. */
export function castVariables(root: Tree): Tree {
  return cast(root, CASTS);
}

function cast(tree: Tree, casts: CastTree): Tree {
  const below = (value: Tree, key: string): Tree => {
    const rule = Object.hasOwn(casts, key) ? casts[key] : casts['*'];
    if (rule === undefined) return value;
    return typeof rule === 'function' ? castScalar(value, rule) : cast(value, rule);
  };
  if (isMapTree(tree)) return mapEntries(tree, below);
  if (isListTree(tree)) return mapItems(tree, (item) => below(item, '*'));
  const own = casts[''];
  return typeof own === 'function' ? castScalar(tree, own) : tree;
}

function castScalar(tree: Tree, rule: Cast): Tree {
  if (tree.substituted !== true || typeof tree.content !== 'string') return tree;
  const value = rule(tree.content);
  return value === undefined ? tree : { ...tree, content: value, text: tree.content };
}
