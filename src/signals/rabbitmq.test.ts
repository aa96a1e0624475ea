/** Answers as RabbitMQ 3.10 with its management plugin gave them, on 7 messages published, 3 got and 1 acknowledged. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseQueue, RabbitQueues } from './rabbitmq.js';

const BUSY = {
  name: 'mail',
  vhost: '/',
  state: 'running',
  messages: 6,
  messages_ready: 4,
  messages_unacknowledged: 2,
  message_stats: { ack: 1, ack_details: { rate: 0.0 }, deliver_get: 3, get: 3, publish: 7, redeliver: 0 },
  idle_since: '2026-11-21T03:54:04.047+00:00',
};

/** Of a queue that was declared a moment ago: the statistics have not heard of it. */
const NEW = { name: 'mail', vhost: '/', type: 'classic', durable: false, incoming: [], deliveries: [] };

describe('the depth of a queue', () => {
  it.each<[string, number, unknown, object]>([
    [
      'ready and unacknowledged',
      200,
      BUSY,
      {
        value: 6,
        work: { waiting: 4, inFlight: 2, paused: false, done: 1 },
        note: '4 waiting, 2 in flight',
      },
    ],
    [
      'empty, and never used',
      200,
      { ...NEW, messages_ready: 0, messages_unacknowledged: 0 },
      {
        value: 0,
        work: { waiting: 0, inFlight: 0, paused: false, done: null },
        note: '0 waiting, 0 in flight',
      },
    ],
    [
      'new',
      200,
      NEW,
      {
        value: null,
        note: 'RabbitMQ: it does not tell the depth of the queue (its node may be down, or the queue quite new)',
      },
    ],
    [
      'absent',
      404,
      { error: 'Object Not Found', reason: 'Not Found' },
      { value: null, note: 'RabbitMQ: there is no queue "mail" in this virtual host' },
    ],
    [
      'refused',
      401,
      { error: 'not_authorized', reason: 'Login failed' },
      { value: null, note: 'RabbitMQ: it wants a user and a password (SCALECTL_RABBITMQ_AUTH_FILE)' },
    ],
    ['overloaded', 503, {}, { value: null, note: 'RabbitMQ: it answers 503' }],
  ])('%s', (_, status, answer, expected) => {
    expect(parseQueue(status, JSON.stringify(answer), 'mail')).toEqual(expected);
  });

  it('of what is no JSON', () => {
    expect(parseQueue(200, '<html>', 'mail')).toEqual({
      value: null,
      note: 'RabbitMQ: the answer is no JSON',
    });
  });
});

describe('the management API', () => {
  it('is asked for the queue of the virtual host that the path names', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      response.end(JSON.stringify(BUSY));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const source = new RabbitQueues({ authorization: () => Promise.resolve('Basic abc') });
    const signal = { kind: 'queue', queue: 'rabbitmq', jobsPerReplica: 10 } as const;
    const found = await source.read([
      { ...signal, url: `${url}/`, key: 'mail' },
      { ...signal, url: `${url}/shop`, key: 'mail/out going' },
      { ...signal, url: `${url}/a%2Fb`, key: 'x' },
    ]);
    expect(found.map(({ value }) => value)).toEqual([6, 6, 6]);
    expect(asked.sort()).toEqual([
      '/api/queues/%2F/mail Basic abc',
      '/api/queues/a%2Fb/x Basic abc',
      '/api/queues/shop/mail%2Fout%20going Basic abc',
    ]);
    server.close();
    expect((await source.read([{ ...signal, url, key: 'mail' }]))[0]?.note).toContain('ECONNREFUSED');
  });
});
