/** A policy in words and in the short form that `status` shows. Holds no secrets, because a policy has none. */

import type { Policy, QueueSignal, ResourceRule, SignalPolicy } from './policy.js';

type SignalSummary =
  | { kind: 'cpu' | 'memory'; target: number }
  | { kind: 'cpu' | 'memory'; up: number; down: number }
  | { kind: 'queue'; queue: QueueSignal['queue']; key: string; target: number }
  | { kind: 'requests'; backend: string; target: number | null };

export interface PolicySummary {
  min: number;
  max: number;
  signals: SignalSummary[];
}

export function summarisePolicy(policy: Policy): PolicySummary {
  return { min: policy.min, max: policy.max, signals: policy.signals.map(summariseSignal) };
}

/** `cpu`, `memory`, `queue orders`, `requests to shop`. */
export function signalName(signal: SignalPolicy): string {
  if (signal.kind === 'requests') return `requests to ${signal.backend}`;
  return signal.kind === 'queue' ? `queue ${signal.key}` : signal.kind;
}

/** What a signal aims at: `target 70 %`, `30 to 80 %`, `10 jobs per replica`. */
export function signalAim(signal: SignalPolicy): string {
  if (signal.kind === 'queue') return `${signal.jobsPerReplica} jobs per replica`;
  if (signal.kind === 'requests') {
    return signal.perReplica === null ? 'the CPU target' : `${signal.perReplica} per second per replica`;
  }
  const rule: ResourceRule = signal.rule;
  return rule.kind === 'target'
    ? `target ${rule.targetPercent} %`
    : `${rule.downPercent} to ${rule.upPercent} %`;
}

function summariseSignal(signal: SignalPolicy): SignalSummary {
  if (signal.kind === 'queue') {
    return { kind: 'queue', queue: signal.queue, key: signal.key, target: signal.jobsPerReplica };
  }
  if (signal.kind === 'requests') {
    return { kind: 'requests', backend: signal.backend, target: signal.perReplica };
  }
  return signal.rule.kind === 'target'
    ? { kind: signal.kind, target: signal.rule.targetPercent }
    : { kind: signal.kind, up: signal.rule.upPercent, down: signal.rule.downPercent };
}
