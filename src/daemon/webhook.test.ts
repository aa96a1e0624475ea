import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { at, decisionEvent, evaluation, outcome, type OutcomeOptions } from '../../test/support/outcomes.js';
import { until } from '../../test/support/until.js';
import { Notices, type Notice } from './notices.js';
import { Webhook } from './webhook.js';

let server: Server | null = null;
let results: string[] = [];
let slept: number[] = [];

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = null;
  results = [];
  slept = [];
  await Promise.resolve();
});

/** A receiver that answers with these statuses in turn, the last one for ever; 0 answers nothing. */
async function receiver(...statuses: number[]): Promise<{ url: string; bodies: Record<string, unknown>[] }> {
  const bodies: Record<string, unknown>[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      bodies.push(JSON.parse(text) as Record<string, unknown>);
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      if (status !== 0) response.writeHead(status ?? 200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/s3cr3t`, bodies };
}

function webhook(url: string): Webhook {
  return new Webhook({
    url,
    clock: {
      sleep: (ms) => {
        slept.push(ms);
        return new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20)));
      },
      random: () => 1,
    },
    about: () => ({ clusterId: 'cluster1' }),
    onResult: (result, message) => results.push(`${result} ${message}`.trim()),
  });
}

const notice = (text = 'hello'): Notice => ({ kind: 'scaled-up', at: at(0), service: 'shop_web', text });
const resulted = (count: number) =>
  until(
    () => Promise.resolve(results),
    (all) => all.length >= count,
  );

describe('a webhook', () => {
  it('posts JSON that Slack shows too', async () => {
    const { url, bodies } = await receiver(200);
    webhook(url).notify(notice());
    await resulted(1);
    expect(bodies).toEqual([
      {
        apiVersion: 'scalectl/v1',
        kind: 'Notification',
        event: 'scaled-up',
        clusterId: 'cluster1',
        at: at(0),
        service: 'shop_web',
        text: 'hello',
      },
    ]);
    expect(results).toEqual(['sent']);
  });

  it('tries three times, waiting longer each time, and goes on with the next', async () => {
    const { url, bodies } = await receiver(503, 429, 500, 200);
    const hook = webhook(url);
    hook.notify(notice('first'));
    hook.notify(notice('second'));
    await resulted(2);
    expect(bodies.map(({ text }) => text)).toEqual(['first', 'first', 'first', 'second']);
    expect(slept).toEqual([1_000, 4_000]);
    expect(results).toEqual([`failed ${new URL(url).origin}: answered 500`, 'sent']);
  });

  it('takes a refusal as meant', async () => {
    const { url, bodies } = await receiver(404);
    webhook(url).notify(notice());
    await resulted(1);
    expect(bodies).toHaveLength(1);
    expect(results).toEqual([`failed ${new URL(url).origin}: answered 404`]);
  });

  it('never tells its URL, also not when nobody is there', async () => {
    const { url } = await receiver(200);
    server?.close();
    webhook(url).notify(notice());
    await resulted(1);
    expect(results[0]).toMatch(/^failed http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    expect(results.join()).not.toContain('s3cr3t');
  });

  it('lets no more than a hundred wait, and says what it drops', async () => {
    const { url, bodies } = await receiver(200);
    const hook = webhook(url);
    for (let index = 0; index < 150; index++) hook.notify(notice(String(index)));
    expect(results).toHaveLength(50);
    expect(results[0]).toBe(`dropped 100 notifications wait for ${new URL(url).origin}`);
    await resulted(150);
    expect(bodies.map(({ text }) => text)).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
  });

  it('does not keep the daemon from ending', async () => {
    const { url } = await receiver(0);
    const hook = webhook(url);
    for (let index = 0; index < 3; index++) hook.notify(notice());
    await hook.close();
    expect(results.filter((text) => text.startsWith('dropped'))).toHaveLength(2);
  });
});

describe('what is worth a notification', () => {
  /** One tick after another, at these seconds. */
  function told(...ticks: [seconds: number, options: OutcomeOptions][]): string[] {
    const all: string[] = [];
    const notices = new Notices(({ kind, at: when }) => all.push(`${kind} ${when.slice(14, 19)}`));
    for (const [seconds, options] of ticks)
      notices.tick(evaluation(outcome({ seconds, ...options })), seconds * 1000);
    return all;
  }
  const above: OutcomeOptions = { from: 10, decision: { need: 14 } };
  const blind: OutcomeOptions = {
    decision: {
      signals: [
        {
          signal: 'cpu',
          value: null,
          unit: '%',
          aim: '',
          need: null,
          coverage: null,
          ageMs: null,
          note: null,
        },
      ],
    },
  };
  const pending: OutcomeOptions = {
    standing: { pending: { tasks: 2, forMs: 5_000, message: 'no suitable node' } },
  };
  const failed: OutcomeOptions = { from: 2, to: 4, action: { kind: 'failed', message: 'no' } };

  it.each<[string, string[], string[]]>([
    [
      'a change',
      told([0, {}], [5, { from: 2, to: 4 }], [10, { from: 4 }], [15, { from: 4, to: 2 }]),
      ['scaled-up 00:05', 'scaled-down 00:15'],
    ],
    ['a dry run', told([0, { from: 2, to: 4, action: { kind: 'would-scale', from: 2, to: 4 } }]), []],
    [
      'a need above max for a minute',
      told([0, above], [30, above], [60, above], [90, above], [95, {}]),
      ['at-max 01:00', 'at-max-over 01:35'],
    ],
    ['a need above max for less', told([0, above], [59, above], [60, {}], [61, above], [119, above]), []],
    [
      'tasks without a node',
      told([0, pending], [59, pending], [61, pending], [70, pending], [75, {}], [80, {}]),
      ['tasks-pending 01:01', 'tasks-pending-over 01:15'],
    ],
    [
      'nothing to be measured',
      told([0, blind], [5, blind], [10, {}], [15, blind]),
      ['signals-unknown 00:00', 'signals-known 00:10', 'signals-unknown 00:15'],
    ],
    [
      'a failure, once until it is over',
      told([0, failed], [5, failed], [10, {}], [15, failed]),
      ['write-failed 00:00', 'write-failed 00:15'],
    ],
  ])('%s', (_, seen, expected) => {
    expect(seen).toEqual(expected);
  });

  it('an Engine that is lost and comes back, and a policy that cannot be used', () => {
    const all: string[] = [];
    const notices = new Notices(({ kind, text }) => all.push(`${kind}: ${text}`));
    const common = { level: 'warn', at: at(0) } as const;
    notices.event({ ...common, type: 'engine-lost', message: 'no such socket' });
    notices.event({ ...common, type: 'engine-back', afterMs: 5 });
    notices.event({
      ...common,
      type: 'invalid-policy',
      service: 'web',
      problems: [{ place: 'a', message: 'no max' }],
    });
    notices.event(decisionEvent());
    expect(all).toEqual([
      'engine-lost: the Engine is lost: no such socket',
      'engine-back: the Engine is back',
      'policy-invalid: web is left alone, its policy cannot be used: no max',
    ]);
  });
});
