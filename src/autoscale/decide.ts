/**
 * The decision. One pure function for the daemon, the dry run and the simulator:
 *
 *   rollout? switched off? ---------------------------------------------> skip
 *   signals -> need of each -> the largest
 *                  |             |-- a signal unknown or not whole: not below the present count
 *                  '-- all unknown: on-error
 *   need -> stabilisation windows -> cooldown -> step -> hold -> room in the Swarm -> bounds -> schedule
 *   -> pause ------------------------------------------------------------> up | down | hold
 *
 * The bounds come last and always hold, with or without data; only a pause is stronger.
 */

import { DEFAULT_COVERAGE_PERCENT, DEFAULT_HOLD_MS } from '../policy/defaults.js';
import type { Policy } from '../policy/policy.js';
import { canWake } from '../policy/signal-kinds.js';
import { formatDurationMs } from '../text.js';
import { shortageText } from './capacity.js';
import { cooldownLeftMs, stabilise, stepLimit, windowOf } from './limits.js';
import { verdictText } from './text.js';
import type { Adjustment, AdjustmentRule, Decision, History, SignalVerdict, Snapshot } from './types.js';
import { judgeSignals } from './verdict.js';

/** All signals have to be unknown for this long before `on-error` acts; a single lost answer is no outage. */
const ON_ERROR_AFTER_MS = 15_000;

const ROLLING: ReadonlySet<string> = new Set(['updating', 'paused', 'rollback_started', 'rollback_paused']);

/**
 * Decides how many replicas a service should have. Deterministic; reads no clock: `now` is in milliseconds of the
 * same clock as the readings and the history.
 */
export function decide(policy: Policy, snapshot: Snapshot, history: History, now: number): Decision {
  const veto = vetoOf(policy, snapshot);
  if (veto !== null) return skip(snapshot, veto);
  const signals = judgeSignals(policy.signals, snapshot, history, now);
  const trail = new Trail(combine(policy, signals));

  const outage = signals.every(({ need }) => need === null);
  if (outage) applyOnError(policy, snapshot, history, now, trail);
  else holdOnMissing(policy, signals, snapshot, trail);
  const need = trail.value ?? snapshot.desired;

  if (!outage) applyWindows(policy, snapshot, history, now, trail);
  applyCooldown(policy, snapshot, history, now, trail);
  applyStep(policy, snapshot, history, now, trail);
  applyHold(policy, snapshot, history, now, trail);
  applyRoom(policy, snapshot, trail);
  trail.adjust('max', Math.min(trail.value ?? snapshot.desired, policy.max), `max is ${policy.max}`);
  trail.adjust('min', Math.max(trail.value ?? snapshot.desired, policy.min), `min is ${policy.min}`);

  applySchedule(snapshot, trail);
  if (snapshot.paused !== undefined) trail.hold('paused', snapshot.desired, snapshot.paused);

  const from = snapshot.desired;
  const to = trail.value ?? from;
  return {
    service: snapshot.service,
    from,
    to,
    outcome: to > from ? 'up' : to < from ? 'down' : 'hold',
    signals,
    need,
    adjustments: trail.adjustments,
    reasons: [...byNeed(signals).map(verdictText), ...trail.adjustments.map(({ text }) => text)],
  };
}

/** The number on its way, and each rule that changed it. */
class Trail {
  readonly adjustments: Adjustment[] = [];
  constructor(public value: number | null) {}

  adjust(rule: AdjustmentRule, after: number, text: string): void {
    const before = this.value ?? after;
    if (this.value !== null && before === after) return;
    this.adjustments.push({ rule, before, after, text });
    this.value = after;
  }

  /** What is said also where there was nothing to hold back. */
  hold(rule: AdjustmentRule, desired: number, text: string): void {
    this.adjustments.push({ rule, before: this.value ?? desired, after: desired, text });
    this.value = desired;
  }
}

function vetoOf(policy: Policy, snapshot: Snapshot): { rule: AdjustmentRule; text: string } | null {
  if (snapshot.updateState !== null && ROLLING.has(snapshot.updateState)) {
    return {
      rule: 'rollout',
      text: `a rollout is in progress (${snapshot.updateState}), and scaling now would disturb it`,
    };
  }
  if (snapshot.desired === 0 && policy.min > 0) {
    return {
      rule: 'switched-off',
      text: `somebody switched it off (0 replicas, min is ${policy.min}); scale it to 1 to hand it back`,
    };
  }
  return null;
}

function skip(snapshot: Snapshot, veto: { rule: AdjustmentRule; text: string }): Decision {
  const { desired, service } = snapshot;
  return {
    service,
    from: desired,
    to: desired,
    outcome: 'skip',
    signals: [],
    need: null,
    adjustments: [{ rule: veto.rule, before: desired, after: desired, text: veto.text }],
    reasons: [veto.text],
  };
}

/**
 * The largest need. Where a queue may take the service to zero, other signals cannot hold the last replica: an idle
 * process never measures exactly 0 %, and rounding up would keep it for ever.
 */
function combine(policy: Policy, signals: readonly SignalVerdict[]): number | null {
  const needs = signals.flatMap(({ need }) => (need === null ? [] : [need]));
  if (needs.length === 0) return null;
  const largest = Math.max(...needs);
  const waking = signals.filter((_, index) => {
    const signal = policy.signals[index];
    return signal !== undefined && canWake(signal);
  });
  const idle = waking.length > 0 && waking.every(({ need }) => need === 0);
  return policy.min === 0 && idle && largest <= 1 ? 0 : largest;
}

