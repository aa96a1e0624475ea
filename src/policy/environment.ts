/** The environment of a classic single-service autoscaler, as a policy for that one service. */

import { checkBand, checkBounds } from './checks.js';
import { CLASSIC, DEFAULT_DOWN, DEFAULT_ON_ERROR, DEFAULT_UP } from './defaults.js';
import type { Decoded, EnvironmentPolicy, QueueSignal, ResourceSignal } from './policy.js';
import {
  parsePercent,
  parsePositive,
  parseRedisUrl,
  parseReplicas,
  ProblemSink,
  type Field,
} from './values.js';

/** Variables that mean nothing but an autoscaler, so that setting one without `SERVICE_NAME` is a mistake. */
const TELLING = [
  'SCALE_UP_THRESHOLD',
  'SCALE_DOWN_THRESHOLD',
  'MIN_REPLICAS',
  'MAX_REPLICAS',
  'JOBS_PER_WORKER',
  'MIN_WORKERS',
  'MAX_WORKERS',
];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `SERVICE_NAME` turns it on. With `QUEUE_NAME` the service follows the length of a Redis list (`REDIS_URL`,
 * `JOBS_PER_WORKER`, `MIN_WORKERS`, `MAX_WORKERS`), and its CPU too where a threshold is set beside it; without, its
 * CPU (`SCALE_UP_THRESHOLD`, `SCALE_DOWN_THRESHOLD`, `MIN_REPLICAS`, `MAX_REPLICAS`). An empty variable is not set.
 */
export function decodeEnvironment(env: Environment): Decoded<EnvironmentPolicy> {
  const reader = new EnvironmentReader(env);
  if (!reader.has('SERVICE_NAME')) {
    const stray = TELLING.filter((name) => reader.has(name));
    for (const name of stray) {
      reader.sink.add(
        reader.place(name),
        'is set, and no SERVICE_NAME says which service it is for',
        'Set SERVICE_NAME to the full name of a service, e.g. shop_backend, or unset this.',
      );
    }
    return reader.result(null);
  }
  return reader.result(reader.policy());
}

class EnvironmentReader {
  readonly sink = new ProblemSink();

  constructor(private readonly env: Environment) {}

  has(name: string): boolean {
    return (this.env[name] ?? '').trim() !== '';
  }

  place = (name: string): string => `environment ${name}`;

  result(value: EnvironmentPolicy | null): Decoded<EnvironmentPolicy> {
    const [first, ...rest] = this.sink.problems;
    if (first !== undefined) return { kind: 'invalid', problems: [first, ...rest] };
    return value === null ? { kind: 'none' } : { kind: 'policy', value };
  }

  policy(): EnvironmentPolicy | null {
    const queueDriven = this.has('QUEUE_NAME');
    const withCpu = !queueDriven || this.has('SCALE_UP_THRESHOLD') || this.has('SCALE_DOWN_THRESHOLD');
    const intervalMs = this.number('CHECK_INTERVAL', CLASSIC.intervalSeconds, (field, sink) =>
      parsePositive(field, sink, 'seconds'),
    );
    const names = {
      place: this.place,
      assign: (name: string, value: string) => `${name}=${value}`,
      min: queueDriven ? 'MIN_WORKERS' : 'MIN_REPLICAS',
      max: queueDriven ? 'MAX_WORKERS' : 'MAX_REPLICAS',
    };
    const bounds = {
      min: this.number(names.min, queueDriven ? CLASSIC.minWorkers : CLASSIC.minReplicas, parseReplicas),
      max: this.number(names.max, queueDriven ? CLASSIC.maxWorkers : CLASSIC.maxReplicas, parseReplicas),
    };
    const cpu = withCpu ? this.cpu() : null;
    const queue = queueDriven ? this.queue() : null;
    if (this.sink.problems.length > 0) return null;

    const signals = [cpu, queue?.signal ?? null].filter((signal) => signal !== null);
    checkBounds(bounds, signals, names, this.sink);
    if (cpu !== null) {
      const band = { up: 'SCALE_UP_THRESHOLD', down: 'SCALE_DOWN_THRESHOLD' };
      checkBand(cpu.rule, bounds, this.place(band.down), band, this.sink);
    }
    const [first, ...others] = signals;
    if (first === undefined) return null;
    return {
      service: (this.env['SERVICE_NAME'] ?? '').trim(),
      policy: {
        source: 'environment',
        ...bounds,
        signals: [first, ...others],
        up: DEFAULT_UP,
        down: DEFAULT_DOWN,
        onError: DEFAULT_ON_ERROR,
      },
      intervalMs: intervalMs * 1000,
      redisPassword: queue?.password ?? null,
    };
  }

  private cpu(): ResourceSignal {
    return {
      kind: 'cpu',
      rule: {
        kind: 'band',
        upPercent: this.number('SCALE_UP_THRESHOLD', CLASSIC.upPercent, parsePercent),
        downPercent: this.number('SCALE_DOWN_THRESHOLD', CLASSIC.downPercent, parsePercent),
      },
    };
  }

  private queue(): { signal: QueueSignal; password: string | null } | null {
    const jobsPerReplica = this.number('JOBS_PER_WORKER', CLASSIC.jobsPerWorker, (field, sink) =>
      parsePositive(field, sink, 'jobs per worker'),
    );
    if (!this.has('REDIS_URL')) {
      this.sink.add(
        this.place('QUEUE_NAME'),
        'is set, and no REDIS_URL says where the queue is',
        'Set REDIS_URL, e.g. redis://redis:6379.',
      );
      return null;
    }
    const address = parseRedisUrl(this.field('REDIS_URL'), this.sink);
    if (address === null) return null;
    const key = (this.env['QUEUE_NAME'] ?? '').trim();
    return {
      signal: { kind: 'queue', queue: 'list', url: address.url, key, jobsPerReplica },
      password: address.password,
    };
  }

  private field(name: string): Field {
    return {
      place: this.place(name),
      name,
      text: (this.env[name] ?? '').trim(),
      assign: (value) => `${name}=${value}`,
    };
  }

  private number(
    name: string,
    fallback: number,
    parse: (field: Field, sink: ProblemSink) => number | null,
  ): number {
    return this.has(name) ? (parse(this.field(name), this.sink) ?? fallback) : fallback;
  }
}
