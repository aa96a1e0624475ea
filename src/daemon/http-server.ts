/** The daemon's HTTP, the same on its unix socket and on TCP: what is asked, who asks, how much it may send. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { refusalOf, type Door } from './http-guard.js';

/** Nothing that anybody has to say is longer. */
const LARGEST_BODY = 64 * 1024;
const HEADERS_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
const MOST_CONNECTIONS = 128;

export interface Asked {
  /** what the pattern of the path has in brackets */
  names: readonly string[];
  query: URLSearchParams;
  /** of a POST; an empty one is an empty object */
  body: unknown;
}

export interface Answer {
  status: number;
  /** an object is sent as one line of JSON */
  body: object | string;
  type?: string;
}

export interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  answer: (asked: Asked) => Answer | Promise<Answer>;
}

/** Ends a request with a status and a line of JSON. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function createHttp(door: Door, routes: readonly Route[]): Server {
  const server = createServer(
    {
      connectionsCheckingInterval: 1_000,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: 5_000,
    },
    (request, response) => void serve(door, routes, request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

async function serve(
  door: Door,
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { status, body, type } = await answerTo(door, routes, request);
    send(response, status, body, type === undefined ? {} : { 'content-type': type });
  } catch (error) {
    if (error instanceof HttpError) {
      // What was not read of a body would be taken for the next request.
      const close = request.complete ? {} : { connection: 'close' };
      send(response, error.status, { error: error.message }, { ...error.headers, ...close });
    } else {
      send(response, 500, { error: 'this went wrong inside of the daemon' }, {});
    }
  }
}

async function answerTo(door: Door, routes: readonly Route[], request: IncomingMessage): Promise<Answer> {
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const refusal = refusalOf(door, request, method === 'GET' ? 'read' : 'write');
  if (refusal !== null) throw new HttpError(refusal.status, refusal.error, refusal.headers);
  const url = parseUrl(request.url ?? '/');
  const here = routes.flatMap((route) => {
    const found = route.path.exec(url.pathname);
    return found === null ? [] : [{ route, names: found.slice(1) }];
  });
  if (here.length === 0) throw new HttpError(404, 'there is no such path; see docs/why.md');
  const match = here.find(({ route }) => route.method === method);
  if (match === undefined) {
    const allowed = here.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
    throw new HttpError(405, `only ${allowed.join(', ')}`, { allow: allowed.join(', ') });
  }
  const body = method === 'POST' ? await readBody(request) : {};
  return match.route.answer({ names: match.names.map(decode), query: url.searchParams, body });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const tooLarge = new HttpError(413, `more than ${LARGEST_BODY} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  // The request is left as it is, since its connection has to carry the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw tooLarge;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'the body is no JSON');
  }
}

function parseUrl(path: string): URL {
  try {
    return new URL(path, 'http://daemon');
  } catch {
    throw new HttpError(400, 'this is no path');
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HttpError(400, 'this is no path');
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: object | string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return;
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    .end(text);
}
