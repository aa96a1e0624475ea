import { describe, expect, it } from 'vitest';
import { goFloat, goScalar } from './go-scalars.js';

describe('an unquoted scalar', () => {
  it.each([
    ['0440', 288, '288'],
    ['0o17', 15, '15'],
    ['08', 8, '8'],
    ['0b11', 3, '3'],
    ['-0x1F', -31, '-31'],
    ['1_000', 1000, '1000'],
    ['+12', 12, '12'],
    ['-0', 0, '0'],
    ['12345678901234567890', 12345678901234567890, '12345678901234567890'],
    ['123456789012345678901234567890', 123456789012345678901234567890, '1.2345678901234568e+29'],
    ['1.50', 1.5, '1.5'],
    ['1e-7', 1e-7, '1e-07'],
    ['1.', 1, '1'],
    ['.5', 0.5, '0.5'],
    ['0123.5', 123.5, '123.5'],
  ])('%s must be the number %d, which reads as "%s"', (source, value, text) => {
    expect(goScalar(source)).toEqual({ kind: 'number', value: value === 0 ? 0 : value, text });
  });

  it.each(['0x', '0b', '_1', '1-2', '+', '1e400', '190:20:30', 'yes', 'tRUE', '.', '1_a', '--1', '0o8'])(
    '%s must be text',
    (source) => expect(goScalar(source)).toEqual({ kind: 'text', value: source, text: source }),
  );

  it.each([
    ['2020-01-01', '2020-01-01 00:00:00 +0000 UTC'],
    ['2020-1-1', '2020-01-01 00:00:00 +0000 UTC'],
    ['2020-01-01T1:2:3.120Z', '2020-01-01 01:02:03.12 +0000 UTC'],
    ['2020-01-01 10:00:00', '2020-01-01 10:00:00 +0000 UTC'],
    ['2020-01-01t10:00:00+02:00', '2020-01-01 10:00:00 +0200 +0200'],
    ['2024-02-29', '2024-02-29 00:00:00 +0000 UTC'],
  ])('%s must be a date, which reads as "%s"', (source, text) => {
    expect(goScalar(source)).toEqual({ kind: 'date', value: source, text });
  });

  it.each([
    '2020-13-01',
    '2023-02-29',
    '2020-04-31',
    '2020-01-01T10:00:00',
    '2020-01-01T24:00:00Z',
    '20-01-01',
  ])('%s must be no date', (source) => expect(goScalar(source).kind).toBe('text'));
});

describe('a float as text', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [100_000, '100000'],
    [1_000_000, '1e+06'],
    [123_456_789.5, '1.234567895e+08'],
    [1e100, '1e+100'],
    [-2.5e-10, '-2.5e-10'],
  ])('%d must be "%s"', (value, text) => expect(goFloat(value)).toBe(text));
});
