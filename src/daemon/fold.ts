/** Many decisions that say the same, as one line: `12 x hold over 1m`. */

import type { Adjustment, Decision, SignalVerdict } from '../autoscale/types.js';
import { isDecision, type JournalEntry } from './journal-entry.js';
import { formatEvent, gist } from './report.js';
import type { Action, DaemonEvent } from './types.js';

interface FoldedDecisions {
  kind: 'decisions';
  /** RFC 3339; of the first and of the last of them */
  firstAt: string;
  lastAt: string;
  count: number;
  /** of the last of them */
  outcome: Decision['outcome'];
  from: number;
  to: number;
  action: Action;
  reasons: readonly string[];
  signals: readonly SignalVerdict[];
  adjustments: readonly Adjustment[];
}

interface FoldedEvent {
  kind: 'event';
  at: string;
  type: DaemonEvent['type'];
  text: string;
}

export type Folded = FoldedDecisions | FoldedEvent;

/** @param entries oldest first; the result is newest first */
export function fold(entries: readonly JournalEntry[]): Folded[] {
  const folded: Folded[] = [];
  let what: string | null = null;
  for (const entry of entries) {
    const last = folded.at(-1);
    if (!isDecision(entry)) {
      const { at, type } = entry.event;
      folded.push({ kind: 'event', at, type, text: formatEvent(entry.event) });
      what = null;
      continue;
    }
    const { outcome, at } = entry.event;
    const { decision, action } = outcome;
    const before = folded.findLast((one) => one.kind === 'decisions');
    if (before !== undefined) before.count += entry.repeats;
    const now = gist(outcome);
    const same = what === now && last?.kind === 'decisions' ? last : null;
    what = now;
    const told = {
      lastAt: at,
      action,
      reasons: decision.reasons,
      signals: decision.signals,
      adjustments: decision.adjustments,
    };
    if (same !== null) Object.assign(same, { ...told, count: same.count + 1 });
    else {
      const { outcome: way, from, to } = decision;
      folded.push({ kind: 'decisions', firstAt: at, count: 1, outcome: way, from, to, ...told });
    }
  }
  return folded.reverse();
}

/** Both oldest first; so is the result. */
export function merge(a: readonly JournalEntry[], b: readonly JournalEntry[]): JournalEntry[] {
  return [...a, ...b].sort((x, y) => Date.parse(x.event.at) - Date.parse(y.event.at));
}
