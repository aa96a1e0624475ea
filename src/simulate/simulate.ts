/** Replays a trace against a plant, once per policy, with the very same arrivals, and measures what came of it. */

import { replicasNeeded, rateFor } from './demand.js';
import { elasticSpeedup, measure, type Measures } from './measures.js';
import type { Setting } from './policies.js';
import { poisson, seededRandom } from './random.js';
import { loadOf, runRequests, type RequestRun } from './requests-plant.js';
import { perSecond, scaleToPeak, type Trace } from './trace.js';
import type { Scaler } from './view.js';

export interface SimulationOptions {
  /** requests per second that one replica serves */
  capacity: number;
  startupSeconds: number;
  sloSeconds: number;
  seed: number;
  /** scales the trace so that its 99.9th percentile needs so many; null leaves it as it is */
  peakReplicas: number | null;
  min: number;
  /** null: twice what the trace ever needs */
  max: number | null;
  /** second from which on is measured */
  evalFrom: number;
}

export interface PolicyToRun {
  name: string;
  make: (setting: Setting) => Scaler;
}

export interface PolicyResult extends Measures {
  name: string;
  /** against the baseline; 1 for itself */
  elasticSpeedup: number;
}

export interface SimulationResult {
  trace: { name: string; seconds: number; bucketSeconds: number; requests: number };
  baseline: string;
  policies: PolicyResult[];
  /** second by second, for drawing */
  demand: Int32Array;
  supply: Int32Array[];
}

export function simulateRequests(
  given: Trace,
  policies: readonly PolicyToRun[],
  baseline: string,
  options: SimulationOptions,
): SimulationResult {
  const { capacity, sloSeconds, startupSeconds, min } = options;
  const trace =
    options.peakReplicas === null
      ? given
      : scaleToPeak(given, rateFor(options.peakReplicas, capacity, sloSeconds));
  const rates = perSecond(trace);
  const needed = Int32Array.from(rates, (rate) => Math.max(min, replicasNeeded(rate, capacity, sloSeconds)));
  const max = options.max ?? 2 * maximum(needed);
  const random = seededRandom(options.seed);
  const load = loadOf(rates.map((rate) => poisson(rate, random)));
  const setting: Setting = { load: 'requests', needed, startupSeconds, min, max };
  const plant = { capacity, startupSeconds, sloSeconds, initial: needed[0] ?? min, min, max };
  const measured = policies.map(({ name, make }) => {
    const run = runRequests(load, make(setting), plant);
    return { name, run, measures: measureRun(run, needed, load.arrivals, options.evalFrom) };
  });
  const reference = measured.find(({ name }) => name === baseline)?.measures;
  return {
    trace: {
      name: trace.name,
      seconds: rates.length,
      bucketSeconds: trace.bucketSeconds,
      requests: load.sums.at(-1) ?? 0,
    },
    baseline,
    policies: measured.map(({ name, measures }) => ({
      name,
      ...measures,
      elasticSpeedup: reference === undefined ? 1 : elasticSpeedup(measures, reference),
    })),
    demand: needed,
    supply: measured.map(({ run }) => run.ready),
  };
}

function measureRun(run: RequestRun, needed: Int32Array, arrivals: Float64Array, from: number): Measures {
  return measure({ needed, ready: run.ready, desired: run.desired, arrivals, late: run.late, from });
}

function maximum(values: Int32Array): number {
  let greatest = 0;
  for (const value of values) greatest = Math.max(greatest, value);
  return greatest;
}
