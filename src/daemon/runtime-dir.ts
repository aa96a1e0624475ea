/** Where the daemon's socket lies, so that `status` on the same machine finds it without being told. */

import { lstat, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FailedError } from '../errors.js';

/** The kernel's limit for the path of a unix socket, without its final zero byte. */
const LONGEST_SOCKET_PATH = 107;

export interface RuntimePlace {
  env: Readonly<Record<string, string | undefined>>;
  /** user id; null where the system has none */
  uid: number | null;
}

export function systemPlace(): RuntimePlace {
  return { env: process.env, uid: process.getuid?.() ?? null };
}

/**
 * `SCALECTL_RUNTIME_DIR`, else `/run` for root, else `XDG_RUNTIME_DIR`, else a directory of the user's own under the
 * temporary one; in it `scalectl/<id of the Swarm>.sock`. For root `/run` goes first, since a root shell may have an
 * `XDG_RUNTIME_DIR` that a service started at boot has not.
 */
export function socketPath(clusterId: string, place: RuntimePlace): string {
  return join(socketDirectory(place), `${clusterId}.sock`);
}

/** Sockets of whatever Swarms, also those that dead daemons left behind; none where others could have laid them. */
export async function socketPaths(place: RuntimePlace): Promise<string[]> {
  return filesIn(socketDirectory(place), place.uid, (name) => name.endsWith('.sock'));
}

/** Paths of a directory's files, in order; none unless it is this user's own. */
export async function filesIn(
  directory: string,
  uid: number | null,
  wanted: (name: string) => boolean,
): Promise<string[]> {
  if (!(await isPrivate(join(directory, 'any'), uid))) return [];
  const names = await readdir(directory).catch(() => []);
  return names
    .filter(wanted)
    .sort()
    .map((name) => join(directory, name));
}

function socketDirectory({ env, uid }: RuntimePlace): string {
  const base =
    given(env['SCALECTL_RUNTIME_DIR']) ??
    (uid === 0 ? '/run' : given(env['XDG_RUNTIME_DIR'])) ??
    join(tmpdir(), `scalectl-${uid ?? 'user'}`);
  return join(base, 'scalectl');
}

/** Makes the socket's directory, for this user alone. Throws FailedError where it belongs to somebody else. */
export async function prepareDirectory(path: string, uid: number | null): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    throw new FailedError(`the path of the socket is too long: ${path}`, {
      hint: 'Set SCALECTL_RUNTIME_DIR to a shorter directory.',
    });
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (!(await isPrivate(path, uid))) {
    throw new FailedError(`${dirname(path)} can be written by others`, {
      hint: `Remove it, or set SCALECTL_RUNTIME_DIR to a directory of your own.`,
    });
  }
}

/** True when the socket's directory is this user's own and nobody else may enter it: what is said there is true. */
export async function isPrivate(path: string, uid: number | null): Promise<boolean> {
  try {
    const stats = await lstat(dirname(path));
    return stats.isDirectory() && (uid === null || stats.uid === uid) && (stats.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function given(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
