import { describe, expect, it } from 'vitest';
import { signalAim, signalInShort, signalName } from './describe.js';
import { decodeLabels, decodeService } from './labels.js';
import type { SignalPolicy } from './policy.js';

type Labels = Record<string, string>;

const withPrefix = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [`scalectl.${key}`, value]));

const ON = { autoscale: 'true', max: '10' };
const QUEUE = { 'queue.url': 'redis://redis', 'queue.key': 'orders' };

function decode(labels: Labels, facts = {}) {
  return decodeLabels('shop_web', withPrefix({ ...ON, ...labels }), 'replicated', facts);
}

function signals(labels: Labels): readonly SignalPolicy[] {
  const decoded = decode(labels);
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  return decoded.value.signals;
}

function problems(labels: Labels, facts = {}): string[] {
  const decoded = decode(labels, facts);
  return decoded.kind === 'invalid'
    ? decoded.problems.map(({ place, message, hint }) => `${place}: ${message}. ${hint ?? ''}`)
    : [decoded.kind];
}

describe('signals from labels', () => {
  const redis = { kind: 'queue', url: 'redis://redis:6379/0', key: 'orders', jobsPerReplica: 10 };
  const requests = { kind: 'requests', backend: 'app', forecast: true };
  it.each<[Labels, object, string]>([
    [QUEUE, { ...redis, queue: 'list' }, 'queue orders: 10 jobs per replica'],
    [
      { ...QUEUE, 'queue.kind': 'bullmq', 'queue.prefix': '{bull}', 'queue.target': '5' },
      { ...redis, queue: 'bullmq', prefix: '{bull}', jobsPerReplica: 5 },
      'queue orders: 5 jobs per replica',
    ],
    [
      {
        ...QUEUE,
        'queue.kind': 'stream',
        'queue.group': 'workers',
        'queue.drain': '60s',
        'queue.concurrency': '4',
      },
      { ...redis, queue: 'stream', group: 'workers', drainMs: 60_000, concurrency: 4 },
      'queue orders: empty within 1m',
    ],
    [
      { ...QUEUE, min: '0', 'queue.processing': 'orders:*', 'queue.activation': '5', 'queue.drain': '2m' },
      { ...redis, queue: 'list', processing: 'orders:*', activation: 5, drainMs: 120_000 },
      'queue orders: empty within 2m',
    ],
    [
      { 'queue.kind': 'rabbitmq', 'queue.url': 'http://rabbit:15672/shop', 'queue.key': 'mail' },
      { kind: 'queue', queue: 'rabbitmq', url: 'http://rabbit:15672/shop', key: 'mail', jobsPerReplica: 10 },
      'queue mail: 10 jobs per replica',
    ],
    [
      { 'http.backend': 'app', 'http.target': '50' },
      { ...requests, perReplica: 50 },
      'requests to app: 50 per second per replica',
    ],
    [
      {
        'http.backend': 'app',
        'sessions.target': '200',
        'http.url': 'http://tasks.lb:8404/stats, unix:///run/h.sock',
      },
      {
        backend: 'app',
        kind: 'sessions',
        target: 200,
        urls: ['http://tasks.lb:8404/stats', 'unix:///run/h.sock'],
      },
      'sessions of app: 200 connections per replica',
    ],
    [
      { 'prometheus.url': 'https://p:9090/prom', 'prometheus.query': 'sum(x)', 'prometheus.target': '2.5' },
      { kind: 'prometheus', url: 'https://p:9090/prom', query: 'sum(x)', form: 'total', target: 2.5 },
      'prometheus: 2.5 per replica',
    ],
    [
      {
        min: '0',
        'json.url': 'http://app/status?full=1',
        'json.pointer': '/a~1b/0',
        'json.target': '3',
        'json.kind': 'level',
        'json.activation': '0.5',
      },
      {
        kind: 'json',
        url: 'http://app/status?full=1',
        pointer: '/a~1b/0',
        form: 'level',
        target: 3,
        activation: 0.5,
      },
      'json /a~1b/0: target 3',
    ],
  ])('%j', (labels, expected, words) => {
    const [signal] = signals(labels);
    expect(signal).toEqual(expected);
    expect(`${signalName(signal!)}: ${signalAim(signal!)}`).toBe(words);
  });

  it('takes all that HAProxy tells of one backend, and throttling', () => {
    const all = signals({
      'throttling.target': '10',
      'http.backend': 'app',
      'http.target': '50',
      'http.queued': '5',
      'http.response': '250ms',
      'http.errors': '2',
      'sessions.target': '100',
    });
    expect(all.map((signal) => `${signalName(signal)}: ${signalAim(signal)}`)).toEqual([
      'throttling: at most 10 %',
      'requests to app: 50 per second per replica',
      'requests queued for app: 5 requests per replica',
      'sessions of app: 100 connections per replica',
      'response time of app: at most 250ms',
      '5xx of app: at most 2 %',
    ]);
    expect(all.map(signalInShort)).toEqual([
      'throttling 10 %',
      'requests to app 50/s',
      'requests queued for app 5',
      'sessions of app 100',
      'response time of app 250ms',
      '5xx of app 2 %',
    ]);
  });

  it.each([
    [{ 'cpu.target': '70' }, ['cpu 70 %']],
    [{ 'cpu.up': '80', 'cpu.down': '30' }, ['cpu 30-80 %']],
    [{ 'cpu.target': '70', 'http.backend': 'app' }, ['cpu 70 %', 'requests to app']],
    [{ ...QUEUE, 'queue.target': '10' }, ['queue orders 10']],
    [{ ...QUEUE, 'queue.kind': 'bullmq', 'queue.drain': '60s' }, ['queue orders within 1m']],
  ])('%j is short enough for a column', (labels, words) => {
    expect(signals(labels).map(signalInShort)).toEqual(words);
  });
});

