import { describe, expect, it } from 'vitest';
import { replicasNeeded, rateFor } from './demand.js';
import { elasticSpeedup, measure, type Measures } from './measures.js';
import { poisson, seededRandom } from './random.js';

describe('measures', () => {
  // Six seconds, worked out by hand.
  const needed = Int32Array.of(2, 2, 4, 4, 2, 2);
  const ready = Int32Array.of(2, 3, 3, 4, 4, 1);
  const desired = Int32Array.of(2, 3, 4, 4, 3, 4);
  const arrivals = Float64Array.of(10, 10, 20, 20, 10, 10);
  const late = Float64Array.of(0, 0, 5, 0.1, 0, 3);
  const all = measure({ needed, ready, desired, arrivals, late, from: 0 });

  it.each<[keyof Measures, number]>([
    ['violationPercent', (100 * 8.1) / 80],
    ['longestViolationSeconds', 1],
    ['replicaHours', 20 / 3600],
    ['thetaUnder', (100 / 6) * (1 / 4 + 1 / 2)],
    ['thetaOver', (100 / 6) * (1 / 2 + 2 / 2)],
    ['tauUnder', 200 / 6],
    ['tauOver', 200 / 6],
    // supply changes by 1 + 1 + 0 + 1 + 1, demand by 2 + 2
    ['jitterPerMinute', 0],
    // up, up, down, up
    ['reversalsPerHour', (2 * 3600) / 6],
  ])('%s', (name, expected) => {
    expect(all[name]).toBeCloseTo(expected, 9);
  });

  it('begin where they are told to', () => {
    const later = measure({ needed, ready, desired, arrivals, late, from: 4 });
    expect(later).toMatchObject({ violationPercent: 15, tauOver: 50, tauUnder: 50, reversalsPerHour: 0 });
  });

  it('the speedup is the geometric mean of four quotients, each floored', () => {
    const one = { ...all, thetaUnder: 1, thetaOver: 10, tauUnder: 2, tauOver: 80 };
    const other = { ...all, thetaUnder: 2, thetaOver: 10, tauUnder: 4, tauOver: 80 };
    expect(elasticSpeedup(one, other)).toBeCloseTo(4 ** (1 / 4), 9);
    const none = { ...one, thetaUnder: 0, tauUnder: 0 };
    expect(elasticSpeedup(none, other)).toBeCloseTo((40 * 80) ** (1 / 4), 9);
    expect(elasticSpeedup(one, one)).toBe(1);
  });
});

describe('need', () => {
  it.each([
    [0, 1, 0],
    [1, 1, 1],
    // ln(100) / 2 = 2.303 requests per second have to be spare
    [47.6, 1, 1],
    [47.8, 1, 2],
    [97.6, 1, 2],
    // with an SLO of 10 s only 0.23
    [49.7, 10, 1],
    [49.8, 10, 2],
  ])('%d requests per second within %d s', (rate, slo, replicas) => {
    expect(replicasNeeded(rate, 50, slo)).toBe(replicas);
  });

  it('and the rate that it carries are inverse', () => {
    for (const replicas of [1, 2, 10, 32])
      expect(replicasNeeded(rateFor(replicas, 50, 1), 50, 1)).toBe(replicas);
  });
});

describe('chance', () => {
  it.each([0.5, 5, 29, 31, 800])('Poisson counts of mean %d have that mean and variance', (mean) => {
    const random = seededRandom(7);
    const counts = Array.from({ length: 20_000 }, () => poisson(mean, random));
    const average = counts.reduce((sum, one) => sum + one, 0) / counts.length;
    const variance = counts.reduce((sum, one) => sum + (one - average) ** 2, 0) / counts.length;
    expect(Math.abs(average / mean - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.05);
  });
  it('is the same for the same seed', () => {
    const [one, same, other] = [seededRandom(1), seededRandom(1), seededRandom(2)];
    const first = one();
    expect(first).toBe(same());
    expect(first).not.toBe(other());
  });
});
