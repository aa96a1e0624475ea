/** The token by which agents know the daemon. It is in a file, which is read anew each time, and is never printed. */

import { readFile } from 'node:fs/promises';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Swarm puts the secret that both services share. */
const USUAL_FILE = '/run/secrets/scalectl_token';

/** Shorter ones can be guessed. */
const SHORTEST = 16;

export function tokenFile(env: Environment): string {
  const path = env['SCALECTL_TOKEN_FILE'];
  return path === undefined || path === '' ? USUAL_FILE : path;
}

/** Without its end of line. Throws Error with one line, which does not hold the token. */
export async function readToken(env: Environment): Promise<string> {
  const path = tokenFile(env);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Error(`the token's file ${path} cannot be read (${code})`);
  });
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`the file ${path} holds no token of one line`);
  if (token.length < SHORTEST) throw new Error(`the token in ${path} is shorter than ${SHORTEST} characters`);
  return token;
}
