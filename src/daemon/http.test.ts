import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { decisionEvent, evaluation, outcome } from '../../test/support/outcomes.js';
import { EngineError } from '../swarm/engine.js';
import { systemClock } from './clock.js';
import type { DaemonControl } from './control.js';
import { routesOf } from './http-api.js';
import { isLoopback, refusalOf } from './http-guard.js';
import { listenTcp, parseListen, type Listener } from './http-listen.js';
import { DaemonRecord } from './record.js';

const TOKEN = 'a-token-that-nobody-guesses';
const BEARER = { authorization: `Bearer ${TOKEN}` };

let listener: Listener | null = null;
let asked: string[] = [];
let trouble: string | null = null;

afterEach(async () => {
  await listener?.close();
  listener = null;
  asked = [];
  trouble = null;
});

const control: DaemonControl = {
  pid: 4711,
  intervalMs: 5_000,
  clusterId: () => 'cluster1',
  samples: () => null,
  trouble: () => trouble,
  evaluate: () => {
    asked.push('evaluate');
    return Promise.resolve(evaluation(outcome()));
  },
  pause: (service, ms) => {
    asked.push(`pause ${service} ${ms ?? 'for good'}`);
    if (service === 'none') return Promise.reject(new EngineError('not-found', 'service none not found'));
    return Promise.resolve({ until: null });
  },
  resume: (service) => {
    asked.push(`resume ${service}`);
    return Promise.resolve(true);
  },
};

async function serve(token: string | null = TOKEN, host = '127.0.0.1'): Promise<DaemonRecord> {
  const record = new DaemonRecord({ clock: systemClock });
  listener = await listenTcp(
    { host, port: 0, token },
    routesOf(control, record, () => Date.parse('2026-06-01T12:01:00Z')),
  );
  return record;
}

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

