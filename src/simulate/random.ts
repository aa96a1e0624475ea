/** Chance from a seed, so that a simulation can be repeated and two policies meet the very same arrivals. */

export type Random = () => number;

/** Numbers in [0, 1). mulberry32 by Tommy Ettinger, public domain: 32 bits of state, passes gjrand's small tests. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Above this mean, the normal approximation of a Poisson count is off by less than a simulation can tell. */
const NORMAL_FROM = 30;

/** A Poisson count with the given mean: products of uniforms (Knuth) when it is small, else a rounded normal. */
export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean >= NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * standardNormal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}

/** An exponentially distributed number with the given mean. */
export function exponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - random());
}

/** Box-Muller. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
