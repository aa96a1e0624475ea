/** What kinds of signal can do, and what they cannot. */

import type { LoadSignal, SignalPolicy } from './policy.js';

/** Its number is asked for as a whole, not task by task. */
export function isLoad(signal: SignalPolicy): signal is LoadSignal {
  return signal.kind !== 'cpu' && signal.kind !== 'memory' && signal.kind !== 'throttling';
}

/** Can be seen while nothing of the service runs, and so can bring it back from 0. */
export function canWake(signal: SignalPolicy): boolean {
  return signal.kind === 'queue' || signal.kind === 'prometheus' || signal.kind === 'json';
}

/**
 * Says when it is too much, and not how much would be enough: at rest such a signal is 0 whatever the number of
 * replicas, so that alone it would shrink a service until it suffers, grow it, and begin anew.
 */
export function isGuard(signal: SignalPolicy): boolean {
  return (
    signal.kind === 'throttling' ||
    signal.kind === 'queued' ||
    signal.kind === 'response' ||
    signal.kind === 'errors'
  );
}
