/** Stands between scalectl and the Engine, to make happen what the Engine does only on bad days. */

import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

export interface EngineProxy {
  /** for DOCKER_HOST */
  address: string;
  /** Answers requests whose path matches with 500 instead of handing them on. Null: none. */
  fail: RegExp | null;
  /** Called once, before the next request that matches is handed on. */
  before: { match: (method: string, path: string) => boolean; act: () => Promise<void> } | null;
  /** Routes that were asked for, without the API's version and with `{id}` for what differs: `GET /services/{id}`. */
  readonly routes: Set<string>;
  /** The socket goes, with whatever is connected. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

/** @param listen a socket path, or 0 for a TCP port of loopback: an Engine whose containers are not on this machine */
export async function proxyEngine(engineSocket: string, listen: string | 0): Promise<EngineProxy> {
  let server: Server | null = null;
  let port = 0;
  const proxy: EngineProxy = {
    address: '',
    fail: null,
    before: null,
    routes: new Set(),
    goAway: async () => {
      const closing = server;
      server = null;
      if (closing === null) return;
      closing.closeAllConnections();
      await new Promise((resolve) => closing.close(resolve));
      if (listen !== 0) rmSync(listen, { force: true });
    },
    comeBack: async () => {
      const opened = createServer((incoming, outgoing) => void handle(incoming, outgoing));
      server = opened;
      await new Promise<void>((resolve, reject) => {
        opened.once('error', reject);
        if (listen === 0) opened.listen(port, '127.0.0.1', resolve);
        else opened.listen(listen, resolve);
      });
      if (listen === 0) port = (opened.address() as AddressInfo).port;
      proxy.address = listen === 0 ? `tcp://127.0.0.1:${port}` : `unix://${listen}`;
    },
  };

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = incoming.url ?? '/';
    proxy.routes.add(routeOf(incoming.method ?? 'GET', path));
    if (proxy.fail?.test(path) === true) {
      outgoing.writeHead(500, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ message: 'not to be had' }));
      return;
    }
    const { before } = proxy;
    if (before?.match(incoming.method ?? 'GET', path) === true) {
      proxy.before = null;
      await before.act();
    }
    const { method, headers } = incoming;
    const onward = request({ socketPath: engineSocket, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  await proxy.comeBack();
  return proxy;
}

function routeOf(method: string, url: string): string {
  const path = url.replace(/^\/v[\d.]+/, '').replace(/\?.*$/, '');
  return `${method} ${path.replace(/\/(?:[0-9a-f]{64}|[a-z0-9]{25})(?=\/|$)/g, '/{id}')}`;
}
