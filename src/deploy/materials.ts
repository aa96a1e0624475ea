/**
 * Reads the files that secrets and configs come from, and names the objects they become. Swarm objects are immutable,
 * so what comes from a file is named after its content: new content is a new object, and services are switched to it.
 */

import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { ComposeFileObject } from '../stack/compose.js';
import type { LoadedStack } from '../stack/load.js';
import { externalName, FINGERPRINT_LABEL, GENERATED_LABEL, NAMESPACE_LABEL } from '../stack/names.js';

export type ObjectKind = 'secret' | 'config';

export interface Material {
  kind: ObjectKind;
  key: string;
  name: string;
  /** Null for what must be there already. Never printed, logged or put in a plan. */
  data: Buffer | null;
  generated: boolean;
  /** file that a generated secret is to be kept in, readable by its owner alone; null where the stack names none */
  keepAt: string | null;
  labels: Record<string, string>;
  templating: 'golang' | null;
}

export interface MaterialOptions {
  stack: string;
  /** where relative paths start: the directory of the stack file */
  directory: string;
  /** makes the names of two Swarms' secrets differ, so that equal passwords do not show */
  salt: string;
  /** names of the objects that this stack has in the Swarm already */
  existing: Readonly<Record<ObjectKind, ReadonlySet<string>>>;
}

const MOST_BYTES: Record<ObjectKind, number> = { secret: 500 * 1024, config: 1000 * 1024 };

/** @throws UserError when a file is not there, is empty, or is larger than Swarm allows. */
export function readMaterials(loaded: LoadedStack, options: MaterialOptions): Material[] {
  return [
    ...Object.entries(loaded.file.secrets ?? {}).map(([key, object]) =>
      readMaterial('secret', key, object, loaded, options),
    ),
    ...Object.entries(loaded.file.configs ?? {}).map(([key, object]) =>
      readMaterial('config', key, object, loaded, options),
    ),
  ];
}

function readMaterial(
  kind: ObjectKind,
  key: string,
  object: ComposeFileObject,
  loaded: LoadedStack,
  options: MaterialOptions,
): Material {
  const path = [`${kind}s`, key];
  const labels = Object.fromEntries(
    Object.entries(object.labels ?? {}).map(([name, value]) => [name, value ?? '']),
  );
  const material = {
    kind,
    key,
    labels: { ...labels, [NAMESPACE_LABEL]: options.stack } as Record<string, string>,
    templating: object.template_driver ?? null,
    generated: false,
    keepAt: null,
  };
  const external = externalName(object, key);
  if (external !== null) return { ...material, name: external, data: null };

  const data = object.file === undefined ? null : readFile(resolvePath(object.file, options.directory));
  const scoped = object.name ?? `${options.stack}_${key}`;
  if (data === null) {
    if (kind === 'secret' && object['x-scalectl-generate'] === true) {
      const keepAt = object.file === undefined ? null : resolvePath(object.file, options.directory);
      return generated(material, scoped, keepAt, options);
    }
    throw new UserError(
      object.file === undefined
        ? `${kind}s.${key}: nothing says where the ${kind} comes from`
        : `${kind}s.${key}: there is no readable file ${resolvePath(object.file, options.directory)}`,
      {
        place: loaded.place([...path, 'file']),
        hint:
          kind === 'secret'
            ? 'Create the file, set "external: true", or let scalectl make one: "x-scalectl-generate: true".'
            : 'Create the file, or set "external: true".',
      },
    );
  }
  if (data.length === 0 || data.length > MOST_BYTES[kind]) {
    throw new UserError(
      `${kind}s.${key}: the file has ${data.length} bytes; Swarm takes from 1 to ${MOST_BYTES[kind]}`,
      {
        place: loaded.place([...path, 'file']),
        hint: `Mend ${resolvePath(object.file ?? '', options.directory)}.`,
      },
    );
  }
  const print = fingerprint(kind, data, scoped, options.salt, material.templating);
  const name = object.name ?? `${scoped}-${print}`;
  if (object.name !== undefined) material.labels[FINGERPRINT_LABEL] = print;
  return { ...material, name, data };
}

/**
 * A password that nobody chose: made once, and kept for as long as the stack's data may need it. Where the stack names
 * a file for it, it is written there too, or nobody but the services could ever open what it protects.
 */
function generated(
  material: Omit<Material, 'name' | 'data'>,
  scoped: string,
  keepAt: string | null,
  options: MaterialOptions,
): Material {
  // "shop_db-admin" begins like "shop_db" too, and is another secret: only a fingerprint may follow.
  const earlier = [...options.existing.secret].find(
    (name) =>
      name === scoped ||
      (name.startsWith(`${scoped}-`) && /^[0-9a-f]{12}$/.test(name.slice(scoped.length + 1))),
  );
  const labels = { ...material.labels, [GENERATED_LABEL]: 'true' };
  if (earlier !== undefined) return { ...material, labels, generated: true, name: earlier, data: null };
  const data = Buffer.from(randomBytes(24).toString('base64url'));
  const name = `${scoped}-${fingerprint('secret', data, scoped, options.salt, null)}`;
  return { ...material, labels, generated: true, keepAt, name, data };
}

/**
 * 12 hexadecimal digits that stand for a content. A secret's go through scrypt, because names can be read by
 * everyone who may list services, and a plain hash of a short password can be guessed at leisure.
 */
function fingerprint(
  kind: ObjectKind,
  data: Buffer,
  name: string,
  salt: string,
  templating: string | null,
): string {
  if (kind === 'secret') return scryptSync(data, `${salt}/${name}`, 6).toString('hex');
  return createHash('sha256')
    .update(templating ?? '')
    .update('\0')
    .update(data)
    .digest('hex')
    .slice(0, 12);
}

export function resolvePath(path: string, directory: string): string {
  const home = process.env['HOME'];
  const expanded = path.startsWith('~/') && home !== undefined ? `${home}${path.slice(1)}` : path;
  return isAbsolute(expanded) ? expanded : resolve(directory, expanded);
}

function readFile(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** @returns whether it could be written; the secret is in the Swarm in any case */
export function keepGenerated(material: Material): boolean {
  if (material.keepAt === null || material.data === null) return false;
  try {
    mkdirSync(dirname(material.keepAt), { recursive: true, mode: 0o700 });
    writeFileSync(material.keepAt, material.data, { mode: 0o600, flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
