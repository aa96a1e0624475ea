import { describe, expect, it } from 'vitest';
import type { Jobs } from './jobs.js';
import { runJobs, type JobsOptions } from './jobs-plant.js';
import type { Scaler, View } from './view.js';

const OPTIONS: JobsOptions = {
  startupSeconds: 0,
  sloSeconds: 5,
  graceSeconds: 2,
  initial: 1,
  min: 0,
  max: 9,
};
const jobs = (...list: [at: number, seconds: number][]): Jobs => ({
  at: Float64Array.from(list, ([at]) => at),
  seconds: Float64Array.from(list, ([, seconds]) => seconds),
});
const plan = (replicas: (view: View) => number): Scaler => ({ everySeconds: 1, replicas });
const late = ({ late: values }: { late: Float64Array }) => values.reduce((total, one) => total + one, 0);

describe('the plant for jobs', () => {
  it('works at one job per replica at a time, and at several within a second', () => {
    const seen: [number, number][] = [];
    const look = plan((view) => (seen.push([view.waiting, view.active]), 1));
    const run = runJobs(jobs([0, 0.5], [0, 0.5], [0, 3], [0, 1]), 8, look, OPTIONS);
    expect(seen.slice(1, 6)).toEqual([
      [2, 0],
      [1, 1],
      [1, 1],
      [1, 0],
      [0, 0],
    ]);
    expect(late(run)).toBe(0);
  });

  it('counts a job late that nobody worked at for longer than the SLO', () => {
    expect(
      late(
        runJobs(
          jobs([0, 5], [0, 1]),
          20,
          plan(() => 1),
          OPTIONS,
        ),
      ),
    ).toBe(0);
    expect(
      late(
        runJobs(
          jobs([0, 5.5], [0, 1]),
          20,
          plan(() => 1),
          OPTIONS,
        ),
      ),
    ).toBe(1);
  });

  it('counts jobs that were never done', () => {
    expect(
      late(
        runJobs(
          jobs([0, 1], [18, 1]),
          20,
          plan(() => 0),
          { ...OPTIONS, initial: 0 },
        ),
      ),
    ).toBe(1);
  });

  it('a stopped replica finishes what it can within its grace, else the job begins anew', () => {
    const stop = (at: number) => plan(({ now }) => (now === at ? 0 : 1));
    const kind = runJobs(jobs([0, 4]), 20, stop(2), OPTIONS);
    expect([kind.killed, kind.lostSeconds]).toEqual([0, 0]);
    const cut = runJobs(jobs([0, 9]), 20, stop(2), OPTIONS);
    expect([cut.killed, cut.lostSeconds]).toEqual([1, 2]);
    expect(late(cut)).toBe(0);
  });
});
