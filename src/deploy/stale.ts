/** Whether a write failed because the Swarm is not, or not yet, as it was seen. */

import { isEngineError } from '../swarm/engine.js';

/**
 * Somebody else was quicker (an old version, a name that is taken, an object that is gone), or a manager has not heard
 * of a network yet that another one has just made, or still lists one that is going (moby#29293): a fresh look helps.
 */
export function isStale(error: unknown): boolean {
  return (
    isEngineError(error, 'out-of-sequence') ||
    isEngineError(error, 'conflict') ||
    isEngineError(error, 'not-found')
  );
}
