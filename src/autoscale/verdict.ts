/** Each signal of a policy with what was read for it, as a verdict: value, aim, need. */

import { signalAim, signalName, signalUnit } from '../policy/describe.js';
import type {
  BackendSignal,
  JsonSignal,
  PrometheusSignal,
  QueueSignal,
  SignalPolicy,
} from '../policy/policy.js';
import { guardNeed, levelNeed, queuedNeed, totalNeed, workNeed, type Replicas } from './load-need.js';
import { resourceNeed } from './need.js';
import { asGuard, judgeRequests } from './requests.js';
import { replicasBeforeGrowth } from './start-up.js';
import type {
  History,
  LoadReading,
  QueueReading,
  ResourceReading,
  SignalReading,
  SignalVerdict,
  Snapshot,
} from './types.js';

/** A reading older than this says nothing about the present, milliseconds. */
const OLDEST_MS: Readonly<Record<SignalPolicy['kind'], number>> = {
  cpu: 60_000,
  memory: 60_000,
  throttling: 60_000,
  queue: 30_000,
  requests: 30_000,
  queued: 30_000,
  sessions: 30_000,
  response: 30_000,
  errors: 30_000,
  // Its own scrape interval, commonly up to a minute, comes on top of ours.
  prometheus: 90_000,
  json: 30_000,
};

type Told = Partial<SignalVerdict>;
type Seen = Snapshot & Replicas & { beforeGrowth: number };

export function judgeSignals(
  signals: readonly SignalPolicy[],
  snapshot: Snapshot,
  history: History,
  now: number,
): SignalVerdict[] {
  const beforeGrowth = replicasBeforeGrowth(snapshot, history, now);
  const settled = Math.min(snapshot.running, beforeGrowth);
  const verdicts = signals.map((signal, index) => {
    const verdict = judge(signal, snapshot.readings[index], { ...snapshot, settled, beforeGrowth }, now);
    return signal.kind === 'requests'
      ? judgeRequests(signal, verdict, { signals, snapshot, history, now })
      : verdict;
  });
  const learner = signals.findIndex((signal) => signal.kind === 'requests' && signal.perReplica === null);
  const requests = verdicts[learner];
  if (requests === undefined) return verdicts;
  return verdicts.map((verdict) => (verdict.signal === 'cpu' ? asGuard(verdict, requests) : verdict));
}

function judge(
  signal: SignalPolicy,
  reading: SignalReading | undefined,
  snapshot: Seen,
  now: number,
): SignalVerdict {
  const ageMs = reading?.at === undefined || reading.at === null ? null : Math.max(0, now - reading.at);
  const verdict: SignalVerdict = {
    signal: signalName(signal),
    value: null,
    unit: signalUnit(signal),
    aim: signalAim(signal),
    need: null,
    coverage: null,
    ageMs,
    note: reading?.note ?? null,
  };
  const fresh = ageMs === null || ageMs <= OLDEST_MS[signal.kind];
  const told = reading === undefined ? null : tell(signal, reading, snapshot, fresh);
  if (told === null) return { ...verdict, note: 'not read' };
  if (!fresh) verdict.note = `last read ${Math.round(ageMs / 1000)} s ago`;
  return { ...verdict, ...told };
}

/** What the reading says, or null when it is not one of this signal. */
function tell(signal: SignalPolicy, reading: SignalReading, snapshot: Seen, fresh: boolean): Told | null {
  const partial = 'partial' in reading ? { partial: reading.partial } : {};
  switch (signal.kind) {
    case 'cpu':
    case 'memory':
    case 'throttling':
      return reading.kind === signal.kind ? tellMean(signal, reading, snapshot, fresh) : null;
    case 'queue':
      return reading.kind === 'queue' ? { ...tellQueue(signal, reading, snapshot, fresh), ...partial } : null;
    case 'requests':
      if (reading.kind !== 'requests') return null;
      return { value: fresh ? known(reading.arrivalsPerSecond) : null, ...partial };
    default: {
      if (reading.kind !== signal.kind) return null;
      const value = fresh ? known(reading.value) : null;
      return { value, need: value === null ? null : loadNeed(signal, value, snapshot), ...partial };
    }
  }
}

function tellMean(
  signal: Extract<SignalPolicy, { kind: ResourceReading['kind'] }>,
  reading: ResourceReading,
  { desired, running, settled }: Seen,
  fresh: boolean,
): Told {
  const { sampled } = reading;
  const meanPercent = sampled > 0 && fresh ? known(reading.meanPercent) : null;
  const coverage = { sampled, running: Math.max(running, sampled) };
  if (meanPercent === null) return { coverage };
  const need =
    signal.kind === 'throttling'
      ? guardNeed(meanPercent, signal.targetPercent, { desired, settled })
      : resourceNeed(signal.rule, { meanPercent, sampled, running, desired });
  return { value: meanPercent, coverage, need };
}

function tellQueue(signal: QueueSignal, reading: QueueReading, seen: Seen, fresh: boolean): Told {
  const length = fresh ? known(reading.length) : null;
  if (length === null) return {};
  const inFlight = Math.min(length, reading.inFlight ?? 0);
  const measure = {
    desired: seen.desired,
    beforeGrowth: seen.beforeGrowth,
    waiting: length - inFlight,
    inFlight,
    paused: reading.paused === true,
    ratePerReplica: positive(reading.ratePerReplica),
    concurrency: positive(reading.concurrency),
  };
  return { value: length, need: workNeed(signal, measure) };
}

function loadNeed(
  signal: BackendSignal | PrometheusSignal | JsonSignal,
  value: number,
  replicas: Replicas,
): number {
  switch (signal.kind) {
    case 'sessions':
      return totalNeed(value, signal.target, replicas);
    case 'queued':
      return queuedNeed(value, signal.target, replicas);
    case 'response':
    case 'errors':
      return guardNeed(value, signal.target, replicas);
    default: {
      if (value <= (signal.activation ?? 0)) return 0;
      const need = signal.form === 'total' ? totalNeed : levelNeed;
      return Math.max(1, need(value, signal.target, replicas));
    }
  }
}

/** A number that can be reckoned with; NaN, infinity and numbers below zero are as good as unknown. */
function known(value: LoadReading['value']): number | null {
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null;
}

function positive(value: number | null | undefined): number | null {
  return value !== undefined && value !== null && Number.isFinite(value) && value > 0 ? value : null;
}
