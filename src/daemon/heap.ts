/** How much memory the daemon takes from its node for what it needs only during a tick. */

import { setFlagsFromString } from 'node:v8';

/**
 * V8 lets a heap grow to several times of what was in use before it looks for what is not: with 10,000 tasks to more than
 * 300 MB, of which 60 were in use. Half as much again as was in use is enough for a tick. Between two ticks it finds the
 * process idle and collects everything again to give memory back that the next tick takes at once.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
  setFlagsFromString('--no-memory-reducer');
}
