/**
 * Looks at the balancers while the daemon waits for its next tick, and ends the wait when more arrives than what was
 * ordered can serve. It decides nothing: the tick that it calls for looks at everything itself.
 */

import type { DecisionBasis } from '../autoscale/thresholds.js';
import type { LoadSignal, RequestSignal } from '../policy/policy.js';
import type { Measurement, Source } from '../signals/types.js';
import type { Clock } from './clock.js';

/** A balancer's statistics cost it and the daemon about a millisecond. */
const BETWEEN_LOOKS_MS = 500;

interface Watched {
  signal: RequestSignal;
  /** requests per second that call for a tick */
  above: number;
}

export class Lookout {
  readonly #loads: Source<LoadSignal, Measurement>;
  readonly #clock: Clock;
  readonly #hint: () => void;
  readonly #watched = new Map<string, Watched>();

  constructor(loads: Source<LoadSignal, Measurement>, clock: Clock, hint: () => void) {
    this.#loads = loads;
    this.#clock = clock;
    this.#hint = hint;
  }

  /** What a service was decided from, as it stands after it. Holds for the next wait. */
  decided(serviceId: string, basis: DecisionBasis): void {
    const watched = watchedOf(basis);
    if (watched !== null) this.#watched.set(serviceId, watched);
  }

  /** Looks until the wait is over. Gives at most one hint, and throws what the wait throws. */
  async during(wait: Promise<void>): Promise<void> {
    const over = new AbortController();
    const watched = [...this.#watched.values()];
    this.#watched.clear();
    if (watched.length > 0) void this.#look(watched, over.signal);
    try {
      await wait;
    } finally {
      over.abort();
    }
  }

  async #look(watched: readonly Watched[], signal: AbortSignal): Promise<void> {
    const signals = watched.map((one) => one.signal);
    for (;;) {
      await this.#clock.sleep(BETWEEN_LOOKS_MS, signal);
      if (signal.aborted) return;
      const answers = await this.#loads.read(signals, { signal, between: true });
      if (watched.some(({ above }, index) => (answers[index]?.value ?? 0) > above)) {
        this.#hint();
        return;
      }
    }
  }
}

/** Null where no number of requests would make it grow, or where it is not known what a replica can serve. */
function watchedOf({ policy, snapshot, history }: DecisionBasis): Watched | null {
  const signal = policy.signals.find(({ kind }) => kind === 'requests');
  if (signal?.kind !== 'requests' || snapshot.desired >= policy.max) return null;
  const perReplica = history.serviceRate?.perReplica ?? signal.perReplica;
  if (perReplica === null) return null;
  // What the last tick wanted and did not get (a pause, a hold, no room) calls for no other.
  const ordered = Math.max(snapshot.desired, history.recommendations.at(-1)?.need ?? 0);
  return { signal, above: ordered * perReplica };
}
