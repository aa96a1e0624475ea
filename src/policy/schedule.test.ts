import { describe, expect, it } from 'vitest';
import { parseCron, startsOn } from './cron.js';
import { decodeLabels } from './labels.js';
import { scheduledBounds } from './schedule.js';
import { clockAt, instantsOf, isTimeZone } from './time-zone.js';

const ON = { 'scalectl.autoscale': 'true', 'scalectl.max': '10', 'scalectl.cpu.target': '70' };

function decode(schedules: Record<string, string>, more: Record<string, string> = {}) {
  const labels = Object.entries(schedules).map(([name, text]): [string, string] => [
    `scalectl.schedule.${name}`,
    text,
  ]);
  return decodeLabels('web', { ...ON, ...Object.fromEntries(labels), ...more }, 'replicated');
}

function bounds(schedules: Record<string, string>, zone: string, at: string) {
  const decoded = decode(schedules, { 'scalectl.timezone': zone });
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  return scheduledBounds(decoded.value.schedules ?? [], decoded.value.max, Date.parse(at));
}

const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';

describe('a window', () => {
  // 2026: Europe changes clocks on 29 March and 25 October at 01:00 UTC; New York on 8 March at 07:00 and on
  // 1 November at 06:00 UTC.
  it.each<[what: string, schedule: string, zone: string, at: string, open: boolean]>([
    ['opens to the second', '0 8 * * mon-fri 10h min=4', 'UTC', '2026-06-01T08:00:00Z', true],
    ['not before', '0 8 * * mon-fri 10h min=4', 'UTC', '2026-06-01T07:59:59.999Z', false],
    ['closes to the second', '0 8 * * mon-fri 10h min=4', 'UTC', '2026-06-01T18:00:00Z', false],
    ['not before that', '0 8 * * mon-fri 10h min=4', 'UTC', '2026-06-01T17:59:59Z', true],
    ['not on a Sunday', '0 8 * * mon-fri 10h min=4', 'UTC', '2026-05-31T12:00:00Z', false],
    ['in local summer', '0 8 * * * 1h min=4', BERLIN, '2026-07-01T06:30:00Z', true],
    ['in local winter', '0 8 * * * 1h min=4', BERLIN, '2026-01-15T07:30:00Z', true],
    ['not an hour early in winter', '0 8 * * * 1h min=4', BERLIN, '2026-01-15T06:30:00Z', false],
    [
      'over midnight into a day that is not named',
      '0 22 * * fri 8h min=4',
      'UTC',
      '2026-06-06T05:59:00Z',
      true,
    ],
    ['24 hours without a gap', '0 0 * * * 24h min=4', BERLIN, '2026-10-25T22:59:59Z', true],

    [
      'Berlin, forward: from the evening, before',
      '0 22 * * * 8h min=4',
      BERLIN,
      '2026-03-29T00:30:00Z',
      true,
    ],
    ['Berlin, forward: until 06:00 summer time', '0 22 * * * 8h min=4', BERLIN, '2026-03-29T03:59:59Z', true],
    ['Berlin, forward: and no longer', '0 22 * * * 8h min=4', BERLIN, '2026-03-29T04:00:00Z', false],
    ['Berlin, forward: 02:30 is 03:00', '30 2 * * * 1h min=4', BERLIN, '2026-03-29T01:00:00Z', true],
    ['Berlin, forward: not before', '30 2 * * * 1h min=4', BERLIN, '2026-03-29T00:59:59Z', false],
    [
      'Berlin, forward: until 03:30 by the clock',
      '30 2 * * * 1h min=4',
      BERLIN,
      '2026-03-29T01:29:59Z',
      true,
    ],
    ['Berlin, forward: and no longer', '30 2 * * * 1h min=4', BERLIN, '2026-03-29T01:30:00Z', false],
    [
      'Berlin, forward: wholly left out, as long',
      '10 2 * * * 20m min=4',
      BERLIN,
      '2026-03-29T01:19:59Z',
      true,
    ],
    ['Berlin, forward: and no longer', '10 2 * * * 20m min=4', BERLIN, '2026-03-29T01:20:00Z', false],

    ['Berlin, back: until 06:00 winter time', '0 22 * * * 8h min=4', BERLIN, '2026-10-25T04:59:59Z', true],
    ['Berlin, back: and no longer', '0 22 * * * 8h min=4', BERLIN, '2026-10-25T05:00:00Z', false],
    ['Berlin, back: begins at the first 02:30', '30 2 * * * 1h min=4', BERLIN, '2026-10-25T00:30:00Z', true],
    [
      'Berlin, back: without a gap at the second 02:00',
      '30 2 * * * 1h min=4',
      BERLIN,
      '2026-10-25T01:10:00Z',
      true,
    ],
    ['Berlin, back: until 03:30', '30 2 * * * 1h min=4', BERLIN, '2026-10-25T02:29:59Z', true],
    ['Berlin, back: and no longer', '30 2 * * * 1h min=4', BERLIN, '2026-10-25T02:30:00Z', false],
    ['Berlin, back: ends at the last 02:30', '30 1 * * * 1h min=4', BERLIN, '2026-10-25T01:29:59Z', true],
    ['Berlin, back: and does not come again', '30 1 * * * 1h min=4', BERLIN, '2026-10-25T01:30:00Z', false],

    ['New York, forward: until 06:00', '0 22 * * * 8h min=4', NEW_YORK, '2026-03-08T09:59:59Z', true],
    ['New York, forward: and no longer', '0 22 * * * 8h min=4', NEW_YORK, '2026-03-08T10:00:00Z', false],
    ['New York, forward: 02:30 is 03:00', '30 2 * * * 2h min=4', NEW_YORK, '2026-03-08T07:00:00Z', true],
    ['New York, forward: not before', '30 2 * * * 2h min=4', NEW_YORK, '2026-03-08T06:59:59Z', false],
    ['New York, back: the first 01:15', '15 1 * * * 30m min=4', NEW_YORK, '2026-11-01T05:15:00Z', true],
    ['New York, back: the last 01:44', '15 1 * * * 30m min=4', NEW_YORK, '2026-11-01T06:44:59Z', true],
    ['New York, back: and no longer', '15 1 * * * 30m min=4', NEW_YORK, '2026-11-01T06:45:00Z', false],
    ['New York, back: until 06:00', '0 22 * * * 8h min=4', NEW_YORK, '2026-11-01T10:59:59Z', true],
    ['New York, back: and no longer', '0 22 * * * 8h min=4', NEW_YORK, '2026-11-01T11:00:00Z', false],
  ])('%s', (_, schedule, zone, at, open) => {
    expect(bounds({ it: schedule }, zone, at) !== null).toBe(open);
  });

  it('must be open for as long as its clock says on every day of a year', () => {
    const hours: Record<string, number> = {};
    for (
      let at = Date.parse('2026-01-01T12:00:00Z');
      at < Date.parse('2027-01-01T12:00:00Z');
      at += 3_600_000
    ) {
      const instant = new Date(at).toISOString();
      if (bounds({ night: '0 22 * * * 8h min=4' }, BERLIN, instant) === null) continue;
      const night = new Date(clockAt(at, BERLIN) - 6 * 3_600_000).toISOString().slice(0, 10);
      hours[night] = (hours[night] ?? 0) + 1;
    }
    const odd = Object.entries(hours).filter(([, count]) => count !== 8);
    expect(odd).toEqual([
      ['2026-03-28', 7],
      ['2026-10-24', 9],
    ]);
  });
});

