import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonSignal } from '../policy/policy.js';
import { authorizationFromFile } from './authorization.js';
import { JsonEndpoints, numberAt } from './json.js';

describe('the number at a JSON pointer', () => {
  const document = { a: { 'b/c': [1, 2.5], '~': 3, n: null, s: '4', o: {} }, 0: 7, neg: -1 };
  it.each<[string, unknown, object]>([
    ['/a/b~1c/1', document, { value: 2.5 }],
    ['/a/~0', document, { value: 3 }],
    ['/0', document, { value: 7 }],
    ['/neg', document, { value: -1 }],
    ['', 42, { value: 42 }],
    ['', document, { value: null, note: 'the answer has an object at its top, not a number' }],
    ['/a/b~1c/2', document, { value: null, note: 'the answer has nothing at /a/b~1c/2' }],
    ['/a/b~1c/01', document, { value: null, note: 'the answer has nothing at /a/b~1c/01' }],
    ['/a/b~1c/length', document, { value: null, note: 'the answer has nothing at /a/b~1c/length' }],
    ['/a/constructor', document, { value: null, note: 'the answer has nothing at /a/constructor' }],
    ['/a/s', document, { value: null, note: 'the answer has a string at /a/s, not a number' }],
    ['/a/n', document, { value: null, note: 'the answer has null at /a/n, not a number' }],
    ['/a/b~1c', document, { value: null, note: 'the answer has an array at /a/b~1c, not a number' }],
    ['/x/y', document, { value: null, note: 'the answer has nothing at /x/y' }],
  ])('%j', (pointer, value, expected) => {
    expect(numberAt(pointer, JSON.stringify(value))).toEqual(expected);
  });

  it('of what is no JSON', () => {
    expect(numberAt('/a', '<html>')).toEqual({ value: null, note: 'the answer is no JSON' });
  });
});

describe('an endpoint', () => {
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function serve(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/status?full=1`;
  }

  const read = async (url: string, options: Partial<ConstructorParameters<typeof JsonEndpoints>[0]> = {}) => {
    const signal: JsonSignal = { kind: 'json', url, pointer: '/depth', form: 'total', target: 10 };
    const source = new JsonEndpoints({
      authorization: () => Promise.resolve(null),
      deadlineMs: 500,
      ...options,
    });
    return (await source.read([signal]))[0];
  };

  it('is asked with its query', async () => {
    const url = await serve((request, response) =>
      response.end(JSON.stringify({ depth: request.url === '/status?full=1' ? 5 : 0 })),
    );
    expect(await read(url)).toEqual({ value: 5 });
  });

  it('is unknown when it fails, redirects, hangs, talks without end, or is not there', async () => {
    const failing = await serve((_, response) => response.writeHead(503).end('{"depth": 5}'));
    expect(await read(failing)).toEqual({ value: null, note: 'it answers 503' });
    const elsewhere = await serve((_, response) => response.writeHead(302, { location: failing }).end());
    expect(await read(elsewhere)).toEqual({ value: null, note: 'it answers 302' });
    const silent = await serve(() => undefined);
    expect(await read(silent)).toEqual({ value: null, note: 'no answer in time' });
    const half = await serve((_, response) => void response.write('{"depth"'));
    expect(await read(half)).toEqual({ value: null, note: 'no answer in time' });
    const endless = await serve((_, response) => {
      const more = (): void => void response.write('x'.repeat(1e5), () => setImmediate(more));
      response.on('error', () => undefined);
      more();
    });
    expect(await read(endless, { deadlineMs: 5_000 })).toEqual({
      value: null,
      note: 'the answer is longer than 1048576 bytes',
    });
    const gone = await serve(() => undefined);
    open.at(-1)!.close();
    expect((await read(gone))?.note).toContain('ECONNREFUSED');
  });

  it('is shown what a file holds, read anew each time, and never tells it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'scalectl-json-'));
    const file = join(directory, 'auth');
    const url = await serve((request, response) =>
      response.end(JSON.stringify({ depth: request.headers.authorization === 'Bearer s3cret' ? 1 : 'no' })),
    );
    const authorization = authorizationFromFile({ AUTH_FILE: file }, 'AUTH_FILE');
    expect(await read(url, { authorization })).toEqual({
      value: null,
      note: 'the file that AUTH_FILE names cannot be read (ENOENT)',
    });
    await writeFile(file, 'bob:s3cret\n');
    expect(await authorization()).toBe(`Basic ${Buffer.from('bob:s3cret').toString('base64')}`);
    const refused = await read(url, { authorization });
    expect(refused).toEqual({ value: null, note: 'the answer has a string at /depth, not a number' });
    await writeFile(file, 'Bearer s3cret\n');
    expect(await read(url, { authorization })).toEqual({ value: 1 });
    expect(await authorizationFromFile({}, 'AUTH_FILE')()).toBeNull();
    await rm(directory, { recursive: true });
  });
});
