/** Makes the relative paths in a file of another directory mean what they mean there. */

import { isAbsolutePath, resolvePath } from './paths.js';
import { child, isMapTree, mapEntries, mapItems, type Tree } from './tree.js';

/** @param directory where relative paths of this file begin */
export function relocate(root: Tree, directory: string): Tree {
  return mapEntries(root, (section, name) => {
    if (name === 'services') return mapEntries(section, (service) => relocateService(service, directory));
    return name === 'secrets' || name === 'configs'
      ? mapEntries(section, (object) => changed(object, 'file', (file) => inDirectory(file, directory)))
      : section;
  });
}

function relocateService(service: Tree, directory: string): Tree {
  const withFiles = changed(service, 'env_file', (files) =>
    mapItems(files, (file) =>
      isMapTree(file)
        ? changed(file, 'path', (path) => inDirectory(path, directory))
        : inDirectory(file, directory),
    ),
  );
  return changed(withFiles, 'volumes', (volumes) =>
    mapItems(volumes, (mount) => relocateMount(mount, directory)),
  );
}

function relocateMount(mount: Tree, directory: string): Tree {
  if (isMapTree(mount)) {
    return child(mount, 'type')?.content === 'bind'
      ? changed(mount, 'source', (source) => inDirectory(source, directory))
      : mount;
  }
  const [source = '', ...rest] = typeof mount.content === 'string' ? mount.content.split(':') : [];
  if (!source.startsWith('.') || rest.length === 0) return mount;
  return { ...mount, content: [resolvePath(directory, source), ...rest].join(':') };
}

function changed(tree: Tree, key: string, change: (value: Tree) => Tree): Tree {
  return mapEntries(tree, (value, name) => (name === key ? change(value) : value));
}

function inDirectory(path: Tree, directory: string): Tree {
  const { content } = path;
  return typeof content !== 'string' || isAbsolutePath(content) || content.startsWith('~')
    ? path
    : { ...path, content: resolvePath(directory, content) };
}
