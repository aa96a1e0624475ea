import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, isInstalled, Servers } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import type { PrometheusSignal } from '../policy/policy.js';
import { PrometheusQueries } from './prometheus.js';
import { parseInstant } from './prometheus-answer.js';

const NOW = 1_700_000_000;
const vector = (...values: (string | null)[]) =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: values.map((value) =>
        value === null ? { histogram: [NOW, {}] } : { metric: {}, value: [NOW, value] },
      ),
    },
  });

describe('the answer to an instant query', () => {
  it.each<[string, number, string, object]>([
    ['one series', 200, vector('12.5'), { value: 12.5 }],
    ['zero is a number', 200, vector('0'), { value: 0 }],
    ['exponents', 200, vector('1.5e+3'), { value: 1500 }],
    [
      'a scalar',
      200,
      JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [NOW, '3'] } }),
      { value: 3 },
    ],
    [
      'no series',
      200,
      vector(),
      {
        value: null,
        note: 'Prometheus: the query gives no series (a metric that is absent, or no longer scraped)',
      },
    ],
    [
      'two series',
      200,
      vector('1', '2'),
      { value: null, note: 'Prometheus: the query gives 2 series; sum() makes one of them' },
    ],
    ['NaN', 200, vector('NaN'), { value: null, note: 'Prometheus: the query gives NaN' }],
    ['infinity', 200, vector('+Inf'), { value: null, note: 'Prometheus: the query gives +Inf' }],
    ['a histogram', 200, vector(null), { value: null, note: 'Prometheus: the query gives a histogram' }],
    [
      'a range',
      200,
      JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } }),
      { value: null, note: 'Prometheus: the query gives a matrix, not one number' },
    ],
    [
      'a string',
      200,
      JSON.stringify({ status: 'success', data: { resultType: 'string', result: [NOW, 'x'] } }),
      { value: null, note: 'Prometheus: the query gives a string, not one number' },
    ],
    [
      'an error',
      400,
      JSON.stringify({ status: 'error', errorType: 'bad_data', error: '1:5: parse error: unexpected end' }),
      { value: null, note: 'Prometheus: 1:5: parse error: unexpected end' },
    ],
    ['a page', 502, '<html>', { value: null, note: 'Prometheus: it answers 502 and no JSON' }],
    ['another API', 200, '{"a":1}', { value: null, note: 'Prometheus: it answers 200' }],
    [
      'a part of the data',
      200,
      JSON.stringify({ ...(JSON.parse(vector('7')) as object), warnings: ['store x did not answer'] }),
      { value: 7, partial: 'Prometheus warns: store x did not answer' },
    ],
  ])('%s', (_, status, body, expected) => {
    expect(parseInstant(status, body, null)).toEqual(expected);
  });

  it('tells the age of an answer that was kept for us', () => {
    expect(parseInstant(200, vector('1'), (NOW + 45) * 1000)).toEqual({ value: 1, ageMs: 45_000 });
    expect(parseInstant(200, vector('1'), (NOW + 0.5) * 1000)).toEqual({ value: 1 });
    expect(parseInstant(200, vector('1'), (NOW - 1) * 1000)).toEqual({ value: 1 });
  });
});

const ask = (url: string, query: string): PrometheusSignal => ({
  kind: 'prometheus',
  url,
  query,
  form: 'total',
  target: 1,
});

describe.skipIf(!isInstalled('prometheus'))('a real Prometheus (skipped without prometheus)', () => {
  const servers = new Servers();
  const source = new PrometheusQueries({ authorization: () => Promise.resolve(null), deadlineMs: 10_000 });
  let directory: string;
  let app: Server;
  let scrapes = 0;
  let url: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scalectl-prometheus-'));
    app = createServer((_, response) => {
      scrapes++;
      response.setHeader('content-type', 'text/plain');
      response.end('orders_waiting{queue="a"} 30\norders_waiting{queue="b"} 12\n');
    }).listen(0, '127.0.0.1');
    await once(app, 'listening');
    const { port } = app.address() as AddressInfo;
    const config = join(directory, 'prometheus.yml');
    const targets = `  - job_name: app\n    scrape_interval: 1s\n    static_configs: [{targets: ['127.0.0.1:${port}']}]\n`;
    await writeFile(config, `scrape_configs:\n${targets}`);
    const own = await freePort();
    url = `http://127.0.0.1:${own}/`;
    await servers.start(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${own}`,
      ],
      /Server is ready to receive web requests/,
    );
    await until(
      () => Promise.resolve(scrapes),
      (count) => count > 1,
      20_000,
    );
  }, 60_000);
  afterAll(async () => {
    await servers.stopAll();
    app.close();
    app.closeAllConnections();
    await rm(directory, { recursive: true });
  });

  it('answers all queries at once', async () => {
    const queries = [
      'sum(orders_waiting)',
      'orders_waiting{queue="a"}',
      'scalar(sum(orders_waiting))',
      'orders_waiting',
      'absent',
      'sum(',
    ];
    const found = await source.read(queries.map((query) => ask(url, query)));
    expect(found.slice(0, 3)).toEqual([{ value: 42 }, { value: 30 }, { value: 42 }]);
    expect(found.slice(3).map(({ value, note }) => [value, note])).toEqual([
      [null, 'Prometheus: the query gives 2 series; sum() makes one of them'],
      [null, 'Prometheus: the query gives no series (a metric that is absent, or no longer scraped)'],
      [null, expect.stringContaining('parse error')],
    ]);
  });

  it('is unknown once the metric is not scraped any more', { timeout: 30_000 }, async () => {
    app.close();
    app.closeAllConnections();
    const read = async () => (await source.read([ask(url, 'sum(orders_waiting)')]))[0];
    expect(await until(read, (found) => found?.value === null, 20_000)).toMatchObject({
      value: null,
      note: expect.stringContaining('no series') as string,
    });
  });
});

describe('a Prometheus that is not there', () => {
  it('is unknown, with the reason', async () => {
    const source = new PrometheusQueries({ authorization: () => Promise.resolve(null) });
    const [found] = await source.read([ask(`http://127.0.0.1:${await freePort()}`, 'up')]);
    expect(found).toEqual({ value: null, note: expect.stringContaining('ECONNREFUSED') as string });
  });
});
