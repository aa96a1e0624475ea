/** One evaluation: observe, measure, decide, act. The daemon's tick and the one-shot command are this function. */

import { decide } from '../autoscale/decide.js';
import {
  beginHistory,
  noticeLabel,
  noticeOthers,
  rememberDecision,
  rememberScale,
  type LabelledScale,
} from '../autoscale/history.js';
import type { DecisionBasis } from '../autoscale/thresholds.js';
import type { History } from '../autoscale/types.js';
import { readLastScale } from '../policy/last-scale.js';
import type { EnvironmentPolicy } from '../policy/policy.js';
import { summaryOf } from '../signals/service-usage.js';
import type { SwarmService } from '../swarm/objects.js';
import { act } from './act.js';
import { systemClock, type Clock } from './clock.js';
import { measure, type MeasureOptions } from './measure.js';
import { observe, type Observation } from './observe.js';
import { collectPolicies, policyOf, type GovernedService, type PolicyContext } from './policies.js';
import { replicasOf, snapshotOf, type Measurements } from './readings.js';
import { NO_TASKS } from './service-tasks.js';
import { standingOf } from './standing.js';
import type { AutoscaleEngine, Evaluation, ServiceOutcome, UsageSample } from './types.js';

export interface EvaluateOptions extends MeasureOptions {
  /** from a classic environment, beside what labels say */
  environment?: EnvironmentPolicy | null;
  /** only services of this stack */
  stack?: string | null;
  /** Decides everything and writes nothing. */
  dryRun?: boolean;
  /** Whether this process holds the lease; absent: a person said so, and needs none. */
  mayWrite?: () => boolean;
  /** What earlier ticks left behind, by service id. Absent: a single evaluation, which goes by labels alone. */
  histories?: Map<string, History>;
  clock?: Clock;
  /** Called with what each decision was made from, as it stands after it. */
  onBasis?: (serviceId: string, basis: DecisionBasis) => void;
  /** Ends the reading; an update that was begun is finished. */
  signal?: AbortSignal;
}

/**
 * Evaluates every service that has a policy, and carries the decisions out. Throws EngineError when the Swarm cannot
 * be observed; what goes wrong with one service is part of that service's outcome.
 */
export async function evaluateOnce(engine: AutoscaleEngine, options: EvaluateOptions): Promise<Evaluation> {
  const clock = options.clock ?? systemClock;
  const context: PolicyContext = { environment: options.environment ?? null, stack: options.stack ?? null };
  const observed = await observe(engine, context.stack, options.signal);
  const { governed, invalid } = collectPolicies(observed.services, context);
  const measured = await measure(observed, governed, options, clock);
  forgetGone(options.histories, observed.services);

  const outcomes =
    options.signal?.aborted === true
      ? []
      : await Promise.all(
          governed.map((one) => evaluateService(engine, one, measured, context, options, clock)),
        );
  return {
    at: new Date(clock.wallMs()).toISOString(),
    clusterId: observed.clusterId,
    outcomes,
    invalid,
    usage: samplesOf(observed, measured),
  };
}

async function evaluateService(
  engine: AutoscaleEngine,
  { service, policy }: GovernedService,
  measured: Measurements,
  context: PolicyContext,
  options: EvaluateOptions,
  clock: Clock,
): Promise<ServiceOutcome> {
  const now = measured.monotonicMs;
  const { histories } = options;
  const history = noticeOthers(
    noticeLabel(
      histories?.get(service.ID) ?? firstHistory(service, histories !== undefined, measured),
      labelledScale(service, measured),
      now,
    ),
    replicasOf(service),
    now,
  );
  const snapshot = snapshotOf(service, policy, measured);

  const { decision, action, writtenAt } = await act(
    engine,
    service,
    decide(policy, snapshot, history, now),
    (current) => {
      const decoded = policyOf(current, context);
      return decoded.kind === 'policy'
        ? decide(decoded.value, snapshotOf(current, decoded.value, measured), history, now)
        : null;
    },
    {
      clock,
      dryRun: options.dryRun ?? false,
      ...(options.mayWrite === undefined ? {} : { mayWrite: options.mayWrite }),
    },
  );
  let after = rememberDecision(history, decision, policy, now);
  if (action.kind === 'scaled')
    after = {
      ...rememberScale(after, { at: now, from: action.from, to: action.to }, now),
      ...(writtenAt === undefined ? {} : { labelSeen: writtenAt }),
    };
  histories?.set(service.ID, after);
  const desired = after.lastDesired ?? snapshot.desired;
  options.onBasis?.(service.ID, { policy, snapshot: { ...snapshot, desired }, history: after, now });
  return {
    serviceId: service.ID,
    service: service.Spec.Name,
    at: new Date(clock.wallMs()).toISOString(),
    decision,
    action,
    standing: standingOf(service, policy, snapshot, measured),
  };
}

/** Rebuilt from the Swarm itself: the label tells of the last change in wall time, which becomes an age here. */
function firstHistory(service: SwarmService, loop: boolean, measured: Measurements): History {
  const now = measured.monotonicMs;
  const last = labelledScale(service, measured);
  return beginHistory(loop ? replicasOf(service) : null, last, now);
}

/** What the service's label tells of its last change. */
function labelledScale(service: SwarmService, measured: Measurements): LabelledScale | null {
  const last = readLastScale(service.Spec.Labels);
  if (last === null) return null;
  const ageMs = Math.max(0, measured.wallMs - Date.parse(last.at));
  const { from, to, by } = last;
  return { at: measured.monotonicMs - ageMs, from, to, by, label: last.at };
}

function forgetGone(histories: Map<string, History> | undefined, services: readonly SwarmService[]): void {
  const live = new Set(services.map(({ ID }) => ID));
  for (const id of histories?.keys() ?? []) if (!live.has(id)) histories?.delete(id);
}

function samplesOf(observed: Observation, measured: Measurements): UsageSample[] {
  return observed.services.flatMap((service) => {
    const { running } = measured.byService.get(service.ID) ?? NO_TASKS;
    if (running.length === 0) return [];
    const usage = running.flatMap(({ ID }) => measured.usage.get(ID) ?? []);
    const { serviceId, cpuPercent, memoryPercent, sampled } = summaryOf(service.ID, running.length, usage);
    const { Name } = service.Spec;
    return [{ serviceId, service: Name, cpuPercent, memoryPercent, sampled, running: running.length }];
  });
}
