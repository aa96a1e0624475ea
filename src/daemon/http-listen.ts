/** The daemon on TCP, for Prometheus and for other machines. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FailedError, UserError } from '../errors.js';
import { isLoopback } from './http-guard.js';
import { createHttp, type Route } from './http-server.js';

export interface ListenOptions {
  host: string;
  port: number;
  token: string | null;
}

const PLACE = '--listen';

/**
 * `8080`, `:8080` and `127.0.0.1:8080`: this machine alone; `0.0.0.0:8080`, `[::]:8080`, `node1:8080`: others too.
 * @throws UserError for what is no address, and for others without a token
 */
export function parseListen(text: string, token: string | null): ListenOptions {
  const [, host = '', digits = ''] = /^(?:(\[[\da-fA-F:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) {
    throw new UserError(`"${text}" is no address to listen on`, {
      place: PLACE,
      hint: 'Write a port, or host:port, e.g. 127.0.0.1:9090.',
    });
  }
  const name = host === '' ? '127.0.0.1' : host.replace(/^\[|\]$/g, '');
  if (token === null && !isLoopback(name)) {
    throw new UserError(
      `"${text}" can be reached from other machines, and there is no token to ask them for`,
      {
        place: PLACE,
        hint: 'Write a token into a file, and set SCALECTL_TOKEN_FILE to its path; or listen on 127.0.0.1.',
      },
    );
  }
  return { host: name, port, token };
}

export interface Listener {
  /** `http://127.0.0.1:9090` */
  address: string;
  close: () => Promise<void>;
}

/** Throws FailedError when the address is taken, or not of this machine. */
export async function listenTcp(
  { host, port, token }: ListenOptions,
  routes: readonly Route[],
): Promise<Listener> {
  const server = createHttp({ kind: 'tcp', host, token }, routes);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new FailedError(`cannot listen on ${host}:${port}: ${(error as Error).message}`, {
      place: PLACE,
      hint: 'Choose another port, or end what listens there.',
    });
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => closeServer(server),
  };
}

/** Cuts connections that are still open. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
