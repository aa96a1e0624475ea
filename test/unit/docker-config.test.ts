/**
 * What we read out of stack files is what the docker CLI reads: it prints the file that it has understood, and reading
 * that has to come to the same as reading the original. Strictly, we refuse what it refuses.
 */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStack, type ReadStack } from '../../src/deploy/read-stack.js';
import { ScalectlError } from '../../src/errors.js';
import { convertStack } from '../../src/stack/convert.js';
import { CASES, type Case } from './docker-config.cases.js';

const run = promisify(execFile);
const there = spawnSync('docker', ['stack', 'config', '--help']).status === 0;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'docker-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The files of a case, written; their paths. */
function write(files: readonly string[], others: Record<string, string> = {}): string[] {
  const place = mkdtempSync(join(directory, 'case-'));
  for (const [name, text] of Object.entries(others)) writeFileSync(join(place, name), text);
  return files.map((text, index) => {
    const path = join(place, `${index}.yml`);
    writeFileSync(path, text);
    return path;
  });
}

/** The file as docker has understood it, or null where it refuses it. */
async function dockers(paths: readonly string[], env: Record<string, string>): Promise<string | null> {
  const args = ['stack', 'config', ...paths.flatMap((path) => ['-c', path])];
  try {
    const { stdout } = await run('docker', args, {
      env: { PATH: process.env['PATH'] ?? '', HOME: '/home/nobody', ...env },
    });
    return stdout;
  } catch {
    return null;
  }
}

function read(files: readonly string[], env: Record<string, string>, strict: boolean): ReadStack | null {
  try {
    return readStack({ files, env, strict });
  } catch (error) {
    if (error instanceof ScalectlError) return null;
    throw error;
  }
}

/** Everything that would be asked for, in no particular order of names. */
function meaning({ loaded, directory: base }: ReadStack) {
  const { networks, services } = convertStack(loaded, {
    stack: 'shop',
    resolvePath: (path) => resolve(base, path),
    secretNames: {},
    configNames: {},
    env: {},
  });
  const contents = (objects: Record<string, { file?: string; name?: string }> | undefined) =>
    Object.entries(objects ?? {}).map(([key, { file, ...object }]) => ({
      key,
      name: key,
      ...object,
      file: file === undefined ? null : resolve(base, file),
    }));
  return {
    networks: networks.map(({ spec }) => spec),
    services: services.map(({ spec }) => spec).sort((a, b) => (a.Name < b.Name ? -1 : 1)),
    secrets: contents(loaded.file.secrets),
    configs: contents(loaded.file.configs),
  };
}

describe.skipIf(!there).each(CASES)('%s must be read as docker reads it', (_, cases) => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one: Case) => {
    const env = one.env ?? {};
    const files = write(one.files, one.with);
    const understood = await dockers(files, env);
    const ours = read(files, env, true);
    if (understood === null) {
      expect(ours).toBeNull();
      return;
    }
    expect(ours).not.toBeNull();
    // Docker prints dollars as they are, and names environment files beside what it has taken out of them.
    const [again = ''] = write([
      understood.replaceAll('$', '$$$$').replace(/^ {4}env_file:\n(?: {6}- .*\n)+/gm, ''),
    ]);
    const theirs = read([again], {}, false);
    expect(meaning(ours!)).toEqual(meaning(theirs!));
    expect(meaning(read(files, env, false)!)).toEqual(meaning(theirs!));
  });
});

describe.skipIf(there)('docker stack config', () => {
  it.skip('is not installed here: nothing to compare with', () => undefined);
});