describe('signals that cannot be carried out', () => {
  const at = (label: string) => `service shop_web, label scalectl.${label}: `;
  const alone =
    'says when there are too few replicas and not how many are enough: alone, it would shrink the service until it suffers, and begin anew. Add scalectl.cpu.target: "70" or another signal that follows the load.';
  const prometheus = { 'prometheus.url': 'http://p', 'prometheus.query': 'up', 'prometheus.target': '1' };
  const json = { 'json.url': 'http://a', 'json.pointer': '/a', 'json.target': '1' };
  it.each<[Labels, string]>([
    [
      { ...QUEUE, 'queue.kind': 'stream' },
      `${at('queue.kind')}"stream" stands without scalectl.queue.group. Add scalectl.queue.group: "workers", for example: a stream never shortens by being read, its groups know what is left.`,
    ],
    [
      { ...QUEUE, 'queue.group': 'workers' },
      `${at('queue.group')}means nothing for a queue of kind list. Remove it; it is for stream.`,
    ],
    [
      { ...QUEUE, 'queue.kind': 'rq', 'queue.processing': 'x' },
      `${at('queue.processing')}means nothing for a queue of kind rq. Remove it; it is for list.`,
    ],
    [
      { ...QUEUE, 'queue.drain': '60s' },
      `${at('queue.drain')}needs to see the jobs that are being worked at, and a plain list forgets a job once it is taken. Move jobs with BLMOVE and add scalectl.queue.processing: "orders:processing", or use scalectl.queue.target.`,
    ],
    [
      { ...QUEUE, 'queue.kind': 'rq', 'queue.drain': '10ms' },
      `${at('queue.drain')}"10ms" is too short a time to empty a queue in. Write scalectl.queue.drain: "60s", for example.`,
    ],
    [
      { ...QUEUE, 'queue.activation': '5' },
      `${at('queue.activation')}means nothing while scalectl.min is 1: it says what wakes a service from 0. Write scalectl.min: "0", or remove it.`,
    ],
    [{ ...QUEUE, 'queue.key': '' }, `${at('queue.key')}"" names no key. Write scalectl.queue.key: "orders".`],
    [
      { 'queue.kind': 'rabbitmq', 'queue.url': 'amqp://rabbit', 'queue.key': 'mail' },
      `${at('queue.url')}begins with amqp://, which is neither http nor https. Write scalectl.queue.url: "http://rabbitmq:15672", for example.`,
    ],
    [
      { 'queue.kind': 'rabbitmq', 'queue.url': 'http://bob:hunter2@rabbit', 'queue.key': 'mail' },
      `${at('queue.url')}holds a user or a password, and everyone who can read the service can read its labels. Remove it from the URL and name a file that holds user:password in the daemon's SCALECTL_RABBITMQ_AUTH_FILE.`,
    ],
    [
      { 'http.target': '50' },
      `${at('http.target')}stands without scalectl.http.backend. Add scalectl.http.backend: "app", for example.`,
    ],
    [
      { 'http.backend': 'app' },
      `${at('http.backend')}stands with neither scalectl.http.target nor a CPU target, so that what a replica can serve is not known. Add scalectl.http.target: "50" (requests per second per replica), or scalectl.cpu.target: "80" to learn it.`,
    ],
    [
      { 'cpu.target': '70', 'http.backend': 'app', 'http.forecast': 'on' },
      `${at('http.forecast')}"on" is neither true nor false. Write scalectl.http.forecast: "true".`,
    ],
    [
      { 'cpu.target': '70', 'http.url': 'http://lb' },
      `${at('http.url')}stands without scalectl.http.backend. Add scalectl.http.backend: "app", for example.`,
    ],
    [
      { 'http.backend': 'app', 'http.target': '5', 'http.url': 'tcp://lb' },
      `${at('http.url')}names no host and port. Write scalectl.http.url: "tcp://tasks.shop_haproxy:9999".`,
    ],
    [
      { 'http.backend': 'app', 'http.target': '5', 'http.url': 'http://a:b@lb' },
      `${at('http.url')}holds a user or a password, and everyone who can read the service can read its labels. Remove it from the URL and name a file that holds user:password in the daemon's SCALECTL_HAPROXY_AUTH_FILE.`,
    ],
    [{ 'throttling.target': '5' }, `${at('throttling.target')}${alone}`],
    [
      { 'cpu.target': '70', 'http.backend': 'app', 'http.response': '0' },
      `${at('http.response')}"0" is no time to answer in. Write scalectl.http.response: "250ms".`,
    ],
    [
      { min: '0', 'http.backend': 'app', 'http.target': '5' },
      `${at('min')}"0" is for queue-driven services: a service that is off uses no CPU and would never come back. Write scalectl.min: "1", or let a queue wake the service (scalectl.queue.url and .key).`,
    ],
    [
      { 'prometheus.url': 'http://p' },
      `${at('prometheus.url')}stands without scalectl.prometheus.query. Add scalectl.prometheus.query: "sum(rate(http_requests_total[1m]))", for example.`,
    ],
    [
      { ...prometheus, 'prometheus.kind': 'totals' },
      `${at('prometheus.kind')}"totals" is neither "total" nor "level". Did you mean "total"?`,
    ],
    [
      { ...prometheus, 'prometheus.url': 'p:9090' },
      `${at('prometheus.url')}begins with p://, which is neither http nor https. Write scalectl.prometheus.url: "http://prometheus:9090", for example.`,
    ],
    [
      { ...json, 'json.pointer': 'a.b' },
      `${at('json.pointer')}"a.b" is not a JSON pointer. Write scalectl.json.pointer: "/queue/depth", for example.`,
    ],
    [
      { ...json, 'json.target': '0' },
      `${at('json.target')}"0" is not a number of units per replica above 0. Write scalectl.json.target: "10", for example.`,
    ],
    [
      { ...json, 'json.activation': 'x' },
      `${at('json.activation')}"x" is not a number of units. Write scalectl.json.activation: "5", for example.`,
    ],
  ])('%j', (labels, message) => {
    const found = problems(labels);
    expect(found).toContain(message);
    expect(found.join()).not.toContain('hunter2');
  });

  it('throttling without a CPU limit', () => {
    const labels = { 'cpu.target': '70', 'throttling.target': '5' };
    expect(problems(labels, { cpuLimited: true })).toEqual(['policy']);
    expect(problems(labels, { cpuLimited: false })[0]).toContain(
      'needs a CPU limit: without one nothing is held back',
    );
  });
});

