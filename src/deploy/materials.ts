/**
 * Reads what secrets and configs are made from, and names the objects they become. Swarm objects are immutable, so one
 * without a name of its own is named after its content: new content is a new object, and services are switched to it.
 */

import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UserError, type Problem } from '../errors.js';
import type { ComposeFileObject } from '../stack/compose.js';
import { valueIn } from '../stack/interpolate.js';
import type { LoadedStack } from '../stack/load.js';
import { externalName, GENERATED_LABEL, NAMESPACE_LABEL } from '../stack/names.js';
import type { SwarmConfig, SwarmSecret } from '../swarm/objects.js';

/** Stands for digits that only a Swarm's id makes out. */
const UNKNOWN_FINGERPRINT = '?'.repeat(12);

export type ObjectKind = 'secret' | 'config';

export interface Material {
  kind: ObjectKind;
  /** as the file calls it */
  key: string;
  /** `file:line:column`, or what else names it, for messages */
  place: string;
  /** in the Swarm */
  name: string;
  /** whether somebody else makes it */
  external: boolean;
  /** Null for what must be there already or what a driver holds. Never printed, logged or put in a plan. */
  data: Buffer | null;
  /** 12 hexadecimal digits that stand for the content; null where the content is not known */
  fingerprint: string | null;
  /** How the content compares with that of what has its name in the Swarm; null where nothing has. */
  there: 'same' | 'other' | 'unseen' | null;
  generated: boolean;
  /** file that a generated secret is to be kept in, readable by its owner alone; null where the stack names none */
  keepAt: string | null;
  labels: Record<string, string>;
  templating: string | null;
  driver: { Name: string; Options?: Record<string, string> } | null;
}

export interface MaterialOptions {
  stack: string;
  /** where relative paths start: the directory of the stack file */
  directory: string;
  /** what `environment: NAME` is read from */
  env: Readonly<Record<string, string | undefined>>;
  /** Makes the names of two Swarms' secrets differ, so that equal passwords do not show. Null where no Swarm is asked. */
  salt: string | null;
  /** what this stack has in the Swarm already */
  found: { secrets: readonly SwarmSecret[]; configs: readonly SwarmConfig[] };
  /** the fingerprint that the newest release which knows an object has for it; null where none knows it */
  recorded: (kind: ObjectKind, name: string) => string | null;
}

/** Source: swarmkit, manager/controlapi and api/validation: less than 500 and 1000 KiB. */
const TOO_MANY_BYTES: Record<ObjectKind, number> = { secret: 500 * 1024, config: 1000 * 1024 };
/** Source: swarmkit, manager/controlapi, validateConfigOrSecretAnnotations. */
const LONGEST_NAME = 64;

/** @throws UserError that names every content that is not there, is empty, or is larger than Swarm allows. */
export function readMaterials(loaded: LoadedStack, options: MaterialOptions): Material[] {
  const problems: Problem[] = [];
  const read = (kind: ObjectKind, objects: Record<string, ComposeFileObject> = {}) =>
    Object.entries(objects).flatMap(([key, object]) => {
      const found = readMaterial(kind, key, object, loaded, options);
      if (!('message' in found)) return [found];
      problems.push(found);
      return [];
    });
  const materials = [...read('secret', loaded.file.secrets), ...read('config', loaded.file.configs)];
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  return materials;
}

function readMaterial(
  kind: ObjectKind,
  key: string,
  object: ComposeFileObject,
  loaded: LoadedStack,
  options: MaterialOptions,
): Material | Problem {
  const path = [`${kind}s`, key];
  const labels = Object.fromEntries(
    Object.entries(object.labels ?? {}).map(([name, value]) => [name, value ?? '']),
  );
  const material: Omit<Material, 'name'> = {
    kind,
    key,
    place: loaded.place(path),
    external: false,
    data: null,
    fingerprint: null,
    there: null,
    labels: { ...labels, [NAMESPACE_LABEL]: options.stack },
    templating: object.template_driver ?? null,
    driver: driverOf(object),
    generated: false,
    keepAt: null,
  };
  const external = externalName(object, key);
  if (external !== null) return { ...material, external: true, name: external };
  const scoped = object.name ?? `${options.stack}_${key}`;
  if (material.driver !== null) {
    return named(material, Buffer.from(JSON.stringify(material.driver)), object.name, scoped, options);
  }
  const content = readContent(object, options);
  if (content.data === null) {
    if (kind === 'secret' && object['x-scalectl-generate'] === true) {
      const keepAt = object.file === undefined ? null : resolvePath(object.file, options.directory);
      return generated(material, scoped, keepAt, options);
    }
    return {
      message: `${kind}s.${key}: ${content.missing ?? `nothing says where the ${kind} comes from`}`,
      place: loaded.place([...path, content.from]),
      hint:
        kind === 'secret'
          ? `${content.mend}, set "external: true", or let scalectl make one: "x-scalectl-generate: true".`
          : `${content.mend}, or set "external: true".`,
    };
  }
  const { length } = content.data;
  if (length === 0 || length >= TOO_MANY_BYTES[kind]) {
    return {
      message: `${kind}s.${key}: ${content.from === 'file' ? 'the file' : content.what} has ${length} bytes; Swarm takes from 1 to ${TOO_MANY_BYTES[kind] - 1}`,
      place: loaded.place([...path, content.from]),
      hint: `Mend ${content.what}.`,
    };
  }
  return named({ ...material, data: content.data }, content.data, object.name, scoped, options);
}

