/** A policy from a service's labels, decoded strictly: whatever is not understood is a problem, never ignored. */

import { closest, didYouMean } from '../text.js';
import { checkBand, checkBounds, checkReachable } from './checks.js';
import {
  DEFAULT_DOWN,
  DEFAULT_JOBS_PER_REPLICA,
  DEFAULT_MIN,
  DEFAULT_ON_ERROR,
  DEFAULT_UP,
} from './defaults.js';
import { LABEL_PREFIX, QUEUE_KINDS, STATE_LABELS, SUPPORTED_LABELS, UNSUPPORTED_LABELS } from './keys.js';
import type {
  Decoded,
  DirectionPolicy,
  Policy,
  PolicySubject,
  QueueSignal,
  RequestSignal,
  ResourceRule,
  ResourceSignal,
  SignalPolicy,
} from './policy.js';
import {
  parseBoolean,
  parseDurationMs,
  parseOnError,
  parsePercent,
  parsePositive,
  parseRedisUrl,
  parseReplicas,
  parseStep,
  ProblemSink,
  type Field,
} from './values.js';

export type ServiceModeName = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** What is known of the service besides its labels; leaving it out leaves the checks out that need it. */
export interface ServiceFacts {
  cpuLimited?: boolean;
  memoryLimited?: boolean;
}

/** Decodes the policy of a service as the Engine describes it, or as a deploy is about to create it. */
export function decodeService(spec: PolicySubject): Decoded<Policy> {
  const limits = spec.TaskTemplate.Resources?.Limits;
  return decodeLabels(spec.Name, spec.Labels ?? {}, modeOf(spec), {
    cpuLimited: (limits?.NanoCPUs ?? 0) > 0,
    memoryLimited: (limits?.MemoryBytes ?? 0) > 0,
  });
}

/**
 * Decodes the labels of one service (`deploy.labels` in a stack file). Finds all problems, not only the first.
 * Labels of others are not looked at; `scalectl.autoscale: "false"` still has its other labels checked.
 */
export function decodeLabels(
  service: string,
  labels: Readonly<Record<string, string>>,
  mode: ServiceModeName,
  facts: ServiceFacts = {},
): Decoded<Policy> {
  const own = Object.keys(labels).filter((key) => key.startsWith(LABEL_PREFIX) && !STATE_LABELS.has(key));
  if (own.length === 0) return { kind: 'none' };

  const decoder = new LabelDecoder(service, labels, facts);
  const allKnown = decoder.refuseUnknown(own);
  const enabled = decoder.value('autoscale', parseBoolean);
  if (!decoder.has('autoscale')) {
    decoder.problem(
      'autoscale',
      'is missing, so that the other scalectl labels do nothing',
      'Add scalectl.autoscale: "true", or remove the others.',
    );
  }
  if (enabled === true && mode !== 'replicated') {
    decoder.problem(
      'autoscale',
      `cannot be carried out: the service runs in ${mode} mode, and only replicated services can be scaled`,
      'Write deploy.mode: replicated, or remove the scalectl labels.',
    );
  }
  const policy = decoder.policy(enabled === true, allKnown);
  const [first, ...rest] = decoder.sink.problems;
  if (first !== undefined) return { kind: 'invalid', problems: [first, ...rest] };
  return enabled === true && policy !== null ? { kind: 'policy', value: policy } : { kind: 'none' };
}

function modeOf(spec: PolicySubject): ServiceModeName {
  if (spec.Mode.Global !== undefined) return 'global';
  if (spec.Mode.ReplicatedJob !== undefined) return 'replicated-job';
  if (spec.Mode.GlobalJob !== undefined) return 'global-job';
  return 'replicated';
}

class LabelDecoder {
  readonly sink = new ProblemSink();

