/** Credentials for measurements over HTTP. They come from files, read anew each time, and are never printed. */

import { readFile } from 'node:fs/promises';

/** The value of the Authorization header, or null for none. Throws Error when a file that is named cannot be read. */
export type AuthorizationSource = () => Promise<string | null>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The file named by the variable holds `user:password`, or a whole header value that begins with `Bearer ` or
 * `Basic `. The end of line is not part of it.
 */
export function authorizationFromFile(env: Environment, name: string): AuthorizationSource {
  return async () => {
    const path = env[name];
    if (path === undefined || path === '') return null;
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new Error(`the file that ${name} names cannot be read (${code})`);
    });
    const secret = text.replace(/\r?\n$/, '');
    if (/^(Bearer|Basic) /.test(secret)) return secret;
    return `Basic ${Buffer.from(secret).toString('base64')}`;
  };
}
