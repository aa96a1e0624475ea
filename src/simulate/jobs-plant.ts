/**
 * Jobs in one queue, each worked at by one replica for as long as it takes, at steps of one second; a replica that is
 * done within a second takes the next job in the same second. A replica that is stopped finishes what it can within
 * its grace; what it cannot begins anew at the head of the queue.
 */

import type { Jobs } from './jobs.js';
import { ReplicaSet } from './replicas.js';
import type { Scaler, View } from './view.js';

export interface JobsOptions {
  startupSeconds: number;
  /** a job that is not worked at for longer than this, from arrival to completion, is late */
  sloSeconds: number;
  graceSeconds: number;
  initial: number;
  min: number;
  max: number;
}

export interface JobsRun {
  desired: Int32Array;
  ready: Int32Array;
  /** jobs completed late, by the second of completion; those never completed in the last one */
  late: Float64Array;
  /** how often a job was cut off, and the work lost by it */
  killed: number;
  lostSeconds: number;
}

interface Worker {
  readyAt: number;
  job: number | null;
  /** seconds of work left */
  left: number;
}

export function runJobs(jobs: Jobs, seconds: number, scaler: Scaler, options: JobsOptions): JobsRun {
  const plant = new JobsPlant(jobs, seconds, options);
  for (let t = 0; t < seconds; t++) {
    if (t % scaler.everySeconds === 0) plant.scale(scaler, t);
    plant.step(t);
  }
  plant.countUnfinished(seconds - 1);
  return plant.run;
}

class JobsPlant implements View {
  readonly run: JobsRun;
  now = 0;
  active = 0;
  readonly capacity = 1;
  readonly #replicas: ReplicaSet;
  /** oldest first, as the cohorts of `#replicas` */
  readonly #workers: Worker[] = [];
  /** jobs that were cut off, the next one last; before all that have not begun */
  readonly #again: number[] = [];
  /** jobs that have come, and that have been taken at least once */
  #come = 0;
  #taken = 0;
  readonly #use: Float64Array;
  readonly #served: Int32Array;
  /** jobs that had come before each second */
  readonly #arrived: Int32Array;

  constructor(
    private readonly jobs: Jobs,
    seconds: number,
    private readonly options: JobsOptions,
  ) {
    this.run = {
      desired: new Int32Array(seconds),
      ready: new Int32Array(seconds),
      late: new Float64Array(seconds),
      killed: 0,
      lostSeconds: 0,
    };
    this.#use = new Float64Array(seconds + 1);
    this.#served = new Int32Array(seconds + 1);
    this.#arrived = new Int32Array(seconds + 1);
    this.#replicas = new ReplicaSet(options.initial, options.startupSeconds);
    for (let index = 0; index < options.initial; index++) this.#hire(-1e6);
  }

  get desired() {
    return this.#replicas.desired;
  }
  get cohorts() {
    return this.#replicas.cohorts;
  }
  get startupSeconds() {
    return this.options.startupSeconds;
  }
  get waiting() {
    return this.#come - this.#taken + this.#again.length;
  }

  readyBy(since: number): number {
    return this.#replicas.readyBy(since);
  }

  cpuPercent(from: number, to: number): number | null {
    const [start, end] = [Math.max(0, from), Math.max(0, to)];
    const seconds = (this.#served[end] ?? 0) - (this.#served[start] ?? 0);
    return seconds === 0 ? null : ((this.#use[end] ?? 0) - (this.#use[start] ?? 0)) / seconds;
  }

  arrivalsPerSecond(from: number, to: number): number | null {
    const start = Math.max(0, from);
    return to <= start ? null : ((this.#arrived[to] ?? 0) - (this.#arrived[start] ?? 0)) / (to - start);
  }

  scale(scaler: Scaler, t: number): void {
    this.now = t;
    const { min, max, startupSeconds } = this.options;
    const wanted = scaler.replicas(this);
    const desired = scaler.unbounded ? wanted : Math.min(max, Math.max(min, wanted));
    this.#replicas.scaleTo(desired, t);
    while (this.#workers.length > desired) this.#dismiss(this.#workers.pop(), t);
    while (this.#workers.length < desired) this.#hire(t + startupSeconds);
  }

  step(t: number): void {
    while ((this.jobs.at[this.#come] ?? Infinity) < t + 1) this.#come++;
    this.#arrived[t + 1] = this.#come;
    let [ready, busy, active] = [0, 0, 0];
    for (const worker of this.#workers) {
      if (worker.readyAt > t) continue;
      ready++;
      busy += this.#work(worker, t);
      if (worker.job !== null) active++;
    }
    this.active = active;
    this.run.desired[t] = this.#replicas.desired;
    this.run.ready[t] = ready;
    this.#use[t + 1] = (this.#use[t] ?? 0) + (ready === 0 ? 0 : (100 * busy) / ready);
    this.#served[t + 1] = (this.#served[t] ?? 0) + (ready === 0 ? 0 : 1);
  }

  countUnfinished(last: number): void {
    const begun = this.#workers.flatMap(({ job }) => (job === null ? [] : [job]));
    for (const job of [...begun, ...this.#again]) this.#complete(job, last);
    for (let job = this.#taken; job < this.#come; job++) this.#complete(job, last);
  }

  /** One second of one worker. @returns the part of it that it was busy */
  #work(worker: Worker, t: number): number {
    let time = 0;
    while (time < 1) {
      if (worker.job === null) {
        const job = this.#again.pop() ?? (this.#taken < this.#come ? this.#taken++ : null);
        if (job === null) return time;
        worker.job = job;
        worker.left = this.jobs.seconds[job] ?? 0;
      }
      const part = Math.min(worker.left, 1 - time);
      worker.left -= part;
      time += part;
      if (worker.left > 1e-9) return time;
      this.#complete(worker.job, t + time);
      worker.job = null;
    }
    return time;
  }

  #complete(job: number, at: number): void {
    const idle = at - (this.jobs.at[job] ?? 0) - (this.jobs.seconds[job] ?? 0);
    if (idle <= this.options.sloSeconds) return;
    const second = Math.min(this.run.late.length - 1, Math.floor(at));
    this.run.late[second] = (this.run.late[second] ?? 0) + 1;
  }

  #hire(readyAt: number): void {
    this.#workers.push({ readyAt, job: null, left: 0 });
  }

  #dismiss(worker: Worker | undefined, t: number): void {
    if (worker?.job == null) return;
    if (worker.left <= this.options.graceSeconds) {
      this.#complete(worker.job, t + worker.left);
      return;
    }
    this.run.killed++;
    this.run.lostSeconds += (this.jobs.seconds[worker.job] ?? 0) - worker.left;
    this.#again.push(worker.job);
  }
}