function driverOf({ driver, driver_opts: options }: ComposeFileObject): Material['driver'] {
  if (driver === undefined) return null;
  return { Name: driver, ...(options !== undefined && { Options: options }) };
}

interface Content {
  data: Buffer | null;
  from: 'file' | 'environment' | 'content';
  /** what holds it, for a person */
  what: string;
  missing: string | null;
  mend: string;
}

function readContent(object: ComposeFileObject, { directory, env }: MaterialOptions): Content {
  if (object.content !== undefined) {
    const data = Buffer.from(object.content);
    return { data, from: 'content', what: 'the text', missing: null, mend: '' };
  }
  if (object.environment !== undefined) {
    const value = valueIn(env, object.environment);
    return {
      data: value === undefined ? null : Buffer.from(value),
      from: 'environment',
      what: `the variable ${object.environment}`,
      missing: `the variable ${object.environment} is not set`,
      mend: 'Set it',
    };
  }
  const path = object.file === undefined ? null : resolvePath(object.file, directory);
  return {
    data: path === null ? null : readFile(path),
    from: 'file',
    what: path ?? '',
    missing: path === null ? null : `there is no readable file ${path}`,
    mend: 'Create the file',
  };
}

/** @param content what the name stands for: the data, or for an object without data how a driver finds it */
function named(
  material: Omit<Material, 'name'>,
  content: Buffer,
  own: string | undefined,
  scoped: string,
  options: MaterialOptions,
): Material {
  const { kind, templating } = material;
  const print = fingerprint(kind, content, scoped, options.salt, templating);
  const whole = { ...material, fingerprint: print };
  const there = compared(whole, scoped, options);
  // docker gives one without a name the plain STACK_KEY. What it has made is used for as long as it is right.
  if (own !== undefined || there === 'same' || there === 'unseen') return { ...whole, name: scoped, there };
  const name = contentName(scoped, print);
  const taken = foundObject(kind, name, options) !== undefined;
  return { ...whole, name, there: taken ? 'same' : null };
}

function compared(
  { kind, data, fingerprint: print, templating }: Omit<Material, 'name'>,
  name: string,
  options: MaterialOptions,
): Material['there'] {
  const found = foundObject(kind, name, options);
  if (found === undefined) return null;
  if ((found.Spec.Templating?.Name ?? null) !== templating) return 'other';
  if (kind === 'config') {
    const held = 'Data' in found.Spec ? found.Spec.Data : undefined;
    return held === data?.toString('base64') ? 'same' : 'other';
  }
  const recorded = options.recorded(kind, name);
  return recorded === null ? 'unseen' : recorded === print ? 'same' : 'other';
}

function foundObject(
  kind: ObjectKind,
  name: string,
  { found }: MaterialOptions,
): SwarmSecret | SwarmConfig | undefined {
  const objects = kind === 'secret' ? found.secrets : found.configs;
  return objects.find(({ Spec }) => Spec.Name === name);
}

/** A long key is cut: then what was cut off has a part in the digits, or two keys could get one name. */
function contentName(scoped: string, print: string): string {
  const room = LONGEST_NAME - print.length - 1;
  if (scoped.length <= room) return `${scoped}-${print}`;
  const digits = createHash('sha256').update(`${scoped}\0${print}`).digest('hex').slice(0, print.length);
  return `${scoped.slice(0, room)}-${digits}`;
}

/**
 * A password that nobody chose: made once, and kept for as long as the stack's data may need it. Where the stack names
 * a file for it, it is written there too, or nobody but the services could ever open what it protects.
 */
function generated(
  material: Omit<Material, 'name'>,
  scoped: string,
  keepAt: string | null,
  options: MaterialOptions,
): Material {
  const base = scoped.slice(0, LONGEST_NAME - 13);
  // "shop_db-admin" begins like "shop_db" too, and is another secret: only a fingerprint may follow.
  const earlier = options.found.secrets
    .map(({ Spec }) => Spec.Name)
    .find(
      (name) =>
        name === scoped ||
        (name.startsWith(`${base}-`) && /^[0-9a-f]{12}$/.test(name.slice(base.length + 1))),
    );
  const labels = { ...material.labels, [GENERATED_LABEL]: 'true' };
  if (earlier !== undefined) return { ...material, labels, generated: true, name: earlier, there: 'same' };
  const data = Buffer.from(randomBytes(24).toString('base64url'));
  const print = fingerprint('secret', data, scoped, options.salt, null);
  const name = contentName(scoped, print);
  return { ...material, labels, generated: true, keepAt, name, data, fingerprint: print };
}

/**
 * A secret's content goes through scrypt, because names can be read by everyone who may list services, and a plain
 * hash of a short password can be guessed at leisure.
 */
function fingerprint(
  kind: ObjectKind,
  content: Buffer,
  name: string,
  salt: string | null,
  templating: string | null,
): string {
  if (kind === 'secret') {
    if (salt === null) return UNKNOWN_FINGERPRINT;
    const tail = templating === null ? '' : `/${templating}`;
    return scryptSync(content, `${salt}/${name}${tail}`, 6).toString('hex');
  }
  return createHash('sha256')
    .update(templating ?? '')
    .update('\0')
    .update(content)
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
