/** What earlier decisions leave behind for later ones. Values are never changed in place. */

import { STEP_PERIOD_MS } from '../policy/defaults.js';
import type { Policy } from '../policy/policy.js';
import { learnRequests } from './requests.js';
import { LONGEST_UNTIL_SEEN_MS } from './start-up.js';
import type { Decision, History } from './types.js';

export const EMPTY_HISTORY: History = {
  recommendations: [],
  scales: [],
  lastKnownAt: null,
  lastDesired: null,
  lastUpAt: null,
  lastDownAt: null,
};

export interface Scale {
  at: number;
  from: number;
  to: number;
}

/** A change that the service's label tells of. */
export interface LabelledScale extends Scale {
  by: string;
  /** its time as it stands in the label: two looks at the same change are one, whatever clocks do in between */
  label: string;
}

/** Steps and growth that cannot be seen yet look back at changes. */
const KEPT_MS = Math.max(STEP_PERIOD_MS, LONGEST_UNTIL_SEEN_MS);

/** Of a change in the label: `autoscaler`; else a person made it. */
const BY_AUTOSCALER = 'autoscaler';

/**
 * The history with a change that another autoscaler made: its cooldowns and steps hold here too. A person's change
 * begins the time for which it is held.
 */
export function noticeLabel(history: History, scale: LabelledScale | null, now: number): History {
  if (scale === null || history.labelSeen === scale.label) return history;
  const at = Math.min(scale.at, now);
  const first = history.labelSeen === undefined;
  const seen = { ...history, labelSeen: scale.label };
  if (scale.by !== BY_AUTOSCALER) return { ...seen, byHand: { at, to: scale.to } };
  const { from, to } = scale;
  const known = first && (history.lastUpAt === scale.at || history.lastDownAt === scale.at);
  return known ? seen : rememberScale(seen, { at, from, to }, now);
}

/**
 * The history to begin with. A loop that has just started gives `desired`: it counts as a recommendation, so that
 * nothing shrinks before the window has passed once. A single evaluation gives null and goes by the last change
 * alone. `lastScale` is what the service's label tells.
 */
export function beginHistory(desired: number | null, lastScale: Scale | null, now: number): History {
  const scaled = lastScale === null ? null : { ...lastScale, at: Math.min(lastScale.at, now) };
  const history: History =
    scaled === null
      ? EMPTY_HISTORY
      : rememberScale(
          { ...EMPTY_HISTORY, recommendations: [{ at: scaled.at, need: scaled.to }] },
          scaled,
          now,
        );
  if (desired === null) return { ...history, lastDesired: null };
  return {
    ...history,
    lastDesired: desired,
    recommendations: [...history.recommendations, { at: now, need: desired }],
  };
}

/**
 * The history with a change that somebody else made: it counts as a recommendation, so that a count that a person
 * raised is not taken away before the down window has passed.
 */
export function noticeOthers(history: History, desired: number, now: number): History {
  if (history.lastDesired === null || history.lastDesired === desired) return history;
  return {
    ...history,
    byHand: { at: now, to: desired },
    lastDesired: desired,
    recommendations: [...history.recommendations, { at: now, need: desired }],
  };
}

/** The history after a decision, whatever came of it. */
export function rememberDecision(history: History, decision: Decision, policy: Policy, now: number): History {
  return {
    ...history,
    recommendations: recommended(history.recommendations, decision.need, policy, now),
    lastDesired: decision.from,
    lastKnownAt: decision.signals.some(({ need }) => need !== null) ? now : history.lastKnownAt,
    ...learnRequests(history, decision.signals, now),
  };
}

/** Windows look for the least and the greatest need: of one that is asked for again and again the last time will do. */
function recommended(
  earlier: History['recommendations'],
  need: number | null,
  policy: Policy,
  now: number,
): History['recommendations'] {
  const oldest = now - Math.max(policy.up.windowMs, policy.down.windowMs);
  const kept = earlier.filter(({ at }) => at >= oldest);
  if (need === null) return kept;
  if (kept.at(-1)?.need === need) kept.pop();
  return [...kept, { at: now, need }];
}

/** The history after the autoscaler's own change was accepted by the Engine. */
export function rememberScale(history: History, scale: Scale, now: number): History {
  return {
    ...history,
    lastDesired: scale.to,
    scales: [...history.scales, scale].filter(({ at }) => at > now - KEPT_MS),
    lastUpAt: scale.to > scale.from ? scale.at : history.lastUpAt,
    lastDownAt: scale.to < scale.from ? scale.at : history.lastDownAt,
  };
}
