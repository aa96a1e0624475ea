import { getEventListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { getThroughOneBuffer } from './through-one-buffer.js';

let directory: string;
let socketPath: string;
let server: Server;
let asked: string;
let answer: (socket: Socket) => void;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalectl-one-buffer-'));
  socketPath = join(directory, 'engine.sock');
  asked = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      asked += bytes.toString();
      if (asked.endsWith('\r\n\r\n')) answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
});

afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

async function get(signal = new AbortController().signal): Promise<{ whole: boolean; text: string }> {
  const taken: string[] = [];
  const whole = await getThroughOneBuffer({
    socketPath,
    path: '/tasks?filters=x',
    signal,
    take: (bytes) => taken.push(bytes.toString()),
  });
  return { whole, text: taken.join('') };
}

/** Each part in an event of its own at the other end. */
function inParts(socket: Socket, [part, ...rest]: readonly string[]): void {
  if (part === undefined) socket.end();
  else socket.write(part, () => setTimeout(() => inParts(socket, rest), 5));
}

it('asks once, and hands on the body however it arrives', async () => {
  answer = (socket) => inParts(socket, ['HTTP/1.0 200 O', 'K\r\nA: b\r\n\r', '\n[1', ',2]']);
  expect(await get()).toEqual({ whole: true, text: '[1,2]' });
  expect(asked).toBe('GET /tasks?filters=x HTTP/1.0\r\nHost: docker\r\n\r\n');
  answer = (socket) => inParts(socket, ['HTTP/1.1 200 OK\r\n\r\n[3]']);
  expect(await get()).toEqual({ whole: true, text: '[3]' });
});

it('hands on more than its buffer holds', async () => {
  const long = Array.from({ length: 50_000 }, (_, index) => `${index}`).join(',');
  answer = (socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${long}`);
  expect((await get()).text).toBe(long);
});

it('leaves nothing at the signal, which outlives the answer and would keep its buffer', async () => {
  answer = (socket) => inParts(socket, ['HTTP/1.1 200 OK\r\n\r\n[3]']);
  const { signal } = new AbortController();
  await get(signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('takes nothing of an answer in chunks', async () => {
  answer = (socket) =>
    inParts(socket, ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n']);
  expect(await get()).toEqual({ whole: false, text: '' });
});

it('tells a refusal as docker-modem does', async () => {
  answer = (socket) => inParts(socket, ['HTTP/1.0 503 No\r\n\r\n{"message":', '"not a manager"}']);
  await expect(get()).rejects.toMatchObject({ statusCode: 503, json: { message: 'not a manager' } });
  answer = (socket) => inParts(socket, ['HTTP/1.0 500 No\r\n\r\noops']);
  await expect(get()).rejects.toMatchObject({ statusCode: 500, json: null, message: 'oops' });
});

it('fails with the socket, with whoever takes, and when it is given up', async () => {
  answer = (socket) => socket.destroy();
  await expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' });
  answer = (socket) => socket.write('HTTP/1.0 200 OK\r\n\r\n[');
  await expect(get(AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'AbortError' });
  const take = (): never => {
    throw new SyntaxError('no list');
  };
  const signal = new AbortController().signal;
  await expect(getThroughOneBuffer({ socketPath, path: '/', signal, take })).rejects.toThrow('no list');
  socketPath = join(directory, 'none.sock');
  await expect(get()).rejects.toMatchObject({ code: 'ENOENT' });
});
