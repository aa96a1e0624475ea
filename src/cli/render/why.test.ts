import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { at, outcome } from '../../../test/support/outcomes.js';
import type { Why } from '../../daemon/why.js';
import { clockText } from './times.js';
import { whyText } from './why.js';
import { wrap } from './wrap.js';

const colour = new Chalk({ level: 0 });
const NOW = Date.parse(at(20));
const clock = (seconds: number): string => clockText(Date.parse(at(seconds)), NOW);

const QUEUE = {
  signal: 'queue jobs',
  value: null,
  unit: 'jobs',
  aim: '10 jobs per replica',
  need: null,
  coverage: null,
  ageMs: null,
  note: 'connect ECONNREFUSED 10.0.0.5:6379, and a very long explanation of it',
};

function why(more: Partial<Why> = {}): Why {
  const { decision, ...rest } = outcome({ from: 3, seconds: 18, standing: { running: 3, min: 2, max: 4 } });
  return {
    apiVersion: 'scalectl/v1',
    kind: 'Why',
    service: 'shop_web',
    at: at(20),
    source: { kind: 'daemon', address: '/run/x.sock', pid: 7 },
    note: null,
    policy: { state: 'on', problems: [] },
    desired: 3,
    paused: null,
    intervalMs: 5_000,
    last: {
      ...rest,
      decision: {
        ...decision,
        signals: [{ ...decision.signals[0]!, need: 7 }, QUEUE],
        adjustments: [
          { rule: 'up-step', before: 7, after: 5, text: 'the up step allows 5 for now' },
          { rule: 'max', before: 5, after: 4, text: 'max is 4' },
        ],
      },
    },
    lastScale: { at: at(0), from: 2, to: 3, reason: 'cpu at 96 %', by: 'autoscaler' },
    outlook: {
      desired: 3,
      signals: [
        { signal: 'cpu', unit: '%', value: 60, growsFrom: 77.1, shrinksFrom: 46.6 },
        { signal: 'queue jobs', unit: 'jobs', value: null, growsFrom: 31, shrinksFrom: 1 },
      ],
      up: { when: 'blocked', to: null, inMs: null, obstacles: [{ rule: 'max', text: 'max is 3' }] },
      down: {
        when: 'later',
        to: 2,
        inMs: 129_100,
        obstacles: [{ rule: 'down-window', text: 'the down window (5m) saw a need of 6' }],
      },
    },
    earlier: [],
    ...more,
  };
}

describe('the reasons, as people read them', () => {
  it('are the present, the decision step by step, and what would change it', () => {
    expect(whyText(why(), { colour, width: 200 })).toBe(`shop_web: 3 replicas, 2 to 4 allowed, 3 running
  last scaled 2 -> 3 at ${clock(0)}, 20s ago: cpu at 96 %
  says the daemon on this machine (process 7), which decides every 5s

hold at 3, decided 2s ago
  SIGNAL      VALUE  AGE  AIM                  NEED  COVERAGE  NOTE
  cpu          60 %   0s  target 70 %             7       2/2
  queue jobs      -    -  10 jobs per replica     -         -  connect ECONNREFUSED 10.0.0.5:6379, and a very long explanation of it
  need 7 -> up step 5 -> max 4
    up step: the up step allows 5 for now
    max: max is 4

what would change it
  up from 3: cpu at 77.1 % or more, or queue jobs at 31 jobs or more
    but not as things are: max is 3
  down from 3: cpu at 46.6 % or less, and queue jobs at 1 job or less
    not before ${clock(20 + 129)}, in 2m10s, then to 2: the down window (5m) saw a need of 6
`);
  });

  it('keep within a narrow terminal, and leave nothing out for it', () => {
    const text = whyText(why(), { colour, width: 80 });
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).toContain(
      '  queue jobs: connect ECONNREFUSED 10.0.0.5:6379, and a very long explanation of\n      it\n',
    );
  });

  it.each<[string, Partial<Why>, string]>([
    [
      'no policy',
      { policy: { state: 'none', problems: [] } },
      "  it has no policy, so nothing scales it. Give it one under deploy.labels:\n    scalectl.autoscale: 'true'\n",
    ],
    [
      'a policy that is off',
      { policy: { state: 'off', problems: [] } },
      '  its policy is off; turn it on with the label scalectl.autoscale=true\n',
    ],
    [
      'a wrong policy',
      {
        policy: { state: 'invalid', problems: [{ place: 'label x', message: 'is wrong', hint: 'Mend it.' }] },
      },
      'so it is left alone:\n    label x: is wrong. Mend it.\n',
    ],
    ['a pause', { paused: 'paused until it is resumed' }, '\n  paused until it is resumed\n'],
    ['a daemon elsewhere', { note: 'the daemon runs on manager2' }, '\n  the daemon runs on manager2\n'],
    [
      'one that is asked at its address',
      { source: { kind: 'api', address: 'https://m:9', pid: 1 } },
      '  says the daemon at https://m:9, which',
    ],
    [
      'a journal',
      { source: { kind: 'journal', address: '/x', lastWordAt: at(10) } },
      `the daemon is not running here; its last word is of ${clock(10)}, 10s ago.`,
    ],
    [
      'a daemon that was never there',
      { source: { kind: 'dry-run' } },
      'no daemon looks after it; this was decided just now, and not written',
    ],
    [
      'one that cannot be asked from here',
      { source: { kind: 'dry-run' }, note: 'the daemon runs on manager2' },
      '\n  this was decided just now, and not written\n  the daemon runs on manager2\n',
    ],
    [
      'an event between decisions',
      { earlier: [{ kind: 'event', at: at(5), type: 'engine-lost', text: 'the Engine is lost' }] },
      `before, newest first\n  ${clock(5)}  the Engine is lost\n`,
    ],
    [
      'decisions that say the same',
      {
        earlier: [
          {
            kind: 'decisions',
            firstAt: at(0),
            lastAt: at(55),
            count: 12,
            outcome: 'hold',
            from: 3,
            to: 3,
            action: { kind: 'none' },
            reasons: ['cpu at 60 %'],
            signals: [],
            adjustments: [],
          },
        ],
      },
      `  ${clock(0)}  12 x hold at 3 over 55s: cpu at 60 %\n`,
    ],
    [
      'a change that failed',
      {
        earlier: [
          {
            kind: 'decisions',
            firstAt: at(0),
            lastAt: at(0),
            count: 1,
            outcome: 'up',
            from: 3,
            to: 4,
            action: { kind: 'failed', message: 'no' },
            reasons: ['cpu at 90 %'],
            signals: [],
            adjustments: [],
          },
        ],
      },
      `  ${clock(0)}  up 3 -> 4 FAILED (no): cpu at 90 %\n`,
    ],
  ])('tell of %s', (_, more, expected) => {
    expect(whyText(why(more), { colour, width: 200 })).toContain(expected);
  });
});

describe('text that is wrapped', () => {
  it.each([
    ['short', 10, ['short']],
    ['  one two three', 9, ['  one two', '    three']],
    ['averylongword', 5, ['averylongword']],
    ['a averylongword b', 5, ['a', '  averylongword', '  b']],
  ])('%j within %d', (text, width, expected) => {
    expect(wrap(text, width, 2)).toEqual(expected);
  });
});
