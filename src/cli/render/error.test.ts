import { describe, expect, it } from 'vitest';
import { FailedError, UserError } from '../../errors.js';
import { errorText } from './error.js';

const text = (error: unknown, given: Partial<Parameters<typeof errorText>[1]> = {}) =>
  errorText(error, { json: false, debug: false, ...given });

describe('an error as text', () => {
  it('must say where, what, and what to do', () => {
    expect(text(new UserError('"x" is no number', { place: '--tail', hint: 'Give a number.' }))).toBe(
      'error: --tail: "x" is no number\n  Give a number.\n',
    );
    expect(text(new FailedError('it did not work'))).toBe('error: it did not work\n');
  });

  it('must name all that is wrong', () => {
    const error = UserError.of([
      { place: 'a:1:1', message: 'first', hint: 'Mend it.' },
      { place: 'a:2:1', message: 'second' },
    ]);
    expect(text(error)).toBe('error: a:1:1: first\n  Mend it.\nerror: a:2:1: second\n');
  });

  it('must admit a bug, and show where only when asked', () => {
    const bug = new TypeError('x is undefined');
    expect(text(bug)).toBe(
      'error: unexpected: x is undefined\n  This is a bug in scalectl. SCALECTL_DEBUG=1 shows where.\n',
    );
    expect(text(bug, { debug: true })).toContain('error.test.ts');
    expect(text('just text')).toContain('unexpected: just text');
  });
});

describe('an error as JSON', () => {
  const json = (error: unknown) => JSON.parse(text(error, { json: true })) as unknown;

  it('must be one line with all of it', () => {
    const error = UserError.of([
      { place: 'a:1:1', message: 'first', hint: 'Mend it.' },
      { place: 'a:2:1', message: 'second' },
    ]);
    expect(text(error, { json: true }).trimEnd()).not.toContain('\n');
    expect(json(error)).toEqual({
      apiVersion: 'scalectl/v1',
      kind: 'Error',
      exitCode: 2,
      message: 'first',
      place: 'a:1:1',
      hint: 'Mend it.',
      others: [{ place: 'a:2:1', message: 'second' }],
    });
  });

  it('must have null for what it does not have', () => {
    expect(json(new FailedError('no'))).toMatchObject({ exitCode: 1, place: null, hint: null, others: [] });
    expect(json(new Error('bug'))).toMatchObject({ exitCode: 1, message: 'bug' });
  });
});
