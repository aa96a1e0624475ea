/** Jobs with their times of arrival and sizes. */

import { exponential, poisson, type Random } from './random.js';

export interface Jobs {
  /** second of arrival, in order */
  at: Float64Array;
  /** how long a replica works at each */
  seconds: Float64Array;
}

/** Jobs at the given rates per second, of exponentially distributed size. */
export function drawJobs(rates: Float64Array, meanSeconds: number, random: Random): Jobs {
  const at: number[] = [];
  const seconds: number[] = [];
  for (let t = 0; t < rates.length; t++) {
    const count = poisson(rates[t] ?? 0, random);
    for (let index = 0; index < count; index++) {
      at.push(t + index / count);
      seconds.push(exponential(meanSeconds, random));
    }
  }
  return { at: Float64Array.from(at), seconds: Float64Array.from(seconds) };
}

/** Jobs that arrive in each second. */
export function arrivalsOf(jobs: Jobs, seconds: number): Float64Array {
  const arrivals = new Float64Array(seconds);
  for (const at of jobs.at) {
    const second = Math.floor(at);
    if (second < seconds) arrivals[second] = (arrivals[second] ?? 0) + 1;
  }
  return arrivals;
}

const SMOOTHED_SECONDS = 60;

/** Work that arrives per second, the mean over a minute around each: how many replicas it keeps busy. */
export function workRates(jobs: Jobs, seconds: number): Float64Array {
  const sums = new Float64Array(seconds + 1);
  jobs.at.forEach((at, index) => {
    const second = Math.floor(at) + 1;
    if (second <= seconds) sums[second] = (sums[second] ?? 0) + (jobs.seconds[index] ?? 0);
  });
  for (let t = 1; t <= seconds; t++) sums[t] = (sums[t] ?? 0) + (sums[t - 1] ?? 0);
  const rates = new Float64Array(seconds);
  for (let t = 0; t < seconds; t++) {
    const from = Math.max(0, t - SMOOTHED_SECONDS / 2);
    const to = Math.min(seconds, t + SMOOTHED_SECONDS / 2);
    rates[t] = ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from);
  }
  return rates;
}
