/** Each signal of a policy with what was read for it, as a verdict: value, aim, need. */

import { signalAim, signalName } from '../policy/describe.js';
import type { SignalPolicy } from '../policy/policy.js';
import { queueNeed, resourceNeed } from './need.js';
import { judgeRequests } from './requests.js';
import type { History, SignalReading, SignalVerdict, Snapshot } from './types.js';

/** A reading older than this says nothing about the present, milliseconds. */
const OLDEST_READING_MS = 60_000;

export function judgeSignals(
  signals: readonly SignalPolicy[],
  snapshot: Snapshot,
  history: History,
  now: number,
): SignalVerdict[] {
  return signals.map((signal, index) => {
    const verdict = judge(signal, snapshot.readings[index], snapshot, now);
    return signal.kind === 'requests'
      ? judgeRequests(signal, verdict, { signals, snapshot, history, now })
      : verdict;
  });
}

const UNITS = { cpu: '%', memory: '%', queue: 'jobs', requests: 'requests/s' } as const;

function judge(
  signal: SignalPolicy,
  reading: SignalReading | undefined,
  snapshot: Snapshot,
  now: number,
): SignalVerdict {
  const ageMs = reading?.at === undefined || reading.at === null ? null : Math.max(0, now - reading.at);
  const verdict: SignalVerdict = {
    signal: signalName(signal),
    value: null,
    unit: UNITS[signal.kind],
    aim: signalAim(signal),
    need: null,
    coverage: null,
    ageMs,
    note: reading?.note ?? null,
  };
  if (reading?.kind !== signal.kind) return { ...verdict, note: 'not read' };
  const fresh = ageMs === null || ageMs <= OLDEST_READING_MS;
  if (!fresh) verdict.note = `last read ${Math.round(ageMs / 1000)} s ago`;
  if (signal.kind === 'queue') {
    const length = reading.kind === 'queue' && fresh ? known(reading.length) : null;
    return {
      ...verdict,
      value: length,
      need: length === null ? null : queueNeed(length, signal.jobsPerReplica),
    };
  }
  if (signal.kind === 'requests') {
    const arrivals = reading.kind === 'requests' && fresh ? known(reading.arrivalsPerSecond) : null;
    return { ...verdict, value: arrivals };
  }
  if (reading.kind === 'queue' || reading.kind === 'requests') return verdict;
  const { desired, running } = snapshot;
  const { sampled } = reading;
  const meanPercent = sampled > 0 && fresh ? known(reading.meanPercent) : null;
  return {
    ...verdict,
    value: meanPercent,
    coverage: { sampled, running: Math.max(running, sampled) },
    need: meanPercent === null ? null : resourceNeed(signal.rule, { meanPercent, sampled, running, desired }),
  };
}

/** A number that can be reckoned with; NaN, infinity and numbers below zero are as good as unknown. */
function known(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null;
}
