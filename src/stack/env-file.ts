/**
 * `env_file` of a service: its lines become part of `environment`, under what is written there. Lines are taken as they
 * are, without quotes or variables; a name alone takes its value from the process, or is dropped. An empty value, from
 * wherever, gives way to the process's. Source: docker/cli opts/envfile.go and cli/compose/loader/loader.go.
 */

import type { Problem } from '../errors.js';
import { valueIn, type Environment } from './interpolate.js';
import { resolvePath } from './paths.js';
import { child, entriesOf, isMapTree, itemsOf, mapEntries, placeOf, withEntry, type Tree } from './tree.js';

export interface EnvFileOptions {
  env: Environment;
  /** where relative paths begin */
  directory: string;
  readFile: (path: string) => string | null;
}

/** Every service with its environment files read. Expects unified forms. */
export function readEnvFiles(root: Tree, options: EnvFileOptions, problems: Problem[]): Tree {
  return mapEntries(root, (services, section) =>
    section !== 'services'
      ? services
      : mapEntries(services, (service, name) => {
          const files = child(service, 'env_file');
          const declared = child(service, 'environment');
          if (files?.tag === 'reset' || (files === undefined && declared === undefined)) return service;
          const fromFiles = itemsOf(files).flatMap((file, index) =>
            readOne(file, ['services', name, 'env_file', index].join('.'), options, problems),
          );
          if (declared !== undefined && !isMapTree(declared)) return service;
          if (declared === undefined && fromFiles.length === 0) return service;
          const spot = declared?.spot ?? files?.spot ?? service.spot;
          const tag = declared?.tag === undefined ? {} : { tag: declared.tag };
          const content = new Map([...fromFiles, ...entriesOf(declared)]);
          const filled = mapEntries({ spot, content, ...tag }, (value, key) =>
            fromProcess(value, valueIn(options.env, key)),
          );
          return withEntry(service, 'environment', filled);
        }),
  );
}

function fromProcess(value: Tree, known: string | undefined): Tree {
  const isEmpty = value.content === null || value.content === '';
  return isEmpty && known !== undefined && value.tag === undefined ? { ...value, content: known } : value;
}

function readOne(file: Tree, at: string, options: EnvFileOptions, problems: Problem[]): [string, Tree][] {
  const report = (place: string, message: string, hint: string): [] => {
    problems.push({ place, message, hint });
    return [];
  };
  const path = (isMapTree(file) ? child(file, 'path') : file)?.content;
  const format = child(file, 'format');
  if (typeof path !== 'string' || path === '') {
    return report(
      placeOf(file),
      `${at}: must be a path`,
      'Write the path of a file with lines of KEY=value.',
    );
  }
  if (format !== undefined && format.content !== 'raw') {
    return report(
      placeOf(format),
      `${at}.format: must be raw, got ${JSON.stringify(format.content)}`,
      'Remove it: lines are taken as they are.',
    );
  }
  const whole = resolvePath(options.directory, path);
  const text = options.readFile(whole);
  if (text === null) {
    if (child(file, 'required')?.content === false) return [];
    return report(
      placeOf(file),
      `${at}: there is no readable file ${whole}`,
      'Create it, or remove the entry.',
    );
  }
  return parseEnvFile(text, path, options.env, report);
}

function parseEnvFile(
  text: string,
  name: string,
  env: Environment,
  report: (place: string, message: string, hint: string) => [],
): [string, Tree][] {
  const file = { name, placeAt: (offset: number) => `${name}:${offset}:1` };
  const hint = 'Write KEY=value, with nothing before the key and no blank in it.';
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line, index): [string, Tree][] => {
      const begun = line.trimStart();
      if (begun === '' || begun.startsWith('#')) return [];
      const spot = { file, offset: index + 1 };
      const at = begun.indexOf('=');
      const key = at < 0 ? begun : begun.slice(0, at);
      if (key === '') return report(file.placeAt(index + 1), 'the line has no variable name', hint);
      if (/[ \t]/.test(key)) {
        return report(file.placeAt(index + 1), `the variable name "${key}" contains a blank`, hint);
      }
      if (at >= 0) return [[key, { spot, content: begun.slice(at + 1) }]];
      const known = valueIn(env, key);
      return known === undefined ? [] : [[key, { spot, content: known }]];
    });
}