  constructor(
    private readonly service: string,
    private readonly labels: Readonly<Record<string, string>>,
    private readonly facts: ServiceFacts,
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.labels, LABEL_PREFIX + name);
  }

  place = (name: string): string =>
    `service ${this.service}, label ${name.startsWith(LABEL_PREFIX) ? name : LABEL_PREFIX + name}`;

  problem(name: string, message: string, hint: string): void {
    this.sink.add(this.place(name), message, hint);
  }

  value<T>(name: string, parse: (field: Field, sink: ProblemSink) => T | null): T | null {
    const text = this.labels[LABEL_PREFIX + name];
    if (text === undefined) return null;
    const label = LABEL_PREFIX + name;
    const assign = (instead: string) => `${label}: "${instead}"`;
    return parse({ place: this.place(name), name: label, text: text.trim(), assign }, this.sink);
  }

  /** @returns whether there was nothing to refuse */
  refuseUnknown(keys: readonly string[]): boolean {
    const before = this.sink.problems.length;
    for (const key of keys) {
      if (SUPPORTED_LABELS.includes(key)) continue;
      if (UNSUPPORTED_LABELS.includes(key)) {
        this.problem(key, 'is not supported yet in this version', 'Remove it, or use cpu, memory or queue.');
      } else {
        // Without the prefix that all share, which would make any two labels look alike.
        const bare = (label: string): string => label.slice(LABEL_PREFIX.length);
        const guess = closest(bare(key), [...SUPPORTED_LABELS, ...UNSUPPORTED_LABELS].map(bare));
        const hint =
          guess === null
            ? 'See docs/autoscaling.md for the labels.'
            : `Did you mean "${LABEL_PREFIX}${guess}"?`;
        this.problem(key, 'is no label that scalectl knows', hint);
      }
    }
    return this.sink.problems.length === before;
  }

  /** @param allKnown else a label that was refused may have been meant as the signal that is missing */
  policy(enabled: boolean, allKnown: boolean): Policy | null {
    const before = this.sink.problems.length;
    const min = this.value('min', parseReplicas) ?? DEFAULT_MIN;
    const max = this.value('max', parseReplicas);
    const signals = [this.resource('cpu'), this.resource('memory'), this.queue(), this.requests()].filter(
      (signal): signal is SignalPolicy => signal !== null,
    );
    const up = this.direction('up', DEFAULT_UP);
    const down = this.direction('down', DEFAULT_DOWN);
    const onError = this.value('on-error', parseOnError) ?? DEFAULT_ON_ERROR;
    if (enabled && !this.has('max')) {
      this.problem(
        'max',
        'is missing',
        'Add scalectl.max: "10", for example: the most replicas you want to pay for.',
      );
    }
    const understood = this.sink.problems.length === before;
    const [first, ...others] = signals;
    if (enabled && first === undefined && understood && allKnown) {
      this.problem(
        'autoscale',
        'has nothing to go by',
        'Add scalectl.cpu.target: "70", scalectl.memory.target, or scalectl.queue.url and scalectl.queue.key.',
      );
    }
    if (max !== null && understood) this.check({ min, max }, signals);
    if (max === null || first === undefined) return null;
    return { source: 'labels', min, max, signals: [first, ...others], up, down, onError };
  }

  private check(bounds: { min: number; max: number }, signals: readonly SignalPolicy[]): void {
    const names = {
      place: this.place,
      assign: (name: string, value: string) => `${name}: "${value}"`,
      min: 'scalectl.min',
      max: 'scalectl.max',
    };
    checkBounds(bounds, signals, names, this.sink);
    for (const signal of signals) {
      if (signal.kind === 'queue') continue;
      if (signal.kind === 'requests') {
        this.checkLearnable(signal, signals);
        continue;
      }
      const label = (part: string) => `${LABEL_PREFIX}${signal.kind}.${part}`;
      const band = { up: label('up'), down: label('down') };
      checkBand(signal.rule, bounds, this.place(band.down), band, this.sink);
      const name = label(signal.rule.kind === 'target' ? 'target' : 'up');
      const limited = (signal.kind === 'cpu' ? this.facts.cpuLimited : this.facts.memoryLimited) ?? false;
      checkReachable(signal.rule, limited, this.place(name), name, this.sink);
      if (signal.kind === 'memory' && this.facts.memoryLimited === false) {
        this.problem(
          name,
          'needs a memory limit to be a percentage of',
          'Add deploy.resources.limits.memory to the service.',
        );
      }
    }
  }

  private resource(kind: 'cpu' | 'memory'): ResourceSignal | null {
    const [target, up, down] = (['target', 'up', 'down'] as const).map((part) =>
      this.value(`${kind}.${part}`, parsePercent),
    );
    const [hasTarget, hasUp, hasDown] = ['target', 'up', 'down'].map((part) => this.has(`${kind}.${part}`));
    if (hasTarget === true && (hasUp === true || hasDown === true)) {
      this.problem(
        `${kind}.target`,
        `stands beside scalectl.${kind}.${hasUp === true ? 'up' : 'down'}: it is one target or two thresholds`,
        `Remove scalectl.${kind}.target, or scalectl.${kind}.up and scalectl.${kind}.down.`,
      );
      return null;
    }
    if (hasUp !== hasDown) {
      const [there, missing] = hasUp === true ? ['up', 'down'] : ['down', 'up'];
      this.problem(
        `${kind}.${there}`,
        `stands alone: two thresholds need scalectl.${kind}.${missing} too`,
        `Add scalectl.${kind}.${missing}, or use scalectl.${kind}.target.`,
      );
      return null;
    }
    const rule = ruleOf(target ?? null, up ?? null, down ?? null);
    return rule === null ? null : { kind, rule };
  }

  private queue(): QueueSignal | null {
    const named = ['url', 'key', 'kind', 'target'].filter((part) => this.has(`queue.${part}`));
    const [firstNamed] = named;
    if (firstNamed === undefined) return null;
    const address = this.value('queue.url', parseRedisUrl);
    const key = this.value('queue.key', (field, sink) =>
      field.text === ''
        ? sink.reject(field, 'names no key', 'Write scalectl.queue.key: "orders".')
        : field.text,
    );
    this.value('queue.kind', (field, sink) => {
      if (field.text === 'list') return field.text;
      return QUEUE_KINDS.includes(field.text)
        ? sink.reject(field, 'is not supported yet in this version', 'Write scalectl.queue.kind: "list".')
        : sink.reject(
            field,
            'is no kind of queue that scalectl knows',
            didYouMean(field.text, QUEUE_KINDS) ?? 'Write scalectl.queue.kind: "list".',
          );
    });
    const jobs = this.value('queue.target', (field, sink) => parsePositive(field, sink, 'jobs per replica'));
    for (const part of ['url', 'key'].filter((name) => !named.includes(name))) {
      const example = part === 'url' ? 'redis://redis:6379' : 'orders';
      this.problem(
        `queue.${firstNamed}`,
        `stands without scalectl.queue.${part}`,
        `Add scalectl.queue.${part}: "${example}", for example.`,
      );
    }
    if (address === null || key === null) return null;
    if (address.password !== null) {
      this.problem(
        'queue.url',
        'holds a password, and everyone who can read the service can read its labels',
        'Remove the password from the URL and give the daemon REDIS_PASSWORD_FILE.',
      );
      return null;
    }
    return {
      kind: 'queue',
      queue: 'list',
      url: address.url,
      key,
      jobsPerReplica: jobs ?? DEFAULT_JOBS_PER_REPLICA,
    };
  }

  private requests(): RequestSignal | null {
    const perReplica = this.value('http.target', (field, sink) =>
      parsePositive(field, sink, 'requests per second per replica'),
    );
    const backend = this.value('http.backend', (field, sink) =>
      field.text === ''
        ? sink.reject(field, 'names no backend', 'Write scalectl.http.backend: "shop".')
        : field.text,
    );
    const forecast = this.value('http.forecast', parseBoolean) ?? true;
    if (backend === null) {
      const [lonely] = ['http.target', 'http.forecast'].filter((name) => this.has(name));
      if (lonely !== undefined && !this.has('http.backend')) {
        this.problem(
          lonely,
          'stands without scalectl.http.backend',
          'Add scalectl.http.backend: "shop", for example.',
        );
      }
      return null;
    }
    return { kind: 'requests', backend, perReplica, forecast };
  }

  /** Without a target, what a replica serves is learned from its CPU use. */
  private checkLearnable(signal: RequestSignal, signals: readonly SignalPolicy[]): void {
    if (signal.perReplica !== null || signals.some(({ kind }) => kind === 'cpu')) return;
    this.problem(
      'http.backend',
      'stands with neither scalectl.http.target nor a CPU target, so that what a replica can serve is not known',
      'Add scalectl.http.target: "50" (requests per second per replica), or scalectl.cpu.target: "80" to learn it.',
    );
  }

  private direction(way: 'up' | 'down', defaults: DirectionPolicy): DirectionPolicy {
    return {
      windowMs: this.value(`${way}.window`, parseDurationMs) ?? defaults.windowMs,
      step: this.value(`${way}.step`, parseStep) ?? defaults.step,
      cooldownMs: this.value(`${way}.cooldown`, parseDurationMs) ?? defaults.cooldownMs,
    };
  }
}

function ruleOf(target: number | null, up: number | null, down: number | null): ResourceRule | null {
  if (target !== null) return { kind: 'target', targetPercent: target };
  if (up !== null && down !== null) return { kind: 'band', upPercent: up, downPercent: down };
  return null;
}
