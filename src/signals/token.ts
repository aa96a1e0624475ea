/** The token that agents and the daemon's API ask for. It is in a file, and is never told. */

import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

const TOKEN_FILE = 'SCALECTL_TOKEN_FILE';
const PLACE = `environment ${TOKEN_FILE}`;
/** Where Swarm puts a secret of this name. */
const SWARM_SECRET = '/run/secrets/scalectl_token';
/** What is shorter can be guessed. */
const SHORTEST = 16;

/**
 * What the file holds that `SCALECTL_TOKEN_FILE` names, else the Swarm secret `scalectl_token`, else null. Read anew each
 * time, so that a changed one is noticed.
 * @throws UserError when it cannot be used
 */
export async function tokenFrom(env: Environment): Promise<string | null> {
  const token =
    (await secretFromFile(env, TOKEN_FILE)) ?? (await readSecret(SWARM_SECRET, SWARM_SECRET, true));
  if (token !== null && (token.length < SHORTEST || /[^\x21-\x7e]/.test(token))) {
    throw new UserError(`the token is no word of ${SHORTEST} or more letters and digits`, {
      place: PLACE,
      hint: 'Make one with: openssl rand -hex 32',
    });
  }
  return token;
}

/** The same where nothing can be done without one. @throws UserError also when there is none */
export async function requiredToken(env: Environment): Promise<string> {
  const token = await tokenFrom(env);
  if (token !== null) return token;
  throw new UserError('there is no token', {
    place: PLACE,
    hint: 'Name a file with a token; the installed service has one as a Swarm secret.',
  });
}

/**
 * What the file holds that the variable names, without spaces around it; null where the variable is not set.
 * @throws UserError when it cannot be read, or is empty
 */
export async function secretFromFile(env: Environment, name: string): Promise<string | null> {
  const path = env[name] ?? '';
  return path === '' ? null : readSecret(path, `environment ${name}`, false);
}

async function readSecret(path: string, place: string, mayBeAbsent: boolean): Promise<string | null> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (mayBeAbsent && code === 'ENOENT') return null;
    throw new UserError(`the file "${path}" cannot be read (${code})`, {
      place,
      hint: 'Name a file that this user may read.',
      cause: error,
    });
  }
  if (text !== '') return text;
  throw new UserError(`the file "${path}" is empty`, { place, hint: 'Write the secret into it.' });
}
