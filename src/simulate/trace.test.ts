import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { parseTrace, perSecond, scaleToPeak } from './trace.js';

const HEADER = 't_seconds,value\n';

describe('a trace', () => {
  it('of counts becomes rates per second', () => {
    const trace = parseTrace('load.csv', `${HEADER}0,10\n5,20\n10,0\n`);
    expect(trace.bucketSeconds).toBe(5);
    expect([...trace.rates]).toEqual([2, 4, 0]);
    expect([...perSecond(trace, true)]).toEqual([2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0]);
  });

  it('goes in straight lines between the middles of its buckets', () => {
    const trace = parseTrace('load.csv', `${HEADER}0,10\n5,20\n10,0\n`);
    const rates = [...perSecond(trace)].map((rate) => Math.round(rate * 100) / 100);
    expect(rates).toEqual([2, 2, 2, 2.4, 2.8, 3.2, 3.6, 4, 3.2, 2.4, 1.6, 0.8, 0, 0, 0]);
  });

  it('may begin at any time, and a bucket that is missing is as the one before', () => {
    const trace = parseTrace('load.csv', `${HEADER}100,10\r\n105,20\r\n115,5\r\n`);
    expect([...trace.rates]).toEqual([2, 4, 4, 1]);
  });

  it('of Prometheus adds its series up and skips NaN', () => {
    const values = (...all: string[]) => all.map((value, index) => [1700000000 + 15 * index, value]);
    const result = [{ values: values('1', '2', 'NaN') }, { values: values('0.5', '0', '3') }];
    const trace = parseTrace(
      'p.json',
      JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }),
    );
    expect(trace.bucketSeconds).toBe(15);
    expect([...trace.rates]).toEqual([1.5, 2, 3]);
  });

  it('of jobs keeps each of them', () => {
    const trace = parseTrace('jobs.csv', 't_seconds,job_seconds\n2.5,4\n2.0,1\n4.1,0.2\n');
    expect([...(trace.jobs?.at ?? [])].map((at) => Math.round(at * 10) / 10)).toEqual([0, 0.5, 2.1]);
    expect([...(trace.jobs?.seconds ?? [])]).toEqual([1, 4, 0.2]);
    expect([...trace.rates]).toEqual([2, 0, 1]);
  });

  it('is scaled by its 99.9th percentile', () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `${index},${index === 0 ? 1000 : 10}`);
    const scaled = scaleToPeak(parseTrace('load.csv', HEADER + lines.join('\n')), 50);
    expect(scaled.rates[1]).toBe(50);
    expect(scaled.rates[0]).toBe(5000);
  });

  it.each<[string, string, string]>([
    ['0,1\n1,2\n', 'load.csv:1', '"0,1" is not the header of a trace'],
    [`${HEADER}0,1\n1\n`, 'load.csv:3', '"1" is not a time and a number'],
    [`${HEADER}0,1\n1,-2\n`, 'load.csv:3', '"1,-2" is not a time and a number'],
    [`${HEADER}0,1\n1,x\n`, 'load.csv:3', '"1,x" is not a time and a number'],
    [`${HEADER}0,1\n1,\n`, 'load.csv:3', '"1," is not a time and a number'],
    [`${HEADER}0,1\n`, 'load.csv', 'has one value'],
    [HEADER, 'load.csv', 'has no values'],
    [`${HEADER}5,1\n5,2\n`, 'load.csv', 'time 5 does not come after the one before'],
    [`${HEADER}0,1\n1,1\n99999999,1\n`, 'load.csv', 'is 1157 days long'],
    ['{', 'load.csv', "is no JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
    [
      '{"data":{"resultType":"vector","result":[]}}',
      'load.csv',
      'is not the answer to a range query of Prometheus',
    ],
  ])('refuses %j', (text, place, message) => {
    let thrown: unknown;
    try {
      parseTrace('load.csv', text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ place });
    expect((thrown as UserError).message).toContain(message.slice(0, 40));
  });

  it('without arrivals cannot be scaled', () => {
    expect(() => scaleToPeak(parseTrace('load.csv', `${HEADER}0,0\n1,0\n`), 50)).toThrow('no arrivals');
  });
});
