/** An Engine that answers what a test tells it to, over a real unix socket. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** What a route answers: a value as JSON, or whatever it does with the response itself. */
export type Route = (asked: Asked, response: ServerResponse) => unknown;

export interface FakeEngine {
  socketPath: string;
  /** every request so far */
  asked: Asked[];
  /** `GET /services` -> what it answers; a route that is not there is a 404 */
  routes: Record<string, Route>;
  /** Resolves with the next request whose client goes away before it is answered. */
  hungUp: Promise<string>;
  close(): Promise<void>;
}

/** In an answer's place: an error as the Engine sends it. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly message: string,
  ) {}
}

/** In an answer's place: nothing ever comes. */
export const SILENCE = Symbol('silence');

const NO_SUCH_PAGE: Route = () => new Refusal(404, 'page not found');

/** @param otherwise what answers where there is no route */
export async function startFakeEngine(
  routes: Record<string, Route> = {},
  otherwise: Route = NO_SUCH_PAGE,
): Promise<FakeEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'fake-engine-'));
  const socketPath = join(directory, 'docker.sock');
  const asked: Asked[] = [];
  let hangUp: (path: string) => void = () => undefined;
  const hungUp = new Promise<string>((resolve) => {
    hangUp = resolve;
  });
  // As much as a real Engine reads: filters that name hundreds of things are long.
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, (request, response) => {
    response.once('close', () => {
      if (!response.writableEnded) hangUp(request.url ?? '');
    });
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://engine');
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const one: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: text === '' ? null : (JSON.parse(text) as unknown),
    };
    asked.push(one);
    const route = routes[`${one.method} ${one.path}`] ?? otherwise;
    const result = await route(one, response);
    if (result === SILENCE || response.headersSent) return;
    if (result instanceof Refusal) {
      response.writeHead(result.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: result.message }));
    } else if (result === undefined) {
      response.writeHead(204).end();
    } else {
      response.writeHead(one.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(result));
    }
  }

  // A client of ours may be idle for as long as it likes, as with a real Engine.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    asked,
    routes,
    hungUp,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
