import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { Counters } from '../signals/usage-reader.js';
import { parseNodeUsage } from '../signals/agent-answer.js';
import { startAgent } from './run.js';
import type { UsageServer } from './server.js';

const TOKEN = 'correct-horse-battery';
const ID = 'a'.repeat(64);

let server: UsageServer | null = null;
afterEach(async () => server?.close());

async function agent(read: () => Promise<Map<string, Counters>>, clock = () => 0): Promise<string> {
  server = await startAgent({
    nodeId: 'node-1',
    token: TOKEN,
    source: { description: 'a test', read },
    host: '127.0.0.1',
    port: 0,
    clock,
  });
  return `http://127.0.0.1:${server.port}`;
}
const one = () =>
  Promise.resolve(
    new Map([[ID, { atMs: 1.23456, cpuNs: 7, memoryBytes: null, throttling: { periods: 2, throttled: 1 } }]]),
  );
const ask = (url: string, token = TOKEN) => fetch(url, { headers: { authorization: `Bearer ${token}` } });

describe('an agent', () => {
  it('tells numbers and ids, and the two ways understand each other', async () => {
    const url = await agent(one);
    const answer = await ask(`${url}/v1/usage`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const text = await answer.text();
    expect(JSON.parse(text)).toEqual({
      apiVersion: 'scalectl/v1',
      kind: 'NodeUsage',
      nodeId: 'node-1',
      run: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
      containers: { [ID]: [1.235, 7, null, 2, 1] },
    });
    expect(parseNodeUsage(text)?.containers.get(ID)).toEqual({
      atMs: 1.235,
      cpuNs: 7,
      memoryBytes: null,
      throttling: { periods: 2, throttled: 1 },
    });
  });

  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer correct-horse-batterx' }],
    ['half a token', { authorization: 'Bearer correct' }],
    ['the token without its scheme', { authorization: TOKEN }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ])('refuses %s, and reads nothing for it', async (_, headers) => {
    let reads = 0;
    const url = await agent(() => {
      reads++;
      return one();
    });
    const answer = await fetch(`${url}/v1/usage`, { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.text()).not.toContain(TOKEN);
    expect(reads).toBe(0);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])('answers 405 to %s', async (method) => {
    const url = await agent(one);
    for (const path of ['/v1/usage', '/healthz', '/x']) {
      const answer = await fetch(url + path, { method, headers: { authorization: `Bearer ${TOKEN}` } });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('GET');
    }
  });

  it('says to everybody that it is alive, and nothing else', async () => {
    const url = await agent(one);
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
    for (const path of ['/', '/v1', '/v1/usage/', '/v1/usage?x=1', '/v1/samples'])
      expect((await ask(url + path)).status).toBe(404);
  });

  it('reads once for many who ask at the same time, or shortly after', async () => {
    let reads = 0;
    let now = 0;
    const url = await agent(
      async () => {
        reads++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return one();
      },
      () => now,
    );
    const flood = async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, () => ask(`${url}/v1/usage`)));
      return answers.every(({ status }) => status === 200);
    };
    expect(await flood()).toBe(true);
    now = 399;
    expect(await flood()).toBe(true);
    expect(reads).toBe(1);
    now = 400;
    await ask(`${url}/v1/usage`);
    expect(reads).toBe(2);
  });

  it('tells no old numbers after a reading that failed, and reads again', async () => {
    let reads = 0;
    const url = await agent(() => (reads++ === 0 ? Promise.reject(new Error('secret detail')) : one()));
    const failed = await ask(`${url}/v1/usage`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('secret');
    expect((await ask(`${url}/v1/usage`)).status).toBe(200);
  });

  it('cuts off a header without end', async () => {
    const url = await agent(one);
    expect((await ask(`${url}/v1/usage`, 'x'.repeat(10_000))).status).toBe(431);
  });

  it.each([
    ['nothing', ''],
    ['half a line', 'GET /v1/us'],
    ['a header that never ends', 'GET /v1/usage HTTP/1.1\r\nx: '],
  ])('cuts off who says %s', { timeout: 15_000 }, async (_, said) => {
    const url = await agent(one);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    if (said !== '') socket.write(said);
    socket.resume();
    await once(socket, 'close');
  });
});
