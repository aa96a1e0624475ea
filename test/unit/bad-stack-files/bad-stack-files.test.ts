/** Every mistake in a stack file must be answered with its place, the key, the value and the next step. */

import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { convertStack } from '../../../src/stack/convert.js';
import { loadStack } from '../../../src/stack/load.js';
import { FORM } from './form.js';
import { PLACES } from './places.js';
import { REFERENCES } from './references.js';
import { SEVERAL } from './several.js';
import type { BadStackFile } from './types.js';
import { VALUES } from './values.js';

const BAD_STACK_FILES = { ...FORM, ...VALUES, ...PLACES, ...REFERENCES, ...SEVERAL };

const DIRECTORY = '/stack';
const ENV = { HOST: 'localhost' };

/** What a person reads, line by line. */
function said({ files, strict = false }: Pick<BadStackFile, 'files' | 'strict'>): string[] {
  const all = Object.entries('length' in files ? { 'stack.yml': files as readonly string[] } : files).map(
    ([name, lines]) => ({ name, text: lines.map((line) => `${line}\n`).join('') }),
  );
  const beside = new Map(all.map(({ name, text }) => [`${DIRECTORY}/${name.slice(1)}`, text]));
  try {
    const loaded = loadStack(
      all.filter(({ name }) => !name.startsWith('+')),
      { env: ENV, strict, directory: DIRECTORY, readFile: (path) => beside.get(path) ?? null },
    );
    const names = (objects: object = {}) =>
      Object.fromEntries(Object.keys(objects).map((key) => [key, `shop_${key}`]));
    convertStack(loaded, {
      stack: 'shop',
      resolvePath: (path) => path,
      secretNames: names(loaded.file.secrets),
      configNames: names(loaded.file.configs),
      env: ENV,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [error, ...error.others].flatMap(({ place, message, hint }) => [
      `${place ?? '?'}: ${message}`,
      ...(hint === undefined ? [] : [`  ${hint}`]),
    ]);
  }
  return ['it was taken'];
}

describe.each(Object.entries(BAD_STACK_FILES))('%s', (_, cases) => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    expect(said(one)).toEqual(one.says);
  });
});

it('there must be at least sixty of them', () => {
  expect(Object.values(BAD_STACK_FILES).flat().length).toBeGreaterThanOrEqual(60);
});