describe('what a service is', () => {
  const spec = (container: object, labels: Labels = {}) => ({
    Name: 'shop_db',
    Labels: withPrefix(labels),
    Mode: { Replicated: {} },
    TaskTemplate: { ContainerSpec: container },
  });
  const CPU = { ...ON, 'cpu.target': '70' };
  const found = (subject: ReturnType<typeof spec>) => {
    const decoded = decodeService(subject);
    return decoded.kind === 'invalid'
      ? decoded.problems.map(({ place, message }) => `${place} ${message}`)
      : decoded.kind;
  };

  it.each([
    ['postgres:17', 'PostgreSQL'],
    ['registry.example:5000/library/redis:7-alpine@sha256:abc', 'Redis'],
    ['bitnami/mongodb', 'MongoDB'],
  ])('a database: %s', (Image, name) => {
    expect(found(spec({ Image }, CPU))).toEqual([
      `service shop_db, label scalectl.autoscale would scale ${name}, whose replicas are not interchangeable: each new one starts with data of its own`,
    ]);
    expect(found(spec({ Image }, { ...CPU, stateful: 'true' }))).toBe('policy');
    expect(found(spec({ Image }, { ...CPU, autoscale: 'false' }))).toBe('none');
  });

  it('not a database: its exporter', () => {
    expect(found(spec({ Image: 'oliver/redis_exporter:v1' }, CPU))).toBe('policy');
  });

  it('labels on the container instead of the service', () => {
    const Labels = withPrefix({ autoscale: 'true', 'cpu.target': '70' });
    expect(found(spec({ Labels }))).toEqual([
      'service shop_db, label scalectl.autoscale stands on the container, where nothing reads it',
      'service shop_db, label scalectl.cpu.target stands on the container, where nothing reads it',
    ]);
    expect(found(spec({ Labels: { ...Labels, 'com.example': 'x' } }, CPU))).toBe('policy');
    expect(found(spec({ Labels: { 'com.example': 'x' } }))).toBe('none');
  });
});
