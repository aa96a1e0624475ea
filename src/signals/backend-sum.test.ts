import { describe, expect, it } from 'vitest';
import { sumBackend, type BackendSample, type BackendSpan } from './backend-sum.js';

const sample = (seconds: number, more: Partial<BackendSample> = {}): BackendSample => ({
  atMs: seconds * 1_000,
  requests: 0,
  perSecond: 0,
  queued: 0,
  sessions: 0,
  responseMs: 0,
  answers: 0,
  answers5xx: 0,
  ...more,
});

const span = (...samples: [BackendSample, ...BackendSample[]]): BackendSpan => ({
  now: samples.at(-1)!,
  before: samples.slice(0, -1),
  recent: samples.slice(0, -1),
});

/** Ticks after 0 and 5 s with 10 requests each second between them, and a look each half second since then. */
const looks = (...arrived: number[]): BackendSpan => {
  const before = [sample(0), sample(5, { requests: 50 })];
  let requests = 50;
  const since = arrived.map((count, index) => sample(5.5 + index / 2, { requests: (requests += count) }));
  return { now: since.at(-1)!, before, recent: [before[1]!, ...since.slice(0, -1)] };
};

describe('requests per second', () => {
  it.each<[string, BackendSpan[], object]>([
    ['first reading', [span(sample(0, { perSecond: 7 }))], { value: 7, note: 'over the last second' }],
    ['growth', [span(sample(0, { requests: 100 }), sample(5, { requests: 150 }))], { value: 10 }],
    [
      'over two balancers',
      [
        span(sample(0, { requests: 100 }), sample(5, { requests: 150 })),
        span(sample(0, { requests: 1 }), sample(5, { requests: 6 })),
      ],
      { value: 11 },
    ],
    [
      'a balancer that is new',
      [
        span(sample(0, { requests: 100 }), sample(5, { requests: 150 })),
        span(sample(5, { requests: 999, perSecond: 4 })),
      ],
      { value: 14, note: 'over the last second' },
    ],
    [
      'a counter that began anew',
      [span(sample(0, { requests: 1e6 }), sample(5, { requests: 20 }))],
      { value: 4 },
    ],
    [
      'readings of one moment: from the earlier one',
      [span(sample(0, { requests: 100 }), sample(4.5, { requests: 140 }), sample(5, { requests: 150 }))],
      { value: 10 },
    ],
    [
      'the newest that is old enough',
      [span(sample(0, { requests: 0 }), sample(5, { requests: 100 }), sample(10, { requests: 110 }))],
      { value: 2 },
    ],
    [
      'not told',
      [span(sample(0, { perSecond: null }))],
      { value: null, note: 'HAProxy does not tell the rate' },
    ],
  ])('%s', (_, spans, expected) => {
    expect(sumBackend('requests', spans)).toMatchObject(expected);
  });
});

describe('requests per second, with looks between two ticks', () => {
  it.each<[string, BackendSpan, number]>([
    ['enough since a look of two seconds ago', looks(50, 50, 50, 50, 60, 60, 60, 60), 120],
    ['enough only since a look of three', looks(50, 50, 40, 40, 40, 40, 40, 40), 80],
    ['never enough', looks(5, 5, 5, 5, 4, 4, 4, 4), 9],
  ])('%s', (_, seen, perSecond) => {
    expect(sumBackend('requests', [seen])).toEqual({
      value: expect.closeTo(perSecond, 9) as number,
      queued: 0,
    });
  });
});

describe('a step of load between two ticks', () => {
  // 5 are expected in half a second, and up to 5 + 4 sqrt(5) = 13.9 are chance.
  it.each<[string, BackendSpan[], number]>([
    ['no step', [looks(5, 5, 5, 5, 5)], 10],
    ['seen by three looks: their rate, and not that since the last tick', [looks(5, 5, 25, 25, 25)], 50],
    ['seen by two looks only: a page with its pictures', [looks(5, 5, 5, 25, 25)], 26],
    ['a single look: the same', [looks(5, 5, 5, 5, 45)], 26],
    ['just within chance', [looks(5, 5, 13, 13, 13)], 19.6],
    ['just beyond', [looks(5, 5, 14, 14, 14)], 28],
    ['over', [looks(5, 25, 25, 25, 5)], 34],
    ['of one of two balancers', [looks(5, 5, 5, 5, 5), looks(5, 5, 25, 25, 25)], 60],
    [
      'of both together, where each alone would be chance',
      [looks(5, 5, 12, 12, 12), looks(5, 5, 12, 12, 12)],
      48,
    ],
    [
      'before the second tick: nothing to compare with',
      [{ ...looks(5, 5, 25, 25, 25), before: [sample(5, { requests: 50 })] }],
      34,
    ],
    ['too few looks', [{ ...looks(25, 25, 25, 25), recent: looks(25, 25, 25, 25).recent.slice(-1) }], 50],
  ])('%s', (_, spans, expected) => {
    expect(sumBackend('requests', spans).value).toBeCloseTo(expected, 9);
  });

  it('says that it was one', () => {
    expect(sumBackend('requests', [looks(5, 5, 25, 25, 25)]).note).toBe(
      'a step of load, seen between two ticks',
    );
    expect(sumBackend('requests', [looks(5, 5, 5, 5, 5)]).note).toBeUndefined();
  });
});

describe('response time and errors', () => {
  it('weighs each balancer by its requests', () => {
    const slow = span(sample(0, { requests: 0 }), sample(5, { requests: 10, responseMs: 400 }));
    const fast = span(sample(0, { requests: 0 }), sample(5, { requests: 30, responseMs: 100 }));
    expect(sumBackend('response', [slow, fast])).toEqual({ value: 175 });
  });

  it('does not take the last time for the present one when nothing comes', () => {
    const idle = span(sample(0, { requests: 10 }), sample(5, { requests: 10, responseMs: 9_000 }));
    expect(sumBackend('response', [idle])).toEqual({ value: 0, note: 'no request came' });
  });

  it('counts errors over half a minute, and says when there is too little to go by', () => {
    const spans = (answers: number, answers5xx: number) => [
      span(
        sample(0, { answers: 1_000, answers5xx: 900 }),
        sample(40, { answers: 1_000, answers5xx: 900 }),
        sample(65, { answers: 1_000 + answers, answers5xx: 900 + answers5xx }),
      ),
    ];
    expect(sumBackend('errors', spans(100, 5))).toEqual({ value: 5 });
    expect(sumBackend('errors', spans(19, 19))).toEqual({ value: 0, note: 'too few answers to tell (19)' });
    expect(sumBackend('errors', [span(sample(0))])).toEqual({ value: null, note: 'only one reading yet' });
  });
});