function ask(
  method: string,
  path: string,
  { headers = {}, body, host }: { headers?: OutgoingHttpHeaders; body?: string; host?: string } = {},
): Promise<Reply> {
  const { port } = new URL(listener?.address ?? '');
  return new Promise((resolve, reject) => {
    const call = request(
      { host: host ?? '127.0.0.1', port, method, path, headers, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

describe('reading from this machine', () => {
  it('needs no token', async () => {
    await serve();
    const { status, text, headers } = await ask('GET', '/healthz');
    expect([status, text]).toEqual([200, '{"status":"ok","pid":4711,"clusterId":"cluster1"}\n']);
    expect(headers['cache-control']).toBe('no-store');
    expect((await ask('HEAD', '/healthz')).text).toBe('');
  });

  it.each([
    ['evil.example', 421],
    ['evil.example:80', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost', 200],
    ['LOCALHOST:1234', 200],
    ['127.0.0.1:9', 200],
    ['[::1]:9', 200],
  ])('has to mean it by name: Host %s', async (host, status) => {
    await serve();
    expect((await ask('GET', '/v1/decisions', { headers: { host } })).status).toBe(status);
    // Whoever has the token may call it what he likes.
    expect((await ask('GET', '/v1/decisions', { headers: { host, ...BEARER } })).status).toBe(200);
  });

  it('is refused with a token that is wrong', async () => {
    await serve();
    const { status, text, headers } = await ask('GET', '/metrics', {
      headers: { authorization: 'Bearer guess' },
    });
    expect([status, text]).toEqual([401, '{"error":"this is not the token"}\n']);
    expect(headers['www-authenticate']).toContain('Bearer');
  });

  it('tells whether it is ready', async () => {
    await serve();
    expect((await ask('GET', '/readyz')).status).toBe(200);
    trouble = 'the Engine is lost';
    const { status, text } = await ask('GET', '/readyz');
    expect([status, text]).toEqual([503, '{"error":"the Engine is lost"}\n']);
    expect((await ask('GET', '/healthz')).status).toBe(200);
  });

  it('gives decisions, changes and metrics', async () => {
    const record = await serve();
    for (const seconds of [0, 10, 20]) record.event(decisionEvent({ seconds, from: 2 }));
    record.event(decisionEvent({ seconds: 30, from: 2, to: 4 }));
    record.event(decisionEvent({ seconds: 30, service: 'shop_other', from: 7 }));
    const json = async (path: string) => JSON.parse((await ask('GET', path)).text) as never;
    const seconds = async (query: string) =>
      (
        (await json(`/v1/decisions${query}`)) as { decisions: { at: string; service: string }[] }
      ).decisions.map(({ at, service }) => `${service} ${at.slice(17, 19)}`);
    expect(await seconds('?service=shop_web&limit=2')).toEqual(['shop_web 30', 'shop_web 20']);
    expect(await seconds('?since=40s')).toEqual(['shop_web 30', 'shop_other 30', 'shop_web 20']);
    expect(await seconds('?since=2026-06-01T12:00:25Z&service=shop_web')).toEqual(['shop_web 30']);
    expect(await json('/v1/history')).toMatchObject({
      kind: 'History',
      changes: [{ service: 'shop_web', from: 2, to: 4, by: 'autoscaler', result: 'done' }],
    });
    expect(await json('/v1/why?service=shop_web&limit=1')).toMatchObject({
      kind: 'Why',
      desired: 4,
      last: { decision: { from: 2, to: 4 } },
      earlier: [{ outcome: 'up', count: 1 }],
    });
    const metrics = await ask('GET', '/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.text).toContain('scalectl_scales_total{service="shop_web",direction="up"} 1\n');
  });

  it.each([
    ['/v1/decisions?limit=0', 400, 'limit is a whole number from 1 on'],
    ['/v1/decisions?limit=x', 400, 'limit is a whole number from 1 on'],
    ['/v1/history?since=yesterday', 400, 'since is a time (RFC 3339) or a duration like 10m'],
    ['/v1/history?since=10', 400, 'since is a time (RFC 3339) or a duration like 10m'],
    ['/v1/why', 400, 'service=NAME is missing, its full name'],
    ['/v1/why?service=x', 404, 'no decision on x is known'],
    ['/v1/samples', 503, 'the first evaluation has not ended yet'],
    ['/', 404, 'there is no such path; see docs/why.md'],
    ['/v1/services/%ff/pause', 405, 'only POST'],
    ['//', 400, 'this is no path'],
  ])('says what is wrong: %s', async (path, status, error) => {
    await serve();
    const reply = await ask('GET', path);
    expect([reply.status, reply.text]).toEqual([status, `${JSON.stringify({ error })}\n`]);
  });
});

describe('writing', () => {
  it('needs the token, also from this machine', async () => {
    await serve();
    const { status, text } = await ask('POST', '/v1/evaluate');
    expect([status, text]).toEqual([401, '{"error":"writing needs the token"}\n']);
    for (const authorization of [
      'Bearer',
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
    ]) {
      expect((await ask('POST', '/v1/evaluate', { headers: { authorization } })).status).toBe(401);
    }
    expect(asked).toEqual([]);
    expect((await ask('POST', '/v1/evaluate', { headers: BEARER })).status).toBe(200);
    expect(asked).toEqual(['evaluate']);
  });

  it('is off over TCP where there is no token', async () => {
    await serve(null);
    expect((await ask('POST', '/v1/evaluate')).status).toBe(403);
    expect((await ask('POST', '/v1/evaluate', { headers: BEARER })).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it('pauses and resumes', async () => {
    await serve();
    const post = async (path: string, body?: string) =>
      (await ask('POST', path, { headers: BEARER, ...(body === undefined ? {} : { body }) })).status;
    expect(await post('/v1/services/shop_web/pause', '{"for":"30m"}')).toBe(200);
    expect(await post('/v1/services/shop%5Fweb/pause')).toBe(200);
    expect(await post('/v1/services/shop_web/resume')).toBe(200);
    expect(await post('/v1/services/none/pause')).toBe(404);
    expect(asked).toEqual([
      'pause shop_web 1800000',
      'pause shop_web for good',
      'resume shop_web',
      'pause none for good',
    ]);
  });

  it.each([
    ['{"for":"soon"}', '"for" is a duration above zero: 500ms, 30s or 1m30s'],
    ['{"for":0}', '"for" is a duration above zero: 500ms, 30s or 1m30s'],
    ['{"for":"10000h"}', '"for" is longer than a year; leave it out'],
    ['{"until":"30m"}', '"until" is not known here: {"for": "30m"}'],
    ['[]', 'the body is {"for": "30m"}, or nothing'],
    ['{', 'the body is no JSON'],
  ])('says what is wrong with %s', async (body, error) => {
    await serve();
    const reply = await ask('POST', '/v1/services/shop_web/pause', { headers: BEARER, body });
    expect([reply.status, reply.text]).toEqual([400, `${JSON.stringify({ error })}\n`]);
    expect(asked).toEqual([]);
  });

  it.each([
    ['DELETE', '/v1/evaluate', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
  ])('takes no other method: %s %s', async (method, path, allow) => {
    await serve();
    const { status, headers } = await ask(method, path, { headers: BEARER });
    expect([status, headers.allow]).toEqual([405, allow]);
  });

  it.each([
    ['told beforehand', { 'content-length': 65_537 }],
    ['not told', { 'transfer-encoding': 'chunked' }],
  ])('takes no more than 64 KiB: %s', async (_, headers) => {
    await serve();
    const body = ' '.repeat(65_537);
    const reply = await ask('POST', '/v1/services/x/pause', { headers: { ...BEARER, ...headers }, body });
    expect([reply.status, reply.text]).toEqual([413, '{"error":"more than 65536 bytes"}\n']);
    expect(asked).toEqual([]);
    expect(
      (await ask('POST', '/v1/services/x/pause', { headers: BEARER, body: ' '.repeat(65_536) })).status,
    ).toBe(200);
  });

  it('answers that it is too much while more is still coming', async () => {
    await serve();
    const { port } = new URL(listener?.address ?? '');
    const socket = connect(Number(port), '127.0.0.1');
    const head = ['POST /v1/evaluate HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${TOKEN}`];
    socket.write([...head, 'Transfer-Encoding: chunked', '', '10002', ' '.repeat(0x10002), ''].join('\r\n'));
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toContain('{"error":"more than 65536 bytes"}');
  });

  it('waits for no one who begins and does not go on', { timeout: 30_000 }, async () => {
    await serve();
    const { port } = new URL(listener?.address ?? '');
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: loc');
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toContain('408');
  });
});

describe('asking from elsewhere', () => {
  const door = { kind: 'tcp', host: '0.0.0.0', token: TOKEN } as const;
  const from = (remoteAddress: string, headers: IncomingHttpHeaders = {}) => ({
    headers,
    socket: { remoteAddress },
  });

  it('needs the token', () => {
    expect(refusalOf(door, from('10.0.0.7', { host: 'localhost' }), 'read')).toMatchObject({ status: 401 });
    expect(refusalOf(door, from('10.0.0.7', { host: 'x', ...BEARER }), 'read')).toBeNull();
    expect(refusalOf(door, from('10.0.0.7', { host: 'x', ...BEARER }), 'write')).toBeNull();
  });

  it('is never taken for asking from here', () => {
    expect(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1', 'localhost'].map(isLoopback)).not.toContain(
      false,
    );
    expect(
      ['10.0.0.7', '::ffff:10.0.0.7', '128.0.0.1', '0.0.0.0', '::', '', '127.0.0.1.evil'].map(isLoopback),
    ).not.toContain(true);
  });

  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  it.runIf(own !== undefined)('over a real address of this machine too', async () => {
    await serve(TOKEN, '0.0.0.0');
    const host = own ?? '';
    expect((await ask('GET', '/metrics', { host })).status).toBe(401);
    expect((await ask('GET', '/metrics', { host, headers: BEARER })).status).toBe(200);
  });
});

describe('the address to listen on', () => {
  it.each([
    ['9090', '127.0.0.1 9090'],
    [':9090', '127.0.0.1 9090'],
    ['localhost:9090', 'localhost 9090'],
    ['[::1]:9090', '::1 9090'],
  ])('%s', (text, expected) => {
    const { host, port } = parseListen(text, null);
    expect(`${host} ${port}`).toBe(expected);
  });

  it.each(['0.0.0.0:9090', '[::]:9090', '10.0.0.7:9090', 'node1:9090'])('%s needs a token', (text) => {
    expect(() => parseListen(text, null)).toThrow('can be reached from other machines');
    expect(parseListen(text, TOKEN).port).toBe(9090);
  });

  it.each(['', 'x', '70000', '1.2.3.4', '::1:80', 'http://a:80', 'a:b'])('"%s" is none', (text) => {
    expect(() => parseListen(text, TOKEN)).toThrow('is no address to listen on');
  });
});
