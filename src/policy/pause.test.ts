import { describe, expect, it } from 'vitest';
import { pauseText, readPause, writePause } from './pause.js';

const NOON = Date.parse('2026-01-31T12:00:00Z');

describe('a pause', () => {
  it.each([
    ['no label', undefined, null],
    ['a time to come', '2026-01-31T12:00:01Z', 'paused until 2026-01-31T12:00:01Z'],
    ['the very time', '2026-01-31T12:00:00Z', null],
    ['a time that is over', '2026-01-31T11:00:00Z', null],
    ['a time elsewhere', '2026-01-31T12:30:00+01:00', null],
    ['no end', 'resumed', 'paused until it is resumed'],
    ['what is no time', 'tomorrow noon', 'paused until it is resumed'],
  ])('by %s', (_, text, said) => {
    const pause = readPause(text === undefined ? {} : { 'scalectl.paused-until': text }, NOON);
    expect(pause === null ? null : pauseText(pause)).toBe(said);
  });

  it('must be read as it was written', () => {
    for (const pause of [{ until: '2026-01-31T12:30:00.000Z' }, { until: null }])
      expect(readPause(writePause(pause), NOON)).toEqual(pause);
  });
});
