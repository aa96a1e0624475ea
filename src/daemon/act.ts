/** Carries a decision out: one update of the whole specification, at the version that was decided on. */

import { reasonText } from '../autoscale/text.js';
import type { Decision } from '../autoscale/types.js';
import { writeLastScale } from '../policy/last-scale.js';
import { isEngineError } from '../swarm/engine.js';
import type { ServiceSpec, SwarmService } from '../swarm/objects.js';
import type { Clock } from './clock.js';
import type { Action, AutoscaleEngine } from './types.js';

const MOST_ATTEMPTS = 5;
const LONGEST_REASON = 200;

export interface ActOptions {
  clock: Clock;
  dryRun: boolean;
  /** Asked right before each write; absent: a person said so, and needs no lease. */
  mayWrite?: () => boolean;
}

export interface Acted {
  /** the decision that was carried out last; another one than at first after a conflict */
  decision: Decision;
  action: Action;
  /** RFC 3339; the time that was written into the service's label */
  writtenAt?: string;
}

/**
 * `redecide` is asked anew whenever somebody else has changed the service in between, with the service as it is now;
 * null means that it is none of our business any more. The update itself is never cut short by a signal: it ends
 * before the daemon does.
 */
export async function act(
  engine: Pick<AutoscaleEngine, 'updateService' | 'inspectService'>,
  service: SwarmService,
  decision: Decision,
  redecide: (service: SwarmService) => Decision | null,
  { clock, dryRun, mayWrite = () => true }: ActOptions,
): Promise<Acted> {
  let now = service;
  let current = decision;
  for (let attempt = 1; ; attempt++) {
    const { from, to } = current;
    if (from === to) return { decision: current, action: { kind: 'none' } };
    if (dryRun) return { decision: current, action: { kind: 'would-scale', from, to } };
    if (!mayWrite()) return { decision: current, action: { kind: 'standing-by', from, to } };
    const writtenAt = new Date(clock.wallMs()).toISOString();
    try {
      await engine.updateService(now.ID, now.Version.Index, scaledSpec(now.Spec, current, writtenAt));
      return { decision: current, action: { kind: 'scaled', from, to, attempts: attempt }, writtenAt };
    } catch (error) {
      if (isEngineError(error, 'not-found')) return { decision: current, action: { kind: 'gone' } };
      if (!isEngineError(error, 'out-of-sequence') || attempt === MOST_ATTEMPTS)
        return failed(current, error);
    }
    await clock.sleep(attempt * (50 + 100 * clock.random()));
    try {
      now = await engine.inspectService(now.ID);
    } catch (error) {
      if (isEngineError(error, 'not-found')) return { decision: current, action: { kind: 'gone' } };
      return failed(current, error);
    }
    const again = redecide(now);
    if (again === null) return { decision: current, action: { kind: 'none' } };
    current = again;
  }
}

/** The specification as the Engine gave it, with another count and word of the change in a label. */
function scaledSpec(spec: ServiceSpec, decision: Decision, at: string): ServiceSpec {
  const reason = reasonText(decision).slice(0, LONGEST_REASON);
  const { from, to } = decision;
  return {
    ...spec,
    Labels: { ...spec.Labels, ...writeLastScale({ at, from, to, reason, by: 'autoscaler' }) },
    Mode: { ...spec.Mode, Replicated: { ...spec.Mode.Replicated, Replicas: to } },
  };
}

function failed(decision: Decision, error: unknown): Acted {
  return {
    decision,
    action: { kind: 'failed', message: error instanceof Error ? error.message : String(error) },
  };
}
