/** Changes of replica counts, as the journal tells of them: also those that failed, and those that others made. */

import { reasonText } from '../autoscale/text.js';
import type { DecisionEntry } from './journal-entry.js';

export interface Change {
  /** RFC 3339; for a change that somebody else made: when it was noticed */
  at: string;
  /** full name */
  service: string;
  from: number;
  to: number;
  by: 'autoscaler' | 'somebody else';
  result: 'done' | 'failed';
  reason: string;
}

/** @param entries of one service, oldest first; so is the result */
export function changesOf(entries: readonly DecisionEntry[]): Change[] {
  const changes: Change[] = [];
  let known: { count: number; serviceId: string } | null = null;
  for (const { event } of entries) {
    const { at, outcome } = event;
    const { decision, action, service, serviceId } = outcome;
    // A service that was made anew begins with the count of its file: nobody changed anything.
    if (known !== null && known.serviceId === serviceId && known.count !== decision.from) {
      const reason = 'changed by hand, or by a deploy';
      changes.push({
        at,
        service,
        from: known.count,
        to: decision.from,
        by: 'somebody else',
        result: 'done',
        reason,
      });
    }
    known = { count: action.kind === 'scaled' ? action.to : decision.from, serviceId };
    const change = { at, service, by: 'autoscaler' as const };
    if (action.kind === 'scaled') {
      const { from, to } = action;
      changes.push({ ...change, from, to, result: 'done', reason: reasonText(decision) });
    } else if (action.kind === 'failed') {
      const { from, to } = decision;
      changes.push({
        ...change,
        from,
        to,
        result: 'failed',
        reason: `${action.message} (${reasonText(decision)})`,
      });
    }
  }
  return changes;
}
