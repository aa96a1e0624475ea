/**
 * Requests that arrive, wait in one queue and are served by replicas of equal, limited capacity, at steps of one
 * second. Within a step arrivals and service are even, so that waiting times come out exact between the steps.
 */

import { ReplicaSet } from './replicas.js';
import type { Scaler, View } from './view.js';

export interface RequestLoad {
  /** requests in each second */
  arrivals: Float64Array;
  /** the same added up: `sums[t]` arrived before second t; one longer */
  sums: Float64Array;
}

export interface PlantOptions {
  /** requests per second that one replica serves */
  capacity: number;
  startupSeconds: number;
  /** a request that waits longer is late */
  sloSeconds: number;
  initial: number;
  min: number;
  max: number;
}

/** What came of one policy, second by second. */
export interface RequestRun {
  desired: Int32Array;
  ready: Int32Array;
  /** requests served late or given up in each second */
  late: Float64Array;
}

/** A request is given up after waiting this long, as a balancer with `timeout queue 30s` does. */
const GIVE_UP_SECONDS = 30;

export function loadOf(arrivals: Float64Array): RequestLoad {
  const sums = new Float64Array(arrivals.length + 1);
  for (let t = 0; t < arrivals.length; t++) sums[t + 1] = (sums[t] ?? 0) + (arrivals[t] ?? 0);
  return { arrivals, sums };
}

export function runRequests(load: RequestLoad, scaler: Scaler, options: PlantOptions): RequestRun {
  const plant = new RequestPlant(load, options);
  for (let t = 0; t < load.arrivals.length; t++) {
    if (t % scaler.everySeconds === 0) plant.scale(scaler, t);
    plant.step(t);
  }
  return plant.run;
}

class RequestPlant implements View {
  readonly run: RequestRun;
  now = 0;
  /** arrivals that have left the queue, served or given up */
  #left = 0;
  readonly #replicas: ReplicaSet;
  /** use of the serving replicas added up, in percent; and in how many seconds there were any */
  readonly #use: Float64Array;
  readonly #served: Int32Array;

  constructor(
    private readonly load: RequestLoad,
    private readonly options: PlantOptions,
  ) {
    const seconds = load.arrivals.length;
    this.run = {
      desired: new Int32Array(seconds),
      ready: new Int32Array(seconds),
      late: new Float64Array(seconds),
    };
    this.#use = new Float64Array(seconds + 1);
    this.#served = new Int32Array(seconds + 1);
    this.#replicas = new ReplicaSet(options.initial, options.startupSeconds);
  }

  readonly active = 0;
  get desired() {
    return this.#replicas.desired;
  }
  get cohorts() {
    return this.#replicas.cohorts;
  }
  get startupSeconds() {
    return this.options.startupSeconds;
  }
  get capacity() {
    return this.options.capacity;
  }
  get waiting() {
    return Math.max(0, at(this.load.sums, this.now) - this.#left);
  }

  readyBy(since: number): number {
    return this.#replicas.readyBy(since);
  }

  cpuPercent(from: number, to: number): number | null {
    const [start, end] = [Math.max(0, from), Math.max(0, to)];
    const seconds = at(this.#served, end) - at(this.#served, start);
    return seconds === 0 ? null : (at(this.#use, end) - at(this.#use, start)) / seconds;
  }

  arrivalsPerSecond(from: number, to: number): number | null {
    const start = Math.max(0, from);
    return to <= start ? null : (at(this.load.sums, to) - at(this.load.sums, start)) / (to - start);
  }

  scale(scaler: Scaler, t: number): void {
    this.now = t;
    const { min, max } = this.options;
    const wanted = scaler.replicas(this);
    this.#replicas.scaleTo(scaler.unbounded ? wanted : Math.min(max, Math.max(min, wanted)), t);
  }

  step(t: number): void {
    const { sums } = this.load;
    const ready = this.#replicas.readyBy(t);
    const most = ready * this.options.capacity;
    const arrived = at(sums, t + 1);
    // Given up at the head of the queue: what has waited too long.
    const expired = Math.max(this.#left, at(sums, Math.max(0, t - GIVE_UP_SECONDS)));
    let late = expired - this.#left;
    const served = Math.min(most, arrived - expired);
    late += this.#lateOf(expired, expired + served, t);
    this.#left = expired + served;
    this.run.desired[t] = this.#replicas.desired;
    this.run.ready[t] = ready;
    this.run.late[t] = late;
    this.#use[t + 1] = at(this.#use, t) + (ready === 0 ? 0 : (100 * served) / most);
    this.#served[t + 1] = at(this.#served, t) + (ready === 0 ? 0 : 1);
  }

  /**
   * How many of the requests `first` to `last` of all arrivals, served evenly during second t, had waited longer
   * than the SLO: those served while fewer had been served than had arrived that long before.
   */
  #lateOf(first: number, last: number, t: number): number {
    if (last <= first) return 0;
    const { sloSeconds } = this.options;
    const before = this.#arrivedBy(t - sloSeconds) - first;
    const after = this.#arrivedBy(t + 1 - sloSeconds) - last;
    if (before <= 0 && after <= 0) return 0;
    if (before > 0 && after > 0) return last - first;
    const crossing = before / (before - after);
    return (last - first) * (before > 0 ? crossing : 1 - crossing);
  }

  #arrivedBy(time: number): number {
    if (time <= 0) return 0;
    const second = Math.floor(time);
    const sum = at(this.load.sums, second);
    return sum + (time - second) * (at(this.load.arrivals, second) || 0);
  }
}

/** Indices here never leave the array; a number is what the compiler wants to hear. */
function at(values: Float64Array | Int32Array, index: number): number {
  return values[index] ?? 0;
}
