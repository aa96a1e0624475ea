import { describe, expect, it } from 'vitest';
import { policyByName } from './policies.js';
import { simulate, type SimulationOptions } from './simulate.js';
import { parseTrace, type Trace } from './trace.js';

const OPTIONS: SimulationOptions = {
  capacity: 50,
  jobSeconds: null,
  startupSeconds: 10,
  sloSeconds: 1,
  graceSeconds: 10,
  seed: 1,
  peakReplicas: 20,
  steps: false,
  min: 1,
  max: null,
  evalFrom: 0,
};

function trace(load: (minute: number) => number, minutes = 180): Trace {
  const lines = Array.from({ length: minutes }, (_, minute) => `${minute * 60},${Math.round(load(minute))}`);
  return parseTrace('load.csv', `t_seconds,value\n${lines.join('\n')}`);
}
const wave = trace((minute) => 6000 + 5000 * Math.sin(minute / 12));
const jumps = trace((minute) => (minute % 60 < 15 ? 12_000 : 2000));

function run(given: Trace, names: string[], more: Partial<SimulationOptions> = {}) {
  const policies = names.map((name) => ({
    name,
    make: (setting: Parameters<typeof policyByName>[1]) => policyByName(name, setting),
  }));
  return simulate(given, policies, names[0]!, { ...OPTIONS, ...more });
}

describe('a simulation', () => {
  const REQUESTS = [
    'hpa-cpu:70',
    'hpa-rps:70',
    'nomad:70',
    'aws-tt:70',
    'threshold:80/30',
    'static:20',
    'oracle',
  ];

  it('runs every policy against the same arrivals, and the same again with the same seed', () => {
    const first = run(wave, ['scalectl', ...REQUESTS]);
    expect(first.policies.map(({ name }) => name)).toEqual(['scalectl', ...REQUESTS]);
    expect(run(wave, ['scalectl', ...REQUESTS])).toEqual(first);
    const other = run(wave, ['scalectl'], { seed: 2 });
    expect(other.trace.arrivals).not.toBe(first.trace.arrivals);
    for (const one of first.policies) {
      expect(Object.values(one).every((value) => typeof value !== 'number' || Number.isFinite(value))).toBe(
        true,
      );
      expect(one.violationPercent).toBeGreaterThanOrEqual(0);
      expect(one.violationPercent).toBeLessThanOrEqual(100);
    }
  });

  it('the baseline is one, and enough replicas for the peak are never late', () => {
    const { policies, trace: told } = run(wave, ['static:22', 'static:3', 'oracle']);
    expect(told).toMatchObject({ load: 'requests', seconds: 10_800, bucketSeconds: 60 });
    expect(policies.map(({ elasticSpeedup }) => elasticSpeedup)[0]).toBe(1);
    const [enough, few, oracle] = policies;
    expect(enough).toMatchObject({ violationPercent: 0, tauUnder: 0, replicaHours: 66, reversalsPerHour: 0 });
    expect(few?.violationPercent).toBeGreaterThan(50);
    expect(few?.longestViolationSeconds).toBeGreaterThan(1000);
    expect(oracle?.thetaUnder).toBe(0);
    expect(oracle?.violationPercent).toBeLessThan(0.1);
    expect(oracle?.replicaHours).toBeLessThan(40);
  });

  it.each([
    [10, 0.4, 0.95],
    [60, 0.45, 1.05],
  ])(
    'start-up %d s: our default beats the HPA on jumps of six times',
    (startupSeconds, violations, hours) => {
      const [hpa, ours] = run(jumps, ['hpa-cpu:70', 'scalectl'], { startupSeconds, steps: true }).policies;
      expect(ours!.violationPercent).toBeLessThan(violations * hpa!.violationPercent);
      expect(ours!.replicaHours).toBeLessThan(hours * hpa!.replicaHours);
    },
  );

  it('our default costs less than the HPA where nothing is to be won', () => {
    for (const load of [trace(() => 6000), wave]) {
      const [hpa, ours] = run(load, ['hpa-cpu:70', 'scalectl']).policies;
      expect(ours!.violationPercent).toBeLessThanOrEqual(Math.max(0.01, hpa!.violationPercent));
      expect(ours!.replicaHours).toBeLessThan(0.95 * hpa!.replicaHours);
    }
  });

  it('of jobs counts what was late and what was cut off', () => {
    const jobs = trace((minute) => (minute % 30 < 10 ? 120 : 5));
    const names = ['keda-redis:5', 'active+waiting:1', 'scalectl', 'hpa-cpu:70', 'threshold:80/30'];
    const more = { jobSeconds: 20, sloSeconds: 30, min: 0, peakReplicas: null };
    const { policies, trace: told } = run(jobs, names, more);
    expect(told.load).toBe('jobs');
    const [keda, , ours] = policies;
    expect(ours!.violationPercent).toBeLessThan(keda!.violationPercent / 4);
    expect(ours!.jobsKilled).toBeLessThan(keda!.jobsKilled!);
  });

  it('scales to and from zero for jobs', () => {
    const rare = trace((minute) => (minute % 60 === 30 ? 30 : 0));
    const { supply } = run(rare, ['scalectl'], { jobSeconds: 5, sloSeconds: 30, min: 0, peakReplicas: null });
    const ready = [...(supply[0] ?? [])];
    expect(Math.min(...ready)).toBe(0);
    expect(ready.slice(30 * 60, 32 * 60).some((count) => count > 0)).toBe(true);
  });

  it('measures from where it is told to', () => {
    const cold = run(jumps, ['scalectl'], { evalFrom: 9000 }).policies[0];
    expect(cold?.replicaHours).toBeLessThan(10);
  });
});

describe('a policy by name', () => {
  const setting = {
    load: 'requests',
    needed: new Int32Array(1),
    startupSeconds: 10,
    min: 1,
    max: 9,
  } as const;
  it.each([
    ['hpacpu:70', '"hpacpu:70" is no policy that scalectl knows', 'Did you mean "hpa-cpu"?'],
    ['hpa-cpu', '"hpa-cpu" is not how hpa-cpu is written', 'Write hpa-cpu:70.'],
    ['hpa-cpu:x', '"hpa-cpu:x" is not how hpa-cpu is written', 'Write hpa-cpu:70.'],
    ['hpa-cpu:0', '"hpa-cpu:0" is not how hpa-cpu is written', 'Write hpa-cpu:70.'],
    ['threshold:80', '"threshold:80" is not how threshold is written', 'Write threshold:80/30.'],
    ['oracle:1', '"oracle:1" is not how oracle is written', 'Write oracle.'],
    ['toString', '"toString" is no policy that scalectl knows', 'There are: scalectl'],
    [
      'keda-redis:5',
      '"keda-redis:5" goes by jobs, and the trace is of requests',
      'Add --job-seconds to make every arrival a job.',
    ],
  ])('%s is refused', (name, message, hint) => {
    let thrown: unknown;
    try {
      policyByName(name, setting);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ message, place: '--policy' });
    expect((thrown as { hint: string }).hint).toContain(hint);
  });
});
