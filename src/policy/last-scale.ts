/** The label in which the autoscaler leaves word of its last change, so that a restart forgets no cooldown. */

import { LAST_SCALE_LABEL } from './keys.js';
import type { LastScale } from './policy.js';

/** The last change the autoscaler made to a service, or null when the label is absent or not ours. */
export function readLastScale(labels: Readonly<Record<string, string>> | undefined): LastScale | null {
  const text = labels?.[LAST_SCALE_LABEL];
  if (text === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isLastScale(value)
    ? { at: value.at, from: value.from, to: value.to, reason: value.reason, by: value.by }
    : null;
}

export function writeLastScale(lastScale: LastScale): Record<string, string> {
  return { [LAST_SCALE_LABEL]: JSON.stringify(lastScale) };
}

function isLastScale(value: unknown): value is LastScale {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<Record<keyof LastScale, unknown>>;
  return (
    typeof candidate.at === 'string' &&
    !Number.isNaN(Date.parse(candidate.at)) &&
    Number.isInteger(candidate.from) &&
    Number.isInteger(candidate.to) &&
    typeof candidate.reason === 'string' &&
    typeof candidate.by === 'string'
  );
}
