/**
 * An Engine that remembers what it is asked to create, and says yes to everything. It answers just what
 * `docker stack deploy` asks, so that the docker CLI's own conversion can be seen without a Swarm.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Created {
  kind: 'networks' | 'secrets' | 'configs' | 'services';
  body: Record<string, unknown>;
}

export interface RecordingEngine {
  /** for DOCKER_HOST */
  host: string;
  /** what was asked for since the last call, in order; forgets it */
  take(): Created[];
  close(): Promise<void>;
}

/** @param apiVersion the newest that it offers; the CLI leaves out what is younger */
export async function startRecordingEngine(apiVersion = '1.41'): Promise<RecordingEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'scalectl-recording-'));
  const socketPath = join(directory, 'engine.sock');
  let created: Created[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, created, apiVersion);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    host: `unix://${socketPath}`,
    take: () => {
      const taken = created;
      created = [];
      return taken;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  created: Created[],
  apiVersion: string,
): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const path = (request.url ?? '').replace(/\?.*$/, '').replace(/^\/v[\d.]+/, '');
  const say = (status: number, body: unknown) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'api-version': apiVersion,
      'docker-experimental': 'false',
      ostype: 'linux',
      server: 'Docker/20.10.24 (linux)',
      swarm: 'active/manager',
    });
    response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
  };
  const create = /^\/(networks|secrets|configs|services)\/create$/.exec(path);
  if (create !== null) {
    const body = JSON.parse(text) as Record<string, unknown>;
    created.push({ kind: create[1] as Created['kind'], body });
    const id = idOf(String(body['Name']));
    say(201, create[1] === 'networks' ? { Id: id } : { ID: id });
  } else if (path === '/_ping') {
    say(200, 'OK');
  } else if (path === '/info') {
    say(200, { Swarm: { LocalNodeState: 'active', ControlAvailable: true, NodeID: 'n' } });
  } else if (path === '/secrets' || path === '/configs') {
    say(200, named(request.url ?? ''));
  } else if (path === '/services' || path === '/networks') {
    say(200, []);
  } else if (path.startsWith('/networks/')) {
    const name = decodeURIComponent(path.slice('/networks/'.length));
    say(200, { Id: idOf(name), Name: name, Scope: 'swarm', Driver: 'overlay' });
  } else {
    say(404, { message: `${path} not found` });
  }
}

/** Whatever the filter asks for is there. */
function named(url: string): unknown[] {
  const filters = new URL(url, 'http://engine').searchParams.get('filters');
  const { name = {} } = JSON.parse(filters ?? '{}') as { name?: Record<string, boolean> };
  return Object.keys(name).map((Name) => ({ ID: idOf(Name), Spec: { Name }, Version: { Index: 1 } }));
}

export function idOf(name: string): string {
  return `id-of-${name}`;
}
