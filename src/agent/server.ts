/**
 * The agent's HTTP server. One route tells numbers, to whoever has the token; another says that it is alive. Whatever
 * comes in, the work is bounded: requests share one reading, and what is slow or large is cut off.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { USAGE_PATH } from '../signals/agent-answer.js';

const LARGEST_HEADER_BYTES = 4_096;
const SLOWEST_REQUEST_MS = 3_000;
const MOST_CONNECTIONS = 64;

export interface UsageServerOptions {
  host: string;
  /** 0 for any that is free */
  port: number;
  token: string;
  /** body of the answer */
  usage: () => Promise<string>;
}

export interface UsageServer {
  port: number;
  close(): Promise<void>;
}

/** Throws the error of `listen`, as when the port is taken. */
export async function serveUsage(options: UsageServerOptions): Promise<UsageServer> {
  const isToken = compareWith(options.token);
  const server = createServer(
    {
      maxHeaderSize: LARGEST_HEADER_BYTES,
      headersTimeout: SLOWEST_REQUEST_MS,
      requestTimeout: SLOWEST_REQUEST_MS,
      connectionsCheckingInterval: SLOWEST_REQUEST_MS,
    },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (status: number, body: string, headers: Record<string, string> = {}): void => {
      const type = status === 200 && body.startsWith('{') ? 'application/json' : 'text/plain';
      response
        .writeHead(status, {
          'content-type': type,
          'content-length': Buffer.byteLength(body),
          'cache-control': 'no-store',
          connection: 'close',
          ...headers,
        })
        .end(body);
    };
    if (request.method !== 'GET') return say(405, 'only GET\n', { allow: 'GET' });
    if (request.url === '/healthz') return say(200, 'ok\n');
    if (request.url !== USAGE_PATH) return say(404, 'not found\n');
    if (!isToken(request.headers.authorization)) {
      return say(401, 'a token is needed\n', { 'www-authenticate': 'Bearer' });
    }
    return options.usage().then(
      (body) => say(200, body),
      () => say(500, 'no reading to be had\n'),
    );
  }
}

/** Compares digests, which are of one length, in a time that tells nothing of how much of the token is right. */
function compareWith(token: string): (header: string | undefined) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (header) => timingSafeEqual(digest(header ?? ''), expected);
}
