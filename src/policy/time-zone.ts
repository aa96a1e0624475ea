/** What clocks show where, by the time zone database that comes with Intl. */

const DAY_MS = 24 * 3600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether it is the name of a zone, like `Europe/Berlin` or `UTC`. */
export function isTimeZone(name: string): boolean {
  // Offsets are taken by some runtimes and not by others, and know no summer time.
  if (!/^[a-z]/i.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a clock in the zone shows at an instant, in the form of `Date.UTC`: whole seconds, no offset. */
export function clockAt(instant: number, zone: string): number {
  const parts = new Map<string, number>();
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts.set(type, Number(value));
  const part = (name: string): number => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/**
 * When a clock in the zone shows this. An hour that comes twice, when clocks are put back, has a first and a last
 * instant; a time that is left out, when they are put forward, is the moment of that.
 */
export function instantsOf(clock: number, zone: string): { first: number; last: number } {
  const offsets = [clock - DAY_MS, clock + DAY_MS].map((near) => clockAt(near, zone) - near);
  const found = offsets.map((offset) => clock - offset).filter((at) => clockAt(at, zone) === clock);
  if (found.length > 0) return { first: Math.min(...found), last: Math.max(...found) };
  const after = Math.max(...offsets);
  let [before, jump] = [clock - after, clock - Math.min(...offsets)];
  while (jump - before > 1000) {
    const middle = Math.floor((before + jump) / 2000) * 1000;
    if (clockAt(middle, zone) - middle === after) jump = middle;
    else before = middle;
  }
  return { first: jump, last: jump };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
}
