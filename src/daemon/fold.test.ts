import { describe, expect, it } from 'vitest';
import { at, decisionEvent, type OutcomeOptions } from '../../test/support/outcomes.js';
import { changesOf } from './changes.js';
import { fold } from './fold.js';
import type { DecisionEntry, JournalEntry } from './journal-entry.js';

const decided = (seconds: number, options: OutcomeOptions = {}, repeats = 0) =>
  ({ event: decisionEvent({ seconds, ...options }), repeats }) as DecisionEntry;
const lost: JournalEntry = {
  event: { type: 'engine-lost', level: 'warn', at: at(12), message: 'gone' },
  repeats: 0,
};

describe('decisions that say the same', () => {
  const text = (entries: JournalEntry[]) =>
    fold(entries).map((one) =>
      one.kind === 'event'
        ? one.type
        : `${one.count} ${one.outcome} ${one.from}-${one.to} ${one.firstAt.slice(17, 19)}-${one.lastAt.slice(17, 19)}`,
    );

  it.each<[string, JournalEntry[], string[]]>([
    ['nothing', [], []],
    ['one', [decided(0)], ['1 hold 2-2 00-00']],
    ['several', [decided(0), decided(5), decided(10)], ['3 hold 2-2 00-10']],
    [
      'a change between',
      [decided(0), decided(5, { from: 2, to: 4 }), decided(10, { from: 4 })],
      ['1 hold 4-4 10-10', '1 up 2-4 05-05', '1 hold 2-2 00-00'],
    ],
    [
      'an event between',
      [decided(0), decided(5), lost, decided(15)],
      ['1 hold 2-2 15-15', 'engine-lost', '2 hold 2-2 00-05'],
    ],
    [
      'those without a line of their own',
      [decided(0), decided(30, {}, 5), decided(40, { from: 2, to: 3 }, 2)],
      ['1 up 2-3 40-40', '9 hold 2-2 00-30'],
    ],
  ])('%s', (_, entries, expected) => {
    expect(text(entries)).toEqual(expected);
  });
});

describe('changes of a count', () => {
  const text = (entries: DecisionEntry[]) =>
    changesOf(entries).map(
      ({ from, to, by, result, reason }) => `${from}-${to} by ${by}, ${result}: ${reason}`,
    );

  it.each<[string, DecisionEntry[], string[]]>([
    ['none', [decided(0), decided(5)], []],
    [
      'the autoscaler',
      [decided(0), decided(5, { from: 2, to: 4 }), decided(10, { from: 4 })],
      ['2-4 by autoscaler, done: cpu at 60 %'],
    ],
    [
      'somebody else',
      [decided(0), decided(5, { from: 5 })],
      ['2-5 by somebody else, done: changed by hand, or by a deploy'],
    ],
    [
      'one that failed, and was tried again',
      [
        decided(0, { from: 2, to: 4, action: { kind: 'failed', message: 'no' } }),
        decided(5, { from: 2, to: 4 }),
      ],
      ['2-4 by autoscaler, failed: no (cpu at 60 %)', '2-4 by autoscaler, done: cpu at 60 %'],
    ],
    [
      'a dry run',
      [decided(0, { from: 2, to: 4, action: { kind: 'would-scale', from: 2, to: 4 } }), decided(5)],
      [],
    ],
    [
      'a service that was made anew',
      [decided(0, { from: 6 }), decided(5, { from: 2, serviceId: 'other' })],
      [],
    ],
  ])('%s', (_, entries, expected) => {
    expect(text(entries)).toEqual(expected);
  });
});
