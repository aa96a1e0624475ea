import { describe, expect, it } from 'vitest';
import { shared } from './shared.js';

describe('what two have in common', () => {
  it.each<[string, unknown, unknown]>([
    ['nothing', null, { a: 1 }],
    ['a number', { a: 1 }, { a: 1, b: 2 }],
    ['less than before', { a: 1, b: 2 }, { a: 1 }],
    ['another key', { a: 1 }, { b: 1 }],
    ['another kind', { a: [1] }, { a: { 0: 1 } }],
    ['a longer list', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }, 3] }],
    ['a shorter list', { a: [1, { b: 2 }] }, { a: [1] }],
    ['null for an object', { a: { b: 1 } }, { a: null }],
    ['a key without a value', { a: 1 }, { b: undefined }],
  ])('changes nothing of what is said: %s', (_, before, now) => {
    const said = structuredClone(now);
    expect(shared(before, now)).toStrictEqual(said);
    expect(now).toStrictEqual(said);
  });

  it('is that of the first', () => {
    const before = { a: { b: [1, 'x'] }, c: { d: 2 } };
    const other = shared(before, { a: { b: [1, 'x'] }, c: { d: 3 } });
    expect(other.a).toBe(before.a);
    expect(other.c).toEqual({ d: 3 });
    expect(shared(before, structuredClone(before))).toBe(before);
  });
});
