import { describe, expect, it } from 'vitest';
import { loadOf, runRequests, type PlantOptions } from './requests-plant.js';
import type { Scaler, View } from './view.js';

const OPTIONS: PlantOptions = { capacity: 10, startupSeconds: 5, sloSeconds: 1, initial: 1, min: 1, max: 9 };
const each = (seconds: number, count: number) => loadOf(new Float64Array(seconds).fill(count));
const plan = (replicas: (view: View) => number): Scaler => ({ everySeconds: 1, replicas });
const sum = (values: Float64Array) => values.reduce((total, one) => total + one, 0);

describe('the plant', () => {
  it('serves what it can within the second', () => {
    const run = runRequests(
      each(60, 10),
      plan(() => 1),
      OPTIONS,
    );
    expect(sum(run.late)).toBe(0);
  });

  it('lets requests wait, and says how many waited too long', () => {
    // 20 arrive in one second, 10 are served in each: the last of them after 2 s, having waited for 1 s.
    const burst = loadOf(Float64Array.of(20, 0, 0, 0));
    expect(
      sum(
        runRequests(
          burst,
          plan(() => 1),
          OPTIONS,
        ).late,
      ),
    ).toBe(0);
    // 30 arrive: those after the 20th wait for longer than 1 s. The wait of request k is k/10 - k/30 s.
    const more = loadOf(Float64Array.of(30, 0, 0, 0));
    expect(
      sum(
        runRequests(
          more,
          plan(() => 1),
          OPTIONS,
        ).late,
      ),
    ).toBeCloseTo(15, 6);
  });

  it('gives up what has waited for 30 s', () => {
    const views: number[] = [];
    const run = runRequests(
      each(120, 20),
      plan((view) => (views.push(view.waiting), 1)),
      OPTIONS,
    );
    expect(Math.max(...views)).toBeLessThanOrEqual(31 * 20);
    expect(sum(run.late)).toBeGreaterThan(2400 - 31 * 20 - 40);
  });

  it('a replica serves after its start, and not before; the newest goes first', () => {
    const run = runRequests(
      each(12, 1),
      plan(({ now }) => (now < 8 ? 3 : 1)),
      OPTIONS,
    );
    expect([...run.ready]).toEqual([1, 1, 1, 1, 1, 3, 3, 3, 1, 1, 1, 1]);
    expect([...run.desired].slice(7, 9)).toEqual([3, 1]);
  });

  it('stays within the bounds', () => {
    expect(
      runRequests(
        each(2, 1),
        plan(() => 99),
        OPTIONS,
      ).desired[0],
    ).toBe(9);
    expect(
      runRequests(
        each(2, 1),
        plan(() => 0),
        OPTIONS,
      ).desired[0],
    ).toBe(1);
  });

  it('shows a use that ends at 100 %, and arrivals that do not', () => {
    let seen: (number | null)[] = [];
    const look = plan((view) => {
      seen = [view.cpuPercent(view.now - 5, view.now), view.arrivalsPerSecond(view.now - 5, view.now)];
      return 1;
    });
    runRequests(each(11, 4), look, OPTIONS);
    expect(seen).toEqual([40, 4]);
    runRequests(each(11, 25), look, OPTIONS);
    expect(seen).toEqual([100, 25]);
  });
});
