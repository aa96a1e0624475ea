/** Why a service has the replicas that it has: what stands, the last decision, what would change it, what was before. */

import type { Outlook } from '../autoscale/outlook.js';
import type { Problem } from '../errors.js';
import type { LastScale } from '../policy/policy.js';
import { fold, merge, type Folded } from './fold.js';
import type { DecisionEntry, JournalEntry } from './journal-entry.js';
import type { ServiceOutcome } from './types.js';

/** Who tells it. Only a daemon that runs knows the present. */
export type WhySource =
  /** of this machine, of `SCALECTL_API`, or in its container */
  | { kind: 'daemon' | 'api' | 'container'; address: string; pid: number }
  /** on this machine's disk, of a daemon that does not run */
  | { kind: 'journal'; address: string; lastWordAt: string }
  /** nobody has decided on it yet: this is what a daemon would do */
  | { kind: 'dry-run' }
  /** there is nothing to decide by */
  | { kind: 'none' };

export interface Why {
  apiVersion: 'scalectl/v1';
  kind: 'Why';
  /** full name */
  service: string;
  /** RFC 3339; of the answer */
  at: string;
  source: WhySource;
  /** why a daemon that there seems to be was not asked, or why this is not of the present */
  note: string | null;
  /** whether there is anything to decide by, and what is wrong with it */
  policy: { state: 'on' | 'off' | 'invalid' | 'none'; problems: readonly Problem[] };
  /** replicas that the service asks for; null for one that is not there any more, or has no count */
  desired: number | null;
  /** `paused until …`, or null */
  paused: string | null;
  /** between two decisions; null where no daemon runs */
  intervalMs: number | null;
  /** the last outcome; null before the first */
  last: ServiceOutcome | null;
  lastScale: LastScale | null;
  /** null where only the journal speaks, or the Engine does not: what was last seen is no basis for the present */
  outlook: Outlook | null;
  /** earlier decisions and events, newest first, those that say the same as one */
  earlier: readonly Folded[];
}

export interface WhyInputs {
  service: string;
  source: WhySource;
  nowMs: number;
  intervalMs: number | null;
  /** oldest first */
  decisions: readonly DecisionEntry[];
  events: readonly JournalEntry[];
  outlook: Outlook | null;
  lastScale: LastScale | null;
  limits: { last: number; sinceMs: number | null };
}

export function whyOf(inputs: WhyInputs): Why {
  const { service, source, nowMs, intervalMs, outlook, limits, decisions } = inputs;
  const young = ({ event }: JournalEntry): boolean =>
    limits.sinceMs === null || Date.parse(event.at) >= limits.sinceMs;
  const last = decisions.at(-1)?.event.outcome ?? null;
  const earlier = fold(merge(decisions, inputs.events).filter(young));
  return {
    apiVersion: 'scalectl/v1',
    kind: 'Why',
    service,
    at: new Date(nowMs).toISOString(),
    source,
    note: null,
    policy: { state: 'on', problems: [] },
    desired: last === null ? null : last.action.kind === 'scaled' ? last.action.to : last.decision.from,
    paused: last?.standing?.paused ?? null,
    intervalMs,
    last,
    lastScale: inputs.lastScale ?? lastScaleIn(decisions),
    outlook,
    earlier: earlier.slice(0, limits.last),
  };
}

function lastScaleIn(decisions: readonly DecisionEntry[]): LastScale | null {
  const scaled = decisions.findLast(({ event }) => event.outcome.action.kind === 'scaled');
  if (scaled?.event.outcome.action.kind !== 'scaled') return null;
  const { action, decision } = scaled.event.outcome;
  const { from, to } = action;
  return { at: scaled.event.at, from, to, reason: decision.reasons.join('; '), by: 'autoscaler' };
}
