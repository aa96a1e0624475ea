import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemsOf, rejectionOf } from '../../test/support/errors.js';
import { requiredToken, tokenFrom } from './token.js';

const TOKEN = 'a-token-that-nobody-guesses';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalectl-token-'));
  path = join(directory, 'token');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the token', () => {
  it('is what its file holds at the moment, without the space around it', async () => {
    const env = { SCALECTL_TOKEN_FILE: path };
    writeFileSync(path, `${TOKEN}\r\n`);
    expect(await tokenFrom(env)).toBe(TOKEN);
    writeFileSync(path, `${TOKEN}-2`);
    expect(await requiredToken(env)).toBe(`${TOKEN}-2`);
  });

  it.each([{}, { SCALECTL_TOKEN_FILE: '' }])('is none where no file is named: %j', async (env) => {
    expect(await tokenFrom(env)).toBeNull();
    expect(problemsOf(await rejectionOf(requiredToken(env)))).toEqual([
      'environment SCALECTL_TOKEN_FILE: there is no token',
    ]);
  });

  it.each<[string, string | null, string]>([
    ['is not there', null, 'the file "PATH" cannot be read (ENOENT)'],
    ['is empty', ' \n', 'the file "PATH" is empty'],
    ['can be guessed', 'hunter2', 'the token is no word of 16 or more letters and digits'],
    ['has several lines', `${TOKEN}\n${TOKEN}`, 'the token is no word of 16 or more letters and digits'],
  ])('that %s is refused, and not told', async (_, text, message) => {
    if (text !== null) writeFileSync(path, text);
    expect(problemsOf(await rejectionOf(tokenFrom({ SCALECTL_TOKEN_FILE: path })))).toEqual([
      `environment SCALECTL_TOKEN_FILE: ${message.replace('PATH', path)}`,
    ]);
  });
});
