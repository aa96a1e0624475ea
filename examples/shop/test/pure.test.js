import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { burn } from '../lib/burn.js';
import { loadConfig, secret, whole } from '../lib/config.js';
import { isUnavailable } from '../lib/database.js';
import { createApp, HttpError, match } from '../lib/http.js';
import { objectInput, wholeInput } from '../lib/input.js';
import { HopelessJob, parseJob, perform } from '../lib/jobs.js';
import { Metrics } from '../lib/metrics.js';
import { backoffMs, untilDone } from '../lib/retry.js';

test('a secret comes from its file, without the line end, before it comes from the variable', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'shop-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'password');
  writeFileSync(file, ' p"a\\ss \n');
  assert.equal(secret('X', { X_FILE: file, X: 'other' }), ' p"a\\ss ');
  assert.equal(secret('X', { X: 'other' }), 'other');
  assert.equal(secret('X', {}), undefined);
});

test('a number that is none stops the start and says which', () => {
  const rule = { fallback: 7, min: 1, max: 9 };
  assert.equal(whole('N', rule, {}), 7);
  assert.equal(whole('N', rule, { N: '9' }), 9);
  for (const bad of ['10', '0', '1.5', 'x', '-1']) {
    assert.throws(() => whole('N', rule, { N: bad }), /^Error: N=.*expected a whole number from 1 to 9$/);
  }
  assert.throws(() => loadConfig({ PORT: '70000' }), /PORT=70000/);
});

test('without a replica of its own the primary is read', () => {
  const config = loadConfig({ POSTGRES_PRIMARY_HOST: 'db' });
  assert.equal(config.replica.host, 'db');
});

test('input: what JavaScript would quietly make a number of is refused', () => {
  const rule = { min: 0, max: 10 };
  assert.equal(wholeInput('3', 'n', rule), 3);
  assert.equal(wholeInput(undefined, 'n', { ...rule, fallback: 5 }), 5);
  for (const bad of ['', ' ', '3.5', [3], true, {}, NaN, -1, 11, null, undefined]) {
    assert.throws(() => wholeInput(bad, 'n', rule), HttpError);
  }
  for (const bad of [null, [], 'x', 3]) assert.throws(() => objectInput(bad), /JSON object/);
});

test('routes', () => {
  const handle = () => ({});
  const routes = [
    { method: 'GET', path: '/orders/:id', handle },
    { method: 'POST', path: '/orders', handle },
  ];
  assert.deepEqual(match(routes, 'GET', '/orders/7')?.params, { id: '7' });
  assert.equal(match(routes, 'HEAD', '/orders/7')?.route?.path, '/orders/:id');
  assert.deepEqual(match(routes, 'GET', '/orders'), { wrongMethod: true });
  assert.equal(match(routes, 'GET', '/orders/'), undefined);
  assert.equal(match(routes, 'GET', '/'), undefined);
});

test('jobs: the two kinds, and those that no retry can help', async () => {
  assert.deepEqual(parseJob('{"orderId":3}'), { orderId: 3 });
  assert.deepEqual(parseJob('{"sleepMs":0}'), { sleepMs: 0 });
  for (const bad of ['', '{', 'null', '[]', '{}', '{"orderId":"3"}', '{"orderId":0}', '{"sleepMs":60001}']) {
    assert.throws(() => parseJob(bad), HopelessJob);
  }
  const { signal } = new AbortController();
  const processed = [];
  const shop = { processOrder: async (id, worker) => (processed.push([id, worker]), id === 1) };
  await perform('{"orderId":1}', { shop, id: 'w', signal });
  assert.deepEqual(processed, [[1, 'w']]);
  await assert.rejects(perform('{"orderId":2}', { shop, id: 'w', signal }), HopelessJob);
});

