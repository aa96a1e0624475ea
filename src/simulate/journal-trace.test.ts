import { describe, expect, it } from 'vitest';
import { parseTrace } from './trace.js';

const START = Date.parse('2026-06-01T12:00:00Z');

function line(seconds: number, service: string, ...signals: object[]): string {
  const at = new Date(START + seconds * 1000).toISOString();
  return JSON.stringify({ journal: 1, type: 'decision', at, outcome: { service, decision: { signals } } });
}

const requests = (value: number | null) => ({ signal: 'requests to app', unit: 'requests/s', value });
const cpu = (value: number, running: number) => ({
  signal: 'cpu',
  unit: '%',
  value,
  coverage: { sampled: running, running },
});
const jobs = (value: number) => ({ signal: 'queue jobs', unit: 'jobs', value });
const rates = (lines: string[], service: string | null = null) => [
  ...parseTrace('j.jsonl', lines.join('\n'), service).rates,
];

describe('a journal as a trace', () => {
  it('is what arrived, in means over 15 s; a bucket without a word is as the one before', () => {
    const lines = [
      JSON.stringify({ journal: 1, type: 'started', at: new Date(START).toISOString() }),
      line(0, 'web', cpu(99, 9), requests(10)),
      line(5, 'web', requests(20)),
      line(10, 'web', requests(null)),
      '{"journal":1,"type":"decision","at":"2026-0',
      line(45, 'web', requests(40)),
      '',
    ];
    expect(rates(lines)).toEqual([15, 15, 15, 40]);
  });

  it('is CPU use in whole replicas where no requests are counted, and else the queue', () => {
    const both = (seconds: number) => line(seconds, 'web', jobs(7), cpu(50, 4 + seconds / 15));
    expect(rates([both(0), both(15)])).toEqual([2, 2.5]);
    expect(rates([line(0, 'web', jobs(7)), line(15, 'web', jobs(9))])).toEqual([7, 9]);
  });

  it('may begin with half a line', () => {
    expect(rates(['ision"}', line(0, 'web', jobs(7)), line(15, 'web', jobs(9))])).toEqual([7, 9]);
  });

  it('is of the service that was named', () => {
    const lines = [0, 15].flatMap((at) => [line(at, 'shop_a', jobs(1)), line(at, 'shop_b', jobs(2))]);
    expect(rates(lines, 'shop_b')).toEqual([2, 2]);
    expect(rates(lines, 'b')).toEqual([2, 2]);
    expect(() => rates(lines)).toThrow('tells of several services');
    expect(() => rates(lines, 'c')).toThrow('"c" is not among its services');
  });

  it.each<[string, string[], string]>([
    ['decisions', [JSON.stringify({ journal: 1, type: 'started' })], 'has no decisions in it'],
    ['a load', [line(0, 'web', { signal: 'memory', unit: '%', value: 5 })], 'tells of no requests'],
    ['a second moment', [line(0, 'web', jobs(1)), line(5, 'web', jobs(1))], 'has one value'],
  ])('needs %s', (_, lines, message) => {
    expect(() => rates(lines)).toThrow(message);
  });

  it('has a service, other files have none', () => {
    expect(() => parseTrace('a.csv', 't_seconds,value\n0,1\n5,1\n', 'web')).toThrow('a.csv is no journal');
  });
});
