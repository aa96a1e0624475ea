/** A policy of scalectl at work in a simulation: the daemon's own `decide()`, fed with what a daemon would have read. */

import { decide } from '../autoscale/decide.js';
import { beginHistory, rememberDecision, rememberScale } from '../autoscale/history.js';
import type { History, SignalReading, Snapshot } from '../autoscale/types.js';
import { ENOUGH_ARRIVALS, SHORTEST_RATE_MS } from '../policy/defaults.js';
import type { Policy, SignalPolicy } from '../policy/policy.js';
import type { Scaler, View } from './view.js';

/** The daemon's default interval. */
const LOOP_SECONDS = 5;
/** The daemon takes what a task uses in its first seconds for its start and not for load. */
const WARM_UP_SECONDS = 10;
const NOT_SIMULATED = 'not simulated';

export function policyScaler(policy: Policy): Scaler {
  let history: History | null = null;
  return {
    everySeconds: LOOP_SECONDS,
    replicas(view) {
      const now = view.now * 1000;
      history ??= beginHistory(view.desired, null, now);
      const decision = decide(policy, snapshotOf(policy, view), history, now);
      history = rememberDecision(history, decision, policy, now);
      if (decision.to !== decision.from) {
        history = rememberScale(history, { at: now, from: decision.from, to: decision.to }, now);
      }
      return decision.to;
    },
  };
}

function snapshotOf(policy: Policy, view: View): Snapshot {
  const running = view.readyBy(view.now - WARM_UP_SECONDS);
  return {
    service: 'simulated',
    desired: view.desired,
    running,
    updateState: null,
    healthyAfterMs: view.startupSeconds * 1000,
    readings: policy.signals.map((signal) => readingOf(signal, view, running)),
  };
}

function readingOf(signal: SignalPolicy, view: View, running: number): SignalReading {
  const at = view.now * 1000;
  const from = view.now - LOOP_SECONDS;
  switch (signal.kind) {
    case 'cpu': {
      const meanPercent = running === 0 ? null : view.cpuPercent(from, view.now);
      return { kind: 'cpu', meanPercent, sampled: meanPercent === null ? 0 : running, at };
    }
    case 'queue':
      return { kind: 'queue', length: view.waiting + view.active, inFlight: view.active, concurrency: 1, at };
    case 'requests':
      return {
        kind: 'requests',
        arrivalsPerSecond: freshRate(view),
        queued: view.waiting,
        at,
      };
    case 'memory':
    case 'throttling':
      return { kind: signal.kind, meanPercent: null, sampled: 0, at: null, note: NOT_SIMULATED };
    default:
      return { kind: signal.kind, value: null, at: null, note: NOT_SIMULATED };
  }
}

/** As the daemon reads it of a balancer: over the shortest time that holds enough arrivals, else since the last look. */
function freshRate(view: View): number | null {
  for (let seconds = SHORTEST_RATE_MS / 1000; seconds < LOOP_SECONDS; seconds++) {
    const rate = view.arrivalsPerSecond(view.now - seconds, view.now);
    if (rate !== null && rate * seconds >= ENOUGH_ARRIVALS) return rate;
  }
  return view.arrivalsPerSecond(view.now - LOOP_SECONDS, view.now);
}
