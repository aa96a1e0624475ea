/** Who may ask the daemon for what. On the unix socket its file's mode has decided already. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Where a server listens. */
export type Door = { kind: 'unix' } | { kind: 'tcp'; host: string; token: string | null };

export interface Refusal {
  status: number;
  error: string;
  headers?: Readonly<Record<string, string>>;
}

/**
 * Over TCP writes need the token, and so do reads from other machines. A read without a token has to be meant for
 * this machine by name too: a page in a browser may have made the name of its own server mean 127.0.0.1.
 */
export function refusalOf(
  door: Door,
  request: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } },
  access: 'read' | 'write',
): Refusal | null {
  if (door.kind === 'unix') return null;
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
  if (given !== null) {
    return door.token !== null && isSame(given, door.token) ? null : unauthorised('this is not the token');
  }
  if (access === 'write') {
    return door.token === null
      ? { status: 403, error: 'the daemon has no token: set SCALECTL_TOKEN_FILE, or use its unix socket' }
      : unauthorised('writing needs the token');
  }
  if (!isLoopback(request.socket.remoteAddress ?? ''))
    return unauthorised('reading from elsewhere needs the token');
  if (isOurName(request.headers.host, door.host)) return null;
  return { status: 421, error: 'this is not a name of the daemon: ask localhost, or give the token' };
}

function unauthorised(error: string): Refusal {
  return { status: 401, error, headers: { 'www-authenticate': 'Bearer realm="scalectl"' } };
}

/** Digests are of equal length whatever was given, so that neither length nor time tells anything of the token. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '').replace(/^\[|\]$/g, '');
  if (isIP(plain) === 4) return plain.startsWith('127.');
  return plain === '::1' || plain.toLowerCase() === 'localhost';
}

function isOurName(header: string | undefined, listenHost: string): boolean {
  if (header === undefined) return false;
  const name = header.replace(/:\d+$/, '').toLowerCase();
  return [listenHost.toLowerCase(), `[${listenHost.toLowerCase()}]`].includes(name) || isLoopback(name);
}
