/** Where the password of a Redis comes from. It is read when a connection begins, so that a changed file is noticed. */

import { readFile } from 'node:fs/promises';
import { FailedError } from '../errors.js';

/** The password for a Redis URL (which never holds one itself), or null for none. */
export type PasswordSource = (url: string) => Promise<string | null>;

/**
 * In this order: a password that stood in the classic `REDIS_URL` (for that URL only), the file named by
 * `SCALECTL_REDIS_PASSWORD_FILE` or `REDIS_PASSWORD_FILE`, `REDIS_PASSWORD`. The end of line of a file is not part
 * of it. Throws FailedError when the file cannot be read.
 */
export function passwordFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  fromUrl: { url: string; password: string } | null = null,
): PasswordSource {
  return async (url) => {
    if (fromUrl?.url === url) return fromUrl.password;
    for (const name of ['SCALECTL_REDIS_PASSWORD_FILE', 'REDIS_PASSWORD_FILE']) {
      const path = env[name];
      if (path !== undefined && path !== '') return readPassword(name, path);
    }
    const password = env['REDIS_PASSWORD'];
    return password === undefined || password === '' ? null : password;
  };
}

async function readPassword(name: string, path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new FailedError(`the password file ${path} cannot be read (${code})`, {
      place: `environment ${name}`,
    });
  }
}
