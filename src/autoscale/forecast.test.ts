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
    expect(calm.method).toBe('mean');
    // 95 of 100 are below 145, of which 0.8 are to be in use
    expect(calm.headroom).toBeGreaterThan(1.05);
    expect(calm.headroom).toBeLessThan(1.25);
    expect(at(noisy, 130).perSecond).toBeLessThan(125);
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

  it('has headroom for jumps as long as they are recent, and never more than 1.6', () => {
    const jumpy = after(30, (seconds) => (Math.floor(seconds / 100) % 2 === 0 ? 50 : 400));
    expect(at(jumpy, 50).headroom).toBeGreaterThan(1.2);
    expect(at(jumpy, 50).headroom).toBeLessThanOrEqual(1.6);
    let { history, now } = jumpy;
    for (const end = now + 3 * 3600_000; now < end; now += LOOP_MS)
      history = rememberArrivals(history, 50, SETTING, now);
    expect(forecastArrivals(history, 50, SETTING, now)).toMatchObject({ perSecond: 50, headroom: 1 });
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
