import { describe, expect, it } from 'vitest';
import { inOrder, predecessors } from './order.js';

const needs = (given: Record<string, string[]>) => new Map(Object.entries(given));

describe('what comes before a service', () => {
  it.each<[string, string[], Record<string, string[]>, Record<string, string[]>]>([
    ['is what it depends on', ['web', 'db'], { web: ['db'] }, { web: ['db'], db: [] }],
    ['is nothing that is not written', ['web'], { web: ['db'] }, { web: [] }],
    [
      'is also what stands behind one that is not written',
      ['web', 'db'],
      { web: ['api'], api: ['db'] },
      { web: ['db'], db: [] },
    ],
    [
      'is not what is waited for anyway',
      ['web', 'api', 'db'],
      { web: ['api'], api: ['db'] },
      { web: ['api'], api: ['db'], db: [] },
    ],
    ['is never itself', ['a', 'b'], { a: ['b'], b: ['a'] }, { a: ['b'], b: ['a'] }],
  ])('%s', (_, names, dependsOn, expected) => {
    expect(Object.fromEntries(predecessors(names, needs(dependsOn)))).toEqual(expected);
  });
});

describe('an order', () => {
  it.each<[string, string[], Record<string, string[]>, string[]]>([
    ['must be the one given where nothing depends on anything', ['b', 'a', 'c'], {}, ['b', 'a', 'c']],
    ['must have what is needed first', ['a', 'b', 'c'], { a: ['c'], b: ['a'] }, ['c', 'a', 'b']],
    [
      'must end where things go in a circle',
      ['a', 'b', 'c'],
      { a: ['b'], b: ['c'], c: ['a'] },
      ['c', 'b', 'a'],
    ],
  ])('%s', (_, names, before, expected) => {
    expect(inOrder(names, needs(before))).toEqual(expected);
  });
});