function applyOnError(policy: Policy, snapshot: Snapshot, history: History, now: number, trail: Trail): void {
  const { desired } = snapshot;
  const { onError } = policy;
  const unknownForMs = history.lastKnownAt === null ? Infinity : now - history.lastKnownAt;
  if (onError.kind === 'hold' || unknownForMs < ON_ERROR_AFTER_MS) {
    trail.adjust('on-error', desired, 'nothing could be measured, so nothing changes');
    return;
  }
  const wanted = onError.kind === 'max' ? policy.max : onError.replicas;
  const name = onError.kind === 'max' ? `max, which is ${policy.max}` : `${onError.replicas}`;
  trail.adjust('on-error', Math.max(desired, wanted), `nothing could be measured; on-error is ${name}`);
}

function holdOnMissing(
  policy: Policy,
  signals: readonly SignalVerdict[],
  snapshot: Snapshot,
  trail: Trail,
): void {
  const { desired } = snapshot;
  if (trail.value === null || trail.value >= desired) return;
  const unknown = signals.filter(({ need }) => need === null).map(({ signal }) => signal);
  if (unknown.length > 0) {
    trail.adjust('unknown-signal', desired, `not shrinking while ${unknown.join(' and ')} is unknown`);
    return;
  }
  const enough = (policy.coveragePercent ?? DEFAULT_COVERAGE_PERCENT) / 100;
  const partial = signals.find(
    ({ coverage }) => coverage !== null && coverage.sampled < coverage.running * enough,
  );
  if (partial?.coverage) {
    const { sampled, running } = partial.coverage;
    trail.adjust(
      'coverage',
      desired,
      `not shrinking while only ${sampled} of ${running} running tasks are measured`,
    );
    return;
  }
  const doubtful = signals.find((verdict) => verdict.partial !== undefined);
  if (doubtful?.partial !== undefined) {
    trail.adjust('coverage', desired, `not shrinking while ${doubtful.partial}`);
  }
}

function applyWindows(policy: Policy, snapshot: Snapshot, history: History, now: number, trail: Trail): void {
  const { desired } = snapshot;
  const need = trail.value ?? desired;
  if (need === desired) return;
  const { replicas, seen } = stabilise(need, policy, snapshot, history, now);
  const direction = need > desired ? 'up' : 'down';
  const window = formatDurationMs(windowOf(direction, policy, snapshot));
  trail.adjust(`${direction}-window`, replicas, `the ${direction} window (${window}) saw a need of ${seen}`);
}

function applyCooldown(
  policy: Policy,
  snapshot: Snapshot,
  history: History,
  now: number,
  trail: Trail,
): void {
  const { desired } = snapshot;
  const value = trail.value ?? desired;
  if (value === desired) return;
  const direction = value > desired ? 'up' : 'down';
  const left = cooldownLeftMs(direction, policy, history, now);
  if (left === 0) return;
  trail.adjust(
    `${direction}-cooldown`,
    desired,
    `the ${direction} cooldown lasts ${formatDurationMs(left)} more`,
  );
}

function applyStep(policy: Policy, snapshot: Snapshot, history: History, now: number, trail: Trail): void {
  const { desired } = snapshot;
  const value = trail.value ?? desired;
  if (value === desired) return;
  const direction = value > desired ? 'up' : 'down';
  const limit = stepLimit(direction, desired, policy, history, now);
  const after = direction === 'up' ? Math.min(value, limit) : Math.max(value, limit);
  trail.adjust(`${direction}-step`, after, `the ${direction} step allows ${limit} for now`);
}

/** What a person set stays for a while, in both directions; the bounds come after it. */
function applyHold(policy: Policy, snapshot: Snapshot, history: History, now: number, trail: Trail): void {
  const { byHand } = history;
  if (byHand === undefined || byHand.to !== snapshot.desired) return;
  const left = (policy.holdMs ?? DEFAULT_HOLD_MS) - Math.max(0, now - byHand.at);
  if (left <= 0) return;
  const more = formatDurationMs(Math.ceil(left / 1_000) * 1_000);
  trail.adjust('hold', snapshot.desired, `held for ${more} more after somebody set it to ${byHand.to}`);
}

/** Growth only: what runs has its place. What max forbids anyway is not missed. */
function applyRoom({ max }: Policy, { room, desired }: Snapshot, trail: Trail): void {
  const wanted = Math.min(trail.value ?? desired, max) - desired;
  if (room === undefined || wanted <= 0 || wanted <= room.more) return;
  trail.adjust('capacity', desired + Math.max(0, room.more), shortageText(room, wanted));
}

/** Within the bounds of the policy, which have been applied. */
function applySchedule({ scheduled, desired }: Snapshot, trail: Trail): void {
  if (scheduled === undefined) return;
  const { min, max, text } = scheduled;
  trail.adjust('schedule', Math.min(max, Math.max(min, trail.value ?? desired)), text);
}

function byNeed(signals: readonly SignalVerdict[]): SignalVerdict[] {
  return [...signals].sort((a, b) => (b.need ?? -1) - (a.need ?? -1));
}
