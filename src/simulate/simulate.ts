/** Replays a trace against a plant, once per policy, with the very same arrivals, and measures what came of it. */

import { rateFor, replicasNeeded } from './demand.js';
import { arrivalsOf, drawJobs, workRates } from './jobs.js';
import { runJobs } from './jobs-plant.js';
import { elasticSpeedup, measure, type Measures } from './measures.js';
import type { Setting } from './policies.js';
import { poisson, seededRandom } from './random.js';
import { loadOf, runRequests } from './requests-plant.js';
import { perSecond, scaleToPeak, type Trace } from './trace.js';
import type { Scaler } from './view.js';

export interface SimulationOptions {
  /** requests per second that one replica serves; not for jobs */
  capacity: number;
  /** every arrival is a job that takes so long on average; null: requests, or jobs with sizes of their own */
  jobSeconds: number | null;
  startupSeconds: number;
  sloSeconds: number;
  /** how long a replica that is stopped may go on with its job */
  graceSeconds: number;
  seed: number;
  /** scales the trace so that its 99.9th percentile needs so many; null leaves it as it is */
  peakReplicas: number | null;
  /** hold the rate constant within each bucket of the trace, instead of straight lines between their middles */
  steps: boolean;
  min: number;
  /** null: twice what the trace ever needs */
  max: number | null;
  /** second from which on is measured */
  evalFrom: number;
}

export interface PolicyToRun {
  name: string;
  make: (setting: Setting) => Scaler;
  /** bounds of its own, instead of those of the simulation */
  bounds?: { min: number; max: number };
}

export interface PolicyResult extends Measures {
  name: string;
  /** against the baseline; 1 for itself */
  elasticSpeedup: number;
  /** how often a job was cut off, and hours of work lost by it; null for requests */
  jobsKilled: number | null;
  lostHours: number | null;
}

export interface SimulationResult {
  trace: {
    name: string;
    load: 'requests' | 'jobs';
    seconds: number;
    bucketSeconds: number;
    /** requests or jobs, from the beginning */
    arrivals: number;
    /** replicas that the greatest load needs */
    peakReplicas: number;
  };
  baseline: string;
  policies: PolicyResult[];
  /** replicas needed and replicas that served, second by second, for drawing */
  demand: Int32Array;
  supply: Int32Array[];
}

interface Run {
  desired: Int32Array;
  ready: Int32Array;
  late: Float64Array;
  killed?: number;
  lostSeconds?: number;
}

/** What is the same for all policies. */
interface Stage {
  load: 'requests' | 'jobs';
  needed: Int32Array;
  arrivals: Float64Array;
  max: number;
  run: (scaler: Scaler, bounds: { min: number; max: number }) => Run;
}

/** @param baseline name of the policy that the others' elasticity is compared with */
export function simulate(
  given: Trace,
  policies: readonly PolicyToRun[],
  baseline: string,
  options: SimulationOptions,
): SimulationResult {
  const isJobs = given.jobs !== undefined || options.jobSeconds !== null;
  const stage = isJobs ? jobsStage(given, options) : requestsStage(given, options);
  const { load, needed, arrivals, max } = stage;
  const { startupSeconds, min, evalFrom } = options;
  const measured = policies.map(({ name, make, bounds = { min, max } }) => {
    const run = stage.run(make({ load, needed, startupSeconds, ...bounds }), bounds);
    return { name, run, measures: measure({ ...run, needed, arrivals, from: evalFrom }) };
  });
  const reference = measured.find(({ name }) => name === baseline)?.measures;
  return {
    trace: {
      name: given.name,
      load,
      seconds: needed.length,
      bucketSeconds: given.bucketSeconds,
      arrivals: arrivals.reduce((sum, one) => sum + one, 0),
      peakReplicas: maximum(needed),
    },
    baseline,
    policies: measured.map(({ name, run, measures }) => ({
      name,
      ...measures,
      elasticSpeedup: reference === undefined ? 1 : elasticSpeedup(measures, reference),
      jobsKilled: run.killed ?? null,
      lostHours: run.lostSeconds === undefined ? null : run.lostSeconds / 3600,
    })),
    demand: needed,
    supply: measured.map(({ run }) => run.ready),
  };
}

function requestsStage(given: Trace, options: SimulationOptions): Stage {
  const { capacity, sloSeconds, startupSeconds, min, peakReplicas } = options;
  const peakRate = peakReplicas === null ? null : rateFor(peakReplicas, capacity, sloSeconds);
  const rates = perSecond(peakRate === null ? given : scaleToPeak(given, peakRate), options.steps);
  const needed = Int32Array.from(rates, (rate) => Math.max(min, replicasNeeded(rate, capacity, sloSeconds)));
  const max = options.max ?? 2 * maximum(needed);
  const random = seededRandom(options.seed);
  const load = loadOf(rates.map((rate) => poisson(rate, random)));
  const plant = { capacity, startupSeconds, sloSeconds, initial: needed[0] ?? min };
  return {
    load: 'requests',
    needed,
    arrivals: load.arrivals,
    max,
    run: (scaler, bounds) => runRequests(load, scaler, { ...plant, ...bounds }),
  };
}

function jobsStage(given: Trace, options: SimulationOptions): Stage {
  const { sloSeconds, startupSeconds, graceSeconds, min, peakReplicas, jobSeconds, seed } = options;
  const trace =
    peakReplicas === null || jobSeconds === null ? given : scaleToPeak(given, peakReplicas / jobSeconds);
  const rates = perSecond(trace, options.steps || trace.jobs !== undefined);
  const jobs = trace.jobs ?? drawJobs(rates, jobSeconds ?? 1, seededRandom(seed));
  const busy = jobSeconds === null ? workRates(jobs, rates.length) : rates.map((rate) => rate * jobSeconds);
  const needed = Int32Array.from(busy, (replicas) => Math.max(min, Math.ceil(replicas - 1e-9)));
  const max = options.max ?? 2 * Math.max(1, maximum(needed));
  const plant = { startupSeconds, sloSeconds, graceSeconds, initial: needed[0] ?? min };
  return {
    load: 'jobs',
    needed,
    arrivals: arrivalsOf(jobs, rates.length),
    max,
    run: (scaler, bounds) => runJobs(jobs, rates.length, scaler, { ...plant, ...bounds }),
  };
}

function maximum(values: Int32Array): number {
  let greatest = 0;
  for (const value of values) greatest = Math.max(greatest, value);
  return greatest;
}
