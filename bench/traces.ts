/**
 * `npm run bench:traces`: policies against real loads. The traces are not part of this project: the directory is named
 * by SCALECTL_TRACES, or lies beside the checkout; without it nothing is measured, and that is said.
 * `--days N` takes the first N days of each trace only; `--steps` holds the load within each bucket.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { policyByName } from '../src/simulate/policies.js';
import { simulate, type PolicyResult, type SimulationOptions } from '../src/simulate/simulate.js';
import { parseTrace, type Trace } from '../src/simulate/trace.js';

const directory =
  process.env['SCALECTL_TRACES'] ?? fileURLToPath(new URL('../../shared/traces/', import.meta.url));
const SEEDS = [1, 2, 3, 4, 5];
const STARTUPS = [10, 60];
const REQUESTS = [
  'nab_twitter_aapl_5min.csv',
  'nab_elb_request_count_5min.csv',
  'nasa95_1min_full.csv',
  'nasa95_10s_first14d.csv',
];
const REQUEST_POLICIES = ['hpa-cpu:70', 'hpa-rps:70', 'scalectl', 'oracle'];
const JOB_POLICIES = ['keda-redis:5', 'keda-redis:1', 'active+waiting:1', 'scalectl'];
/** A model of a GPU that works at one prompt at a time: tokens per second that it reads, and that it writes. */
const READ_PER_SECOND = 5000;
const WRITTEN_PER_SECOND = 30;
const JOB_TRACE = 'azure_llm2023_code_jobs.csv';

/** Most of the violations of `hpa-cpu:70`, and of its replica-hours, by start-up time in seconds. */
const TARGETS: Readonly<Record<number, { violations: number; hours: number }>> = {
  10: { violations: 0.4, hours: 0.95 },
  60: { violations: 0.45, hours: 1.05 },
};

interface Row {
  name: string;
  late: number;
  hours: number;
  longest: number;
  churn: number;
  speedup: number;
  killed: number;
}

main();

function main(): void {
  if (!existsSync(directory)) {
    process.stdout.write(`skipped: there are no traces at ${directory}; name them with SCALECTL_TRACES\n`);
    return;
  }
  for (const file of REQUESTS) {
    const path = join(directory, file);
    if (!existsSync(path)) process.stdout.write(`${file}: skipped: not there\n`);
    else benchRequests(shortened(parseTrace(file, readFileSync(path, 'utf8'))));
  }
  const jobs = join(directory, JOB_TRACE);
  if (existsSync(jobs)) benchJobs(parseTrace(JOB_TRACE, jobSizes(readFileSync(jobs, 'utf8'))), {});
  const twitter = join(directory, REQUESTS[0]!);
  if (existsSync(twitter)) {
    benchJobs(shortened(parseTrace(`${REQUESTS[0]!} as jobs of 8 s`, readFileSync(twitter, 'utf8'))), {
      jobSeconds: 8,
      peakReplicas: 32,
    });
  }
}

function benchRequests(trace: Trace): void {
  for (const startupSeconds of STARTUPS) {
    const rows = run(trace, REQUEST_POLICIES, { startupSeconds, peakReplicas: 32 });
    head(trace, startupSeconds);
    const [baseline] = rows;
    for (const row of rows) {
      const [violations, hours] = [row.late / (baseline?.late ?? NaN), row.hours / (baseline?.hours ?? NaN)];
      const target = TARGETS[startupSeconds];
      const won =
        target && violations <= target.violations && hours <= target.hours ? 'holds' : 'DOES NOT HOLD';
      const verdict =
        row.name !== 'scalectl' || target === undefined
          ? ''
          : `  <= ${target.violations} at <= ${target.hours}: ${won}`;
      line(row, `${figure(violations)} of violations, ${figure(hours)} of hours${verdict}`);
    }
  }
}

function benchJobs(trace: Trace, more: Partial<SimulationOptions>): void {
  for (const startupSeconds of STARTUPS) {
    const rows = run(trace, JOB_POLICIES, { startupSeconds, sloSeconds: 30, ...more });
    head(trace, startupSeconds);
    for (const row of rows) line(row, `${row.killed.toFixed(0)} killed`);
  }
}

function run(trace: Trace, names: readonly string[], options: Partial<SimulationOptions>): Row[] {
  const policies = names.map((name) => ({
    name,
    make: (setting: Parameters<typeof policyByName>[1]) => policyByName(name, setting),
  }));
  const seeds = SEEDS.map(
    (seed) =>
      simulate(trace, policies, names[0]!, {
        capacity: 50,
        jobSeconds: null,
        startupSeconds: 10,
        sloSeconds: 1,
        graceSeconds: 10,
        peakReplicas: null,
        steps: process.argv.includes('--steps'),
        min: 1,
        max: null,
        evalFrom: 3600 < trace.rates.length * trace.bucketSeconds * 0.1 ? 3600 : 0,
        ...options,
        seed,
      }).policies,
  );
  return names.map((name, index) => {
    const mean = (value: (result: PolicyResult) => number) =>
      seeds.reduce((sum, results) => sum + value(results[index]!), 0) / seeds.length;
    return {
      name,
      late: mean(({ violationPercent }) => violationPercent),
      hours: mean(({ replicaHours }) => replicaHours),
      longest: mean(({ longestViolationSeconds }) => longestViolationSeconds),
      churn: mean(({ reversalsPerHour }) => reversalsPerHour),
      speedup: mean(({ elasticSpeedup }) => elasticSpeedup),
      killed: mean(({ jobsKilled }) => jobsKilled ?? 0),
    };
  });
}

function head(trace: Trace, startupSeconds: number): void {
  const days = (trace.rates.length * trace.bucketSeconds) / 86_400;
  process.stdout.write(
    `\n${trace.name}, ${figure(days)} days, start-up ${startupSeconds} s, ${SEEDS.length} seeds\n`,
  );
}

function line({ name, late, hours, longest, churn, speedup }: Row, comparison: string): void {
  process.stdout.write(
    `  ${name.padEnd(17)} late ${late.toFixed(3).padStart(7)} %  hours ${hours.toFixed(0).padStart(6)}  ` +
      `longest ${longest.toFixed(0).padStart(4)} s  reversals/h ${churn.toFixed(1).padStart(4)}  ` +
      `speedup ${speedup.toFixed(2).padStart(6)}  ${comparison}\n`,
  );
}

function shortened(trace: Trace): Trace {
  const at = process.argv.indexOf('--days');
  if (at < 0) return trace;
  const days = Number(process.argv[at + 1]);
  return { ...trace, rates: trace.rates.slice(0, Math.ceil((days * 86_400) / trace.bucketSeconds)) };
}

function jobSizes(text: string): string {
  const rows = text.trim().split('\n').slice(1);
  return [
    't_seconds,job_seconds',
    ...rows.map((row) => {
      const [at = 0, read = 0, written = 0] = row.split(',').map(Number);
      return `${at},${read / READ_PER_SECOND + written / WRITTEN_PER_SECOND}`;
    }),
  ].join('\n');
}

function figure(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(2);
}
