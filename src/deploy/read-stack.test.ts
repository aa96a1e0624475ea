import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf } from '../../test/support/errors.js';
import { readStack, type StackInput } from './read-stack.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'read-stack-'));
  mkdirSync(join(directory, 'more'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(files: Record<string, string>, input: Partial<StackInput> = {}) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const { files: named = ['stack.yml'], envFiles = [], ...others } = input;
  const path = (name: string) => join(directory, name);
  return readStack({ env: {}, ...others, files: named.map(path), envFiles: envFiles.map(path) });
}

const STACK =
  'services: {web: {image: "web:${TAG}", env_file: web.env}, tools: {image: t, profiles: [ops]}}\n';

describe('stack files that are read', () => {
  it('must find what they name beside the first of them', () => {
    const files = {
      'stack.yml': STACK,
      'web.env': 'A=1',
      'more/over.yml': 'services: {web: {env_file: ./web.env}}\n',
    };
    const { loaded, directory: found } = read(files, {
      files: ['stack.yml', 'more/over.yml'],
      env: { TAG: '1' },
    });
    expect(found).toBe(directory);
    expect(loaded.services['web']?.environment).toEqual({ A: '1' });
    expect(loaded.files).toEqual([join(directory, 'stack.yml'), join(directory, 'more/over.yml')]);
  });

  it('must take variables from files, the later one first, and from the process before all', () => {
    const files = {
      'stack.yml': STACK,
      'web.env': 'HOST',
      'one.env': 'TAG=1\nHOST=one',
      'two.env': 'TAG=${TAG}2',
    };
    const image = (input: Partial<StackInput>) => read(files, input).loaded.services['web']?.image;
    expect(image({ envFiles: ['one.env', 'two.env'] })).toBe('web:12');
    expect(image({ envFiles: ['one.env', 'two.env'], env: { TAG: '9' } })).toBe('web:9');
    const { env, loaded } = read(files, { envFiles: ['one.env'] });
    expect(env).toEqual({ TAG: '1', HOST: 'one' });
    expect(loaded.services['web']?.environment).toEqual({ HOST: 'one' });
  });

  it('must take profiles from the flag and from COMPOSE_PROFILES', () => {
    const files = { 'stack.yml': STACK, 'web.env': '' };
    const env = { TAG: '1' };
    const keys = (input: Partial<StackInput>) => Object.keys(read(files, input).loaded.services);
    expect(keys({ env })).toEqual(['web']);
    expect(keys({ profiles: ['ops'], env })).toEqual(['web', 'tools']);
    expect(keys({ env: { ...env, COMPOSE_PROFILES: 'dev, ops' } })).toEqual(['web', 'tools']);
  });

  it('must be there', () => {
    const error = errorOf(() => read({}, { files: ['gone.yml'] }));
    expect(error).toMatchObject({
      place: '--compose-file',
      message: `there is no readable stack file ${join(directory, 'gone.yml')}`,
    });
    expect(errorOf(() => read({ 'stack.yml': STACK }, { envFiles: ['gone.env'] }))).toMatchObject({
      place: '--env-file',
      message: `there is no readable file ${join(directory, 'gone.env')}`,
    });
  });
});
