import { describe, expect, it } from 'vitest';
import { forecastArrivals, rememberArrivals, type ArrivalHistory } from './forecast.js';

const LOOP_MS = 5_000;
const SETTING = { horizonMs: 65_000, goal: 0.8 };

/** mulberry32 */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The history that a load leaves behind, and the time after it. */
function after(minutes: number, load: (seconds: number) => number): { history: ArrivalHistory; now: number } {
  let history: ArrivalHistory | null = null;
  let now = 0;
  for (; now < minutes * 60_000; now += LOOP_MS)
    history = rememberArrivals(history, load(now / 1000), SETTING, now);
  return { history: history!, now };
}
const at = ({ history, now }: ReturnType<typeof after>, perSecond: number) =>
  forecastArrivals(history, perSecond, SETTING, now);

describe('the forecast', () => {
  it('is what arrives now while nothing was learned', () => {
    expect(forecastArrivals(null, 40, SETTING, 0)).toMatchObject({
      perSecond: 40,
      method: 'naive',
      headroom: 1,
    });
  });

  it('of a steady load is that load, without headroom', () => {
    expect(
      at(
        after(30, () => 100),
        100,
      ),
    ).toMatchObject({ perSecond: 100, headroom: 1 });
  });

  it('of a load that climbs goes on climbing', () => {
    const climbing = after(30, (seconds) => 100 + seconds / 2);
    const forecast = at(climbing, 1000);
    expect(forecast.method).toBe('trend');
    // half of the 32 that the load climbs within the horizon
    expect(forecast.perSecond).toBeGreaterThan(1010);
    expect(forecast.perSecond).toBeLessThan(1035);
  });

  it('of a load that falls is what still arrives', () => {
    const falling = after(30, (seconds) => 2000 - seconds);
    expect(at(falling, 200).perSecond).toBeGreaterThanOrEqual(200);
  });

  it('of noise is its mean, with headroom for what does not fit into the spare capacity', () => {
    const random = seededRandom(3);
    const noisy = after(60, () => 100 * (0.5 + random()));
    const calm = at(noisy, 70);
    expect(calm.method).toBe('fading');
    // The standard deviation of even noise from 50 to 150 is 29: 100 + 2.4 x 29 = 170, of which 0.8 are to be in use.
    expect(calm.headroom).toBeGreaterThan(1.3);
    expect(calm.headroom).toBeLessThan(1.5);
    expect(at(noisy, 145).perSecond).toBeLessThan(170);
  });

  it('of noise hardly moves, so that the largest of a down window is no larger than the load needs', () => {
    const random = seededRandom(3);
    const noise = () => 100 * (0.5 + random());
    let { history, now } = after(60, noise);
    const forecasts: number[] = [];
    for (const end = now + 240_000; now < end; now += LOOP_MS) {
      const seen = noise();
      forecasts.push(forecastArrivals(history, seen, SETTING, now).perSecond);
      history = rememberArrivals(history, seen, SETTING, now);
    }
    const mean = forecasts.reduce((sum, one) => sum + one, 0) / forecasts.length;
    expect(Math.max(...forecasts) / mean).toBeLessThan(1.05);
  });

  const errors = { naive: 900, trend: 900, fading: 900 };
  it.each<[keyof typeof errors, number, number, number]>([
    // the best method, the mean square of its errors and of its shortfalls, what to be ready for when 100 arrive
    ['naive', 400, 200, 118.4], // (100 + 2.4 x 20) x 0.8
    ['trend', 400, 200, 118.4],
    ['fading', 400, 200, 118.4],
    ['fading', 400, 25, 100], // twice the root of 25, and 124 fit into what 100 leave unused anyway
    ['fading', 400, 64, 110.72], // (100 + 2.4 x 2 x 8) x 0.8
    ['fading', 40_000, 20_000, 400], // (100 + 480) x 0.8 would be 464
  ])('by %s, off by squares of %d and short by %d, is ready for %d', (method, error, shortfall, expected) => {
    const history: ArrivalHistory = {
      at: 0,
      level: 100,
      slope: 0,
      mean: 100,
      pending: [],
      errors: { naive: 1e6, trend: 1e6, fading: 1e6, [method]: error },
      shortfalls: { ...errors, [method]: shortfall },
      learned: 1,
    };
    const forecast = forecastArrivals(history, 100, SETTING, LOOP_MS);
    expect(forecast.method).toBe(method);
    expect(forecast.perSecond).toBeCloseTo(expected, 9);
    expect(forecast.headroom).toBeCloseTo(expected / 100, 9);
  });

  /** 100 per second with a standard deviation of 20. */
  const noise: ArrivalHistory = {
    ...rememberArrivals(null, 100, SETTING, 0),
    errors: { naive: 1e6, trend: 1e6, fading: 400 },
    shortfalls: { naive: 400, trend: 400, fading: 400 },
    learned: 1,
  };

  it('expects less of a burst to be left, the longer a replica takes', () => {
    const after = (horizonMs: number) => forecastArrivals(noise, 120, { ...SETTING, horizonMs }, 1);
    expect(after(10_000).perSecond).toBeCloseTo((110 + 2.4 * 20) * 0.8, 3);
    expect(after(90_000).perSecond).toBeCloseTo((102 + 2.4 * 20) * 0.8, 3);
  });

  it('keeps replicas for a little more than what they are ordered for, where that is noise', () => {
    const noisy = forecastArrivals(noise, 100, SETTING, 1);
    expect(noisy.keptFor).toBeCloseTo(1.03 * noisy.perSecond, 9);
    const jump = forecastArrivals(noise, 300, SETTING, 1);
    expect(jump).toMatchObject({ perSecond: 300, keptFor: 309 });
    const steady = after(30, () => 100);
    expect(at(steady, 100)).toMatchObject({ perSecond: 100, keptFor: 100 });
  });

  it('does not move with noise that fits into what replicas have to spare', () => {
    const random = seededRandom(3);
    const calm = after(60, () => 100 * (0.95 + random() / 10));
    expect(at(calm, 105).perSecond).toBeCloseTo(at(calm, 95).perSecond, 0);
  });

  it('counts errors of both signs to choose by, shortfalls for headroom, and the first as much as the second', () => {
    const begun = rememberArrivals(null, 90, SETTING, 0);
    const pending = { naive: 95, trend: 90, fading: 110 };
    const first = rememberArrivals(
      { ...begun, pending: [{ dueAt: 5_000, ...pending }] },
      100,
      SETTING,
      5_000,
    );
    expect(first.errors).toEqual({ naive: 25, trend: 100, fading: 100 });
    // Where the trend falls, what arrives counts instead of it.
    expect(first.shortfalls).toEqual({ naive: 25, trend: 25, fading: 0 });
    const second = rememberArrivals(
      { ...first, pending: [{ dueAt: 10_000, ...pending }] },
      105,
      SETTING,
      10_000,
    );
    expect(second.errors?.naive).toBeCloseTo((25 + 100) / 2, 0);
    expect(second.shortfalls?.fading).toBe(0);
  });

  it('counts of a jump a quarter of the forecast, or 3.5 deviations where those are more', () => {
    const begun = rememberArrivals(null, 90, SETTING, 0);
    const due = [{ dueAt: 5_000, naive: 40, trend: 40, fading: 40 }];
    const first = rememberArrivals({ ...begun, pending: due }, 400, SETTING, 5_000);
    expect(first.errors).toEqual({ naive: 100, trend: 100, fading: 100 });
    const noisy = { naive: 400, trend: 400, fading: 400 };
    const known = { ...begun, pending: due, errors: noisy, shortfalls: noisy, learned: 1 };
    const share = 1 - Math.exp(-5_000 / 1_200_000);
    const later = rememberArrivals(known, 400, SETTING, 5_000);
    expect(later.errors?.naive).toBeCloseTo(400 + share * (70 ** 2 - 400), 6);
  });

  it('has no headroom for a load that fell', () => {
    const fallen = after(10, (seconds) => (seconds < 300 ? 400 : 40));
    expect(at(fallen, 40)).toMatchObject({ perSecond: 40, headroom: 1 });
  });

  it('answers at once what is too much for noise', () => {
    const random = seededRandom(3);
    expect(
      at(
        after(60, () => 100 * (0.5 + random())),
        400,
      ).perSecond,
    ).toBe(400);
    expect(
      at(
        after(60, () => 100),
        400,
      ).perSecond,
    ).toBe(400);
  });

  it('has headroom for jumps as long as they are recent, and never more than 4', () => {
    const jumpy = after(30, (seconds) => (Math.floor(seconds / 100) % 2 === 0 ? 50 : 400));
    expect(at(jumpy, 50).headroom).toBeGreaterThan(1.2);
    expect(at(jumpy, 50).headroom).toBeLessThanOrEqual(4);
    let { history, now } = jumpy;
    for (const end = now + 3 * 3600_000; now < end; now += LOOP_MS)
      history = rememberArrivals(history, 50, SETTING, now);
    const calm = forecastArrivals(history, 50, SETTING, now);
    expect(calm.perSecond).toBeCloseTo(50, 4);
    expect(calm.headroom).toBe(1);
  });

  it('begins anew after a gap, and keeps what it learned of shortfalls', () => {
    const past = after(30, (seconds) => (Math.floor(seconds / 100) % 2 === 0 ? 50 : 400));
    const later = past.now + 120_000;
    expect(forecastArrivals(past.history, 80, SETTING, later)).toMatchObject({
      perSecond: 80,
      method: 'naive',
    });
    const history = rememberArrivals(past.history, 80, SETTING, later);
    expect(history.shortfalls).toBe(past.history.shortfalls);
    expect(forecastArrivals(history, 80, SETTING, later + LOOP_MS).headroom).toBeGreaterThan(1);
  });

  it('keeps a history that does not grow, and changes none', () => {
    const { history } = after(300, (seconds) => 100 + 50 * Math.sin(seconds / 600));
    expect(history.pending.length).toBeLessThanOrEqual(65 / 5);
    expect(JSON.stringify(history).length).toBeLessThan(6_000);
    const before = JSON.stringify(history);
    rememberArrivals(history, 5, SETTING, history.at + LOOP_MS);
    expect(JSON.stringify(history)).toBe(before);
  });

  it('never forecasts fewer when more arrive', () => {
    const random = seededRandom(9);
    for (let round = 0; round < 2_000; round++) {
      const [level, noise, slope] = [random() * 300, random(), (random() - 0.5) / 3];
      const past = after(4, (seconds) =>
        Math.max(0, (level + slope * seconds) * (1 + noise * (random() - 0.5))),
      );
      const fewer = random() * 500;
      const more = fewer + random() * 100;
      expect(at(past, more).perSecond).toBeGreaterThanOrEqual(at(past, fewer).perSecond);
    }
  });
});
