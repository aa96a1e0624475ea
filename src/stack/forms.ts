/**
 * Brings what Compose lets people write in several ways into one: lists of `KEY=value` become mappings, a single text
 * where a list may stand becomes a list, and numbers and dates that stand for text become the text that docker makes of
 * them. What is in no known form stays, for the check to refuse.
 */

import {
  entriesOf,
  isListTree,
  isMapTree,
  mapEntries,
  textOf,
  withEntry,
  type ListTree,
  type Tree,
} from './tree.js';

type Form = (tree: Tree) => Tree;

interface Forms {
  [key: string]: Form | Forms;
}

const pairs: Form = (tree) => {
  if (!isListTree(tree)) return texts(tree);
  if (hasDoubles(tree)) return tree;
  const content = new Map<string, Tree>();
  for (const item of tree.content) {
    // A list of pairs is text throughout; a date among them is one that stands unquoted, as written.
    if (typeof item.content !== 'string') return tree;
    const at = item.content.indexOf('=');
    if (at < 0) content.set(item.content, { ...item, content: null });
    else content.set(item.content.slice(0, at), { ...item, content: item.content.slice(at + 1) });
  }
  return { ...tree, content };
};

/** What docker refuses has to stay visible. */
function hasDoubles({ content }: ListTree): boolean {
  return new Set(content.map((item) => item.content)).size < content.length;
}

/** A mapping of texts. */
const texts: Form = (tree) =>
  mapEntries(tree, (value) => {
    const isText = typeof value.content === 'string' || typeof value.content === 'number';
    const text = isText ? textOf(value) : null;
    if (text === null || (text === value.content && value.text === undefined)) return value;
    return { ...withoutText(value), content: text };
  });

function withoutText({ text: _, ...tree }: Tree): Tree {
  return tree;
}

const list: Form = (tree) =>
  typeof tree.content === 'string' ? { spot: tree.spot, content: [tree], ...tagOf(tree) } : tree;

/** Names become keys without content. */
const keys: Form = (tree) => {
  if (!isListTree(tree) || hasDoubles(tree)) return tree;
  const content = new Map<string, Tree>();
  for (const item of tree.content) {
    if (typeof item.content !== 'string') return tree;
    content.set(item.content, { ...item, content: null });
  }
  return { ...tree, content };
};

/** A mapping of hosts becomes a list of `host:address`, sorted as docker sorts it. */
const hosts: Form = (tree) => {
  if (!isMapTree(tree)) return tree;
  const items: (Tree & { content: string })[] = [];
  for (const [host, address] of tree.content) {
    if (typeof address.content !== 'string') return tree;
    items.push({ ...address, content: `${host}:${address.content}` });
  }
  return { ...tree, content: items.sort((a, b) => (a.content < b.content ? -1 : 1)) };
};

function tagOf(tree: Tree): Pick<Tree, 'tag'> {
  return tree.tag === undefined ? {} : { tag: tree.tag };
}

const OBJECT: Forms = { labels: pairs, driver_opts: texts };

/** `*` stands for every key. */
const FORMS: Forms = {
  services: {
    '*': {
      environment: pairs,
      labels: pairs,
      sysctls: pairs,
      deploy: { labels: pairs },
      logging: { options: texts },
      networks: keys,
      dns: list,
      dns_search: list,
      tmpfs: list,
      env_file: list,
      extra_hosts: hosts,
    },
  },
  networks: { '*': OBJECT },
  volumes: { '*': OBJECT },
  secrets: { '*': OBJECT },
  configs: { '*': OBJECT },
};

export function unifyForms(root: Tree): Tree {
  return unify(root, FORMS);
}

function unify(tree: Tree, forms: Forms): Tree {
  return mapEntries(tree, (value, key) => {
    const form = Object.hasOwn(forms, key) ? forms[key] : forms['*'];
    if (form === undefined) return value;
    return typeof form === 'function' ? form(value) : unify(value, form);
  });
}

/** The `depends_on` list in its long form, so that the two can be merged. */
export function dependencies(tree: Tree): Tree {
  if (!isListTree(tree)) return tree;
  const condition = (item: Tree): Tree => ({
    spot: item.spot,
    content: new Map([['condition', { spot: item.spot, content: 'service_started' }]]),
  });
  return entriesOf(keys(tree)).reduce<Tree>((all, [name, item]) => withEntry(all, name, condition(item)), {
    ...tree,
    content: new Map(),
  });
}
