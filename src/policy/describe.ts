/** Signals in words. No secrets, because a policy has none. */

import { formatDurationMs } from '../text.js';
import type { BackendSignal, NumberForm, SignalPolicy } from './policy.js';

const BACKEND_WORDS: Readonly<Record<BackendSignal['kind'], readonly [name: string, unit: string]>> = {
  queued: ['requests queued for', 'requests'],
  sessions: ['sessions of', 'connections'],
  response: ['response time of', 'ms'],
  errors: ['5xx of', '%'],
};

/** `cpu`, `queue orders`, `requests to app`, `json /queue/depth`. */
export function signalName(signal: SignalPolicy): string {
  switch (signal.kind) {
    case 'cpu':
    case 'memory':
    case 'throttling':
    case 'prometheus':
      return signal.kind;
    case 'queue':
      return `queue ${signal.key}`;
    case 'json':
      return `json ${signal.pointer}`;
    case 'requests':
      return `requests to ${signal.backend}`;
    default:
      return `${BACKEND_WORDS[signal.kind][0]} ${signal.backend}`;
  }
}

/** Of the signal's value; empty for a number that only its owner can name. */
export function signalUnit(signal: SignalPolicy): string {
  switch (signal.kind) {
    case 'cpu':
    case 'memory':
    case 'throttling':
      return '%';
    case 'queue':
      return 'jobs';
    case 'prometheus':
    case 'json':
      return '';
    case 'requests':
      return 'requests/s';
    default:
      return BACKEND_WORDS[signal.kind][1];
  }
}

/** What a signal aims at: `target 70 %`, `30 to 80 %`, `10 jobs per replica`, `empty within 1m`. */
export function signalAim(signal: SignalPolicy): string {
  switch (signal.kind) {
    case 'cpu':
    case 'memory': {
      const { rule } = signal;
      return rule.kind === 'target'
        ? `target ${rule.targetPercent} %`
        : `${rule.downPercent} to ${rule.upPercent} %`;
    }
    case 'throttling':
      return `at most ${signal.targetPercent} %`;
    case 'queue':
      return signal.drainMs === undefined
        ? `${signal.jobsPerReplica} jobs per replica`
        : `empty within ${formatDurationMs(signal.drainMs)}`;
    case 'requests':
      return signal.perReplica === null ? 'the CPU target' : `${signal.perReplica} per second per replica`;
    case 'response':
      return `at most ${formatDurationMs(signal.target)}`;
    case 'errors':
      return `at most ${signal.target} %`;
    case 'prometheus':
    case 'json':
      return numberAim(signal.form, signal.target);
    default:
      return `${signal.target} ${BACKEND_WORDS[signal.kind][1]} per replica`;
  }
}

/** Both, as short as a column of a table wants them: `cpu 70 %`, `queue orders 10`, `requests to app`. */
export function signalInShort(signal: SignalPolicy): string {
  return [signalName(signal), ...aimInShort(signal)].join(' ');
}

function aimInShort(signal: SignalPolicy): string[] {
  switch (signal.kind) {
    case 'cpu':
    case 'memory':
      return [
        signal.rule.kind === 'target'
          ? `${signal.rule.targetPercent} %`
          : `${signal.rule.downPercent}-${signal.rule.upPercent} %`,
      ];
    case 'queue':
      return [
        signal.drainMs === undefined
          ? String(signal.jobsPerReplica)
          : `within ${formatDurationMs(signal.drainMs)}`,
      ];
    case 'requests':
      return signal.perReplica === null ? [] : [`${signal.perReplica}/s`];
    case 'response':
      return [formatDurationMs(signal.target)];
    case 'errors':
      return [`${signal.target} %`];
    case 'throttling':
      return [`${signal.targetPercent} %`];
    default:
      return [String(signal.target)];
  }
}

function numberAim(form: NumberForm, target: number): string {
  return form === 'total' ? `${target} per replica` : `target ${target}`;
}
