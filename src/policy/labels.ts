/** A policy from a service's labels, decoded strictly: whatever is not understood is a problem, never ignored. */

import { checkBand, checkBounds, checkCompany, checkReachable } from './checks.js';
import { checkLearnable, decodeBackend } from './decode-backend.js';
import { decodeJson, decodePrometheus } from './decode-number.js';
import { decodeQueue } from './decode-queue.js';
import { decodeResource, decodeThrottling } from './decode-resource.js';
import { checkSchedules, decodeSchedules } from './decode-schedule.js';
import {
  DEFAULT_DOWN,
  DEFAULT_DOWN_BY_REQUESTS,
  DEFAULT_MIN,
  DEFAULT_ON_ERROR,
  DEFAULT_UP,
} from './defaults.js';
import { isPolicyLabel, LABEL_PREFIX, SCHEDULE_PREFIX, STATE_LABELS } from './keys.js';
import { LabelReader } from './label-reader.js';
import type { Decoded, DirectionPolicy, Policy, PolicySubject, SignalPolicy } from './policy.js';
import { canWake } from './signal-kinds.js';
import { databaseOf } from './stateful.js';
import {
  parseBoolean,
  parseDurationMs,
  parseOnError,
  parseReplicas,
  parseShare,
  parseStep,
} from './values.js';

export type ServiceModeName = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** What is known of the service besides its labels; leaving it out leaves the checks out that need it. */
export interface ServiceFacts {
  cpuLimited?: boolean;
  memoryLimited?: boolean;
  /** of the service's containers, which nothing here reads: a policy there is on the wrong level */
  containerLabels?: Readonly<Record<string, string>>;
  image?: string;
}

