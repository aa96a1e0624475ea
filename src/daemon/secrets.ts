/** Secrets of the daemon's own: its token, and the URL of a webhook. They come from files and are never told. */

import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

const TOKEN_FILE = 'SCALECTL_TOKEN_FILE';
/** Where Swarm puts a secret of this name. */
const SWARM_SECRET = '/run/secrets/scalectl_token';
/** What is shorter can be guessed. */
const SHORTEST_TOKEN = 16;

/**
 * What the file holds that the variable names, without spaces around it; null where the variable is not set.
 * @throws UserError when it cannot be read, or is empty
 */
export function secretFromFile(env: Environment, name: string): string | null {
  const path = env[name] ?? '';
  return path === '' ? null : readSecret(path, `environment ${name}`);
}

/**
 * The token of the API: what `SCALECTL_TOKEN_FILE` names, else the Swarm secret `scalectl_token`, else null.
 * @throws UserError when it cannot be used
 */
export function tokenFrom(env: Environment): string | null {
  const place = `environment ${TOKEN_FILE}`;
  const named = secretFromFile(env, TOKEN_FILE);
  const token = named ?? (existsSync(SWARM_SECRET) ? readSecret(SWARM_SECRET, SWARM_SECRET) : null);
  if (token !== null && (token.length < SHORTEST_TOKEN || /[^\x21-\x7e]/.test(token))) {
    throw new UserError(`the token is no word of ${SHORTEST_TOKEN} or more letters and digits`, {
      place,
      hint: 'Make one with: openssl rand -hex 32',
    });
  }
  return token;
}

/** @throws UserError for what is no http URL, without a word of what it is */
export function checkUrl(text: string, place: string): string {
  const protocol = protocolOf(text);
  if (protocol === 'http:' || protocol === 'https:') return text;
  throw new UserError('this is no URL that can be asked', { place, hint: 'Write https://host/path.' });
}

function protocolOf(text: string): string | null {
  try {
    return new URL(text).protocol;
  } catch {
    return null;
  }
}

function readSecret(path: string, place: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UserError(`the file "${path}" cannot be read (${code})`, {
      place,
      hint: 'Name a file that this user may read.',
      cause: error,
    });
  }
  if (text !== '') return text;
  throw new UserError(`the file "${path}" is empty`, { place, hint: 'Write the secret into it.' });
}