test('a job is given up when the worker must go', async () => {
  const giveUp = new AbortController();
  const job = perform('{"sleepMs":60000}', {
    shop: { processOrder: async () => true },
    id: 'w',
    signal: giveUp.signal,
  });
  giveUp.abort();
  await assert.rejects(job, { name: 'AbortError' });
});

test('a database that is away is told from a mistake of ours', () => {
  for (const code of ['ECONNREFUSED', 'EAI_AGAIN', '57P03', '08006', '53300', '25006']) {
    assert.ok(isUnavailable({ code, message: '' }), code);
  }
  assert.ok(isUnavailable(new Error('timeout exceeded when trying to connect')));
  for (const code of ['42P01', '23505', '22P02']) assert.ok(!isUnavailable({ code, message: 'x' }), code);
  assert.ok(!isUnavailable(undefined));
});

test('backoff doubles up to its cap, and chance only shortens it', () => {
  const delays = [0, 1, 2, 9, 1000].map((n) => backoffMs(n, { random: () => 0 }));
  assert.deepEqual(delays, [200, 400, 800, 3000, 3000]);
  assert.equal(backoffMs(0, { random: () => 1 }), 150);
});

test('untilDone ends with success or with its signal', async () => {
  let calls = 0;
  const result = await untilDone(async () => (++calls < 2 ? Promise.reject(new Error('not yet')) : 'done'), {
    signal: new AbortController().signal,
  });
  assert.equal(result, 'done');
  await assert.rejects(untilDone(async () => 1, { signal: AbortSignal.abort() }));
});

test('metrics: the text format, with labels escaped', () => {
  const metrics = new Metrics();
  metrics.counter('a_total', 'A.')({ path: 'x"y\\z\n' }, 2);
  metrics.gauge('b', 'B.', () => 3);
  const observe = metrics.histogram('c_seconds', 'C.');
  observe({ path: '/' }, 0.02);
  observe({ path: '/' }, 20);
  const text = metrics.render();
  assert.match(text, /^a_total\{path="x\\"y\\\\z\\n"\} 2$/m);
  assert.match(text, /^b 3$/m);
  assert.match(text, /^c_seconds_bucket\{path="\/",le="0.01"\} 0$/m);
  assert.match(text, /^c_seconds_bucket\{path="\/",le="0.025"\} 1$/m);
  assert.match(text, /^c_seconds_bucket\{path="\/",le="\+Inf"\} 2$/m);
  assert.match(text, /^c_seconds_count\{path="\/"\} 2$/m);
});

test('burning uses that much processor time, lets others in between, and stops when nobody waits', async () => {
  const { signal } = new AbortController();
  const before = process.cpuUsage();
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  await burn(60, signal);
  clearInterval(ticking);
  const used = process.cpuUsage(before);
  assert.ok((used.user + used.system) / 1000 >= 60);
  assert.ok(turns > 2, `the loop turned ${turns} times`);
  await burn(60_000, AbortSignal.abort());
});

test('a server says who it is, and stops without cutting what runs', async () => {
  /** @type {() => void} */
  let release = () => undefined;
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  const app = createApp({
    routes: [
      { method: 'GET', path: '/slow', handle: () => held.then(() => ({ body: 'late' })) },
      { method: 'GET', path: '/away', handle: () => Promise.reject(new Error('away')) },
    ],
    service: 'backend',
    id: 'me',
    metrics: new Metrics(),
    isUnavailable: () => true,
  });
  const port = await app.listen(0, '127.0.0.1');
  const base = `http://127.0.0.1:${port}`;
  const away = await fetch(`${base}/away`);
  assert.equal(away.status, 503);
  assert.equal(away.headers.get('x-svc'), 'backend');
  assert.equal(away.headers.get('x-served-by'), 'me');
  assert.equal((await fetch(`${base}/nothing`)).status, 404);
  const slow = fetch(`${base}/slow`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = app.close();
  release();
  const answer = await slow;
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('connection'), 'close');
  await closed;
  await assert.rejects(fetch(`${base}/slow`));
});