/** Decodes the policy of a service as the Engine describes it, or as a deploy is about to create it. */
export function decodeService(spec: PolicySubject): Decoded<Policy> {
  const limits = spec.TaskTemplate.Resources?.Limits;
  const container = spec.TaskTemplate.ContainerSpec;
  return decodeLabels(spec.Name, spec.Labels ?? {}, modeOf(spec), {
    cpuLimited: (limits?.NanoCPUs ?? 0) > 0,
    memoryLimited: (limits?.MemoryBytes ?? 0) > 0,
    ...(container?.Labels === undefined ? {} : { containerLabels: container.Labels }),
    ...(container?.Image === undefined ? {} : { image: container.Image }),
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
  const misplaced = misplacedKeys(labels, facts.containerLabels ?? {});
  if (own.length === 0 && misplaced.length === 0) return { kind: 'none' };

  const decoder = new LabelDecoder(service, labels, facts);
  for (const key of misplaced) {
    decoder.problem(
      key,
      'stands on the container, where nothing reads it',
      'Move it from labels to deploy.labels, which are the service’s.',
    );
  }
  if (own.length === 0) return decoder.result(null);
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
  return decoder.result(enabled === true ? policy : null);
}

/** Policy labels of the containers. Those that the service has too are only a double, and do no harm. */
function misplacedKeys(
  labels: Readonly<Record<string, string>>,
  containerLabels: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(containerLabels).filter(
    (key) => key.startsWith(LABEL_PREFIX) && !STATE_LABELS.has(key) && !Object.hasOwn(labels, key),
  );
}

function modeOf(spec: PolicySubject): ServiceModeName {
  if (spec.Mode.Global !== undefined) return 'global';
  if (spec.Mode.ReplicatedJob !== undefined) return 'replicated-job';
  if (spec.Mode.GlobalJob !== undefined) return 'global-job';
  return 'replicated';
}

class LabelDecoder extends LabelReader {
  constructor(
    service: string,
    labels: Readonly<Record<string, string>>,
    private readonly facts: ServiceFacts,
  ) {
    super(service, labels);
  }

  result(policy: Policy | null): Decoded<Policy> {
    const [first, ...rest] = this.sink.problems;
    if (first !== undefined) return { kind: 'invalid', problems: [first, ...rest] };
    return policy === null ? { kind: 'none' } : { kind: 'policy', value: policy };
  }

  /** @param allKnown else a label that was refused may have been meant as the signal that is missing */
  policy(enabled: boolean, allKnown: boolean): Policy | null {
    const before = this.sink.problems.length;
    const min = this.value('min', parseReplicas) ?? DEFAULT_MIN;
    const max = this.value('max', parseReplicas);
    const signals = this.signals();
    const up = this.direction('up', DEFAULT_UP);
    const byRequests = signals.some(({ kind }) => kind === 'requests');
    const down = this.direction('down', byRequests ? DEFAULT_DOWN_BY_REQUESTS : DEFAULT_DOWN);
    const onError = this.value('on-error', parseOnError) ?? DEFAULT_ON_ERROR;
    const hold = this.value('hold', parseDurationMs);
    const coverage = this.value('coverage', parseShare);
    const schedules = decodeSchedules(this, this.scheduleKeys());
    const stateful = this.value('stateful', parseBoolean);
    const understood = this.sink.problems.length === before;
    if (enabled) this.refuseDatabase(stateful === true);
    if (enabled && !this.has('max')) {
      this.problem(
        'max',
        'is missing',
        'Add scalectl.max: "10", for example: the most replicas you want to pay for.',
      );
    }
    const [first, ...others] = signals;
    if (enabled && first === undefined && understood && allKnown && this.has('max')) {
      this.problem(
        'autoscale',
        'has nothing to go by',
        'Add scalectl.cpu.target: "70", scalectl.memory.target, or scalectl.queue.url and scalectl.queue.key.',
      );
    }
    if (max !== null && understood) {
      this.check({ min, max }, signals);
      checkSchedules(this, schedules, { min, max });
    }
    if (max === null || first === undefined) return null;
    const scheduled = schedules.length === 0 ? {} : { schedules };
    return {
      source: 'labels',
      min,
      max,
      signals: [first, ...others],
      up,
      down,
      onError,
      ...(hold === null ? {} : { holdMs: hold }),
      ...(coverage === null ? {} : { coveragePercent: coverage }),
      ...scheduled,
    };
  }

  private scheduleKeys(): string[] {
    return Object.keys(this.labels).filter((key) => key.startsWith(SCHEDULE_PREFIX) && isPolicyLabel(key));
  }

  private signals(): SignalPolicy[] {
    return [
      decodeResource(this, 'cpu'),
      decodeResource(this, 'memory'),
      decodeThrottling(this),
      decodeQueue(this),
      ...decodeBackend(this),
      decodePrometheus(this),
      decodeJson(this),
    ].filter((signal): signal is SignalPolicy => signal !== null);
  }

  private refuseDatabase(allowed: boolean): void {
    const database = databaseOf(this.facts.image ?? '');
    if (database === null || allowed) return;
    this.problem(
      'autoscale',
      `would scale ${database}, whose replicas are not interchangeable: each new one starts with data of its own`,
      'Remove the scalectl labels, or add scalectl.stateful: "true" where every replica may come and go.',
    );
  }

  private check(bounds: { min: number; max: number }, signals: readonly SignalPolicy[]): void {
    const names = {
      place: this.place,
      assign: (name: string, value: string) => `${name}: "${value}"`,
      min: 'scalectl.min',
      max: 'scalectl.max',
    };
    checkBounds(bounds, signals, names, this.sink);
    checkCompany(signals, this.place, this.sink);
    checkLearnable(this, signals);
    for (const signal of signals) {
      if (canWake(signal)) this.checkActivation(signal, bounds.min);
      if (signal.kind === 'throttling' && this.facts.cpuLimited === false) {
        this.problem(
          'throttling.target',
          'needs a CPU limit: without one nothing is held back',
          'Add deploy.resources.limits.cpus to the service.',
        );
      }
      if (signal.kind !== 'cpu' && signal.kind !== 'memory') continue;
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

  private checkActivation(signal: SignalPolicy, min: number): void {
    const name = `${signal.kind}.activation`;
    if (min === 0 || !this.has(name)) return;
    this.problem(
      name,
      `means nothing while scalectl.min is ${min}: it says what wakes a service from 0`,
      `Write scalectl.min: "0", or remove it.`,
    );
  }

  private direction(way: 'up' | 'down', defaults: DirectionPolicy): DirectionPolicy {
    const { windowMs, byStartUp } = defaults;
    const window = this.value(`${way}.window`, parseDurationMs);
    return {
      windowMs: window ?? windowMs,
      ...(window === null && byStartUp !== undefined ? { byStartUp } : {}),
      step: this.value(`${way}.step`, parseStep) ?? defaults.step,
      cooldownMs: this.value(`${way}.cooldown`, parseDurationMs) ?? defaults.cooldownMs,
    };
  }
}