describe('several windows', () => {
  const NOON = '2026-06-01T12:00:00Z';
  it.each<[string, Record<string, string>, object | null]>([
    ['none is open', { a: '0 8 * * * 1h min=4' }, null],
    [
      'a floor',
      { a: '0 8 * * * 10h min=4' },
      { min: 4, max: 10, text: 'the schedule a wants at least 4 until 18:00 (UTC)' },
    ],
    ['the larger floor', { a: '0 8 * * * 10h min=4', b: '0 9 * * * 9h min=6' }, { min: 6, max: 10 }],
    [
      'a fixed count before a floor',
      { a: '0 8 * * * 10h min=8', b: '0 12 * * * 30m replicas=3' },
      { min: 3, max: 3, text: 'the schedule b wants exactly 3 until 12:30 (UTC)' },
    ],
    [
      'the larger fixed count',
      { a: '0 8 * * * 10h replicas=3', b: '0 8 * * * 9h replicas=5' },
      { min: 5, max: 5 },
    ],
  ])('%s', (_, schedules, expected) => {
    const found = bounds(schedules, 'UTC', NOON);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });
});

describe('cron', () => {
  it.each<[string, string, string[]]>([
    ['*/30 8-9 * * *', '2026-06-01', ['08:00', '08:30', '09:00', '09:30']],
    ['0 0,12 1 * *', '2026-06-01', ['00:00', '12:00']],
    ['0 0 2 * *', '2026-06-01', []],
    ['0 0 2 * mon', '2026-06-01', ['00:00']],
    ['0 0 * jun MON', '2026-06-01', ['00:00']],
    ['0 0 * jul mon', '2026-06-01', []],
    ['0 0 * * 7', '2026-05-31', ['00:00']],
    ['0 0 29 feb *', '2028-02-29', ['00:00']],
    ['10-30/10 5 * * *', '2026-06-01', ['05:10', '05:20', '05:30']],
  ])('"%s" on %s', (text, day, starts) => {
    const cron = parseCron(text.split(' '));
    if (typeof cron === 'string') throw new Error(cron);
    const found = startsOn(cron, Date.parse(`${day}T00:00:00Z`));
    expect(found.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(starts);
  });
});

describe('the labels of schedules', () => {
  it.each<[string, Record<string, string>, string]>([
    ['too few words', { 'schedule.a': '0 8 * * * min=4' }, 'is no schedule'],
    ['too many words', { 'schedule.a': '0 8 * * * for 1h min=4' }, 'is no schedule'],
    ['an hour too late', { 'schedule.a': '0 24 * * * 1h min=4' }, 'has "24" for the hour'],
    [
      'a day of no month',
      { 'schedule.a': '0 0 31 apr,jun * 1h min=4' },
      'names a day that its months do not have',
    ],
    [
      'a range backwards',
      { 'schedule.a': '0 0 * * fri-mon 1h min=4' },
      'has "fri-mon" for the day of the week',
    ],
    ['a step of nothing', { 'schedule.a': '*/0 0 * * * 1h min=4' }, 'has "*/0" for the minute'],
    ['no duration', { 'schedule.a': '0 0 * * * 1d min=4' }, '"1d" is not a duration'],
    ['too long', { 'schedule.a': '0 0 * * * 25h min=4' }, '"25h" is longer than 24h'],
    ['too short', { 'schedule.a': '0 0 * * * 59s min=4' }, 'lasts less than a minute'],
    ['another aim', { 'schedule.a': '0 0 * * * 1h max=4' }, 'ends in "max=4"'],
    ['no number', { 'schedule.a': '0 0 * * * 1h min=four' }, '"four" is not a whole number of replicas'],
    ['above max', { 'schedule.a': '0 0 * * * 1h min=11' }, 'asks for 11 replicas, and scalectl.max is 10'],
    ['a floor that is there', { 'schedule.a': '0 0 * * * 1h min=1' }, 'changes nothing: scalectl.min is 1'],
    ['below min', { 'schedule.a': '0 0 * * * 1h replicas=0' }, 'asks for 0 replicas, and scalectl.min is 1'],
    [
      'a place in no zone',
      { 'schedule.a': '0 0 * * * 1h min=2', timezone: 'Berlin' },
      '"Berlin" is no time zone',
    ],
    ['an offset', { 'schedule.a': '0 0 * * * 1h min=2', timezone: '+02:00' }, '"+02:00" is no time zone'],
    ['a zone alone', { timezone: 'Europe/Berlin' }, 'stands without a schedule'],
    ['a schedule without a name', { 'schedule.': '0 0 * * * 1h min=2' }, 'is no label that scalectl knows'],
  ])('must not have %s', (_, labels, message) => {
    const own = Object.entries(labels).map(([key, value]): [string, string] => [`scalectl.${key}`, value]);
    const decoded = decodeLabels('web', { ...ON, ...Object.fromEntries(own) }, 'replicated');
    if (decoded.kind !== 'invalid') throw new Error(decoded.kind);
    expect(decoded.problems).toHaveLength(1);
    expect(decoded.problems[0].message).toContain(message);
  });
});

describe('time zones', () => {
  it('must be known by name', () => {
    expect(['UTC', BERLIN, 'Asia/Kathmandu'].map(isTimeZone)).toEqual([true, true, true]);
    expect(['', 'Nowhere/City', '-05:00'].map(isTimeZone)).toEqual([false, false, false]);
  });

  it.each([
    ['2026-03-29T02:30:00Z', '2026-03-29T01:00:00.000Z', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25T02:30:00Z', '2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'],
    ['2026-10-25T03:00:00Z', '2026-10-25T02:00:00.000Z', '2026-10-25T02:00:00.000Z'],
    ['2026-07-01T12:00:00Z', '2026-07-01T10:00:00.000Z', '2026-07-01T10:00:00.000Z'],
  ])('must say when the clocks of Berlin show %s', (clock, first, last) => {
    const found = instantsOf(Date.parse(clock), BERLIN);
    expect([found.first, found.last].map((at) => new Date(at).toISOString())).toEqual([first, last]);
  });
});
