/** The label in which a person tells the autoscaler to leave a service alone for a while. */

import { PAUSE_LABEL } from './keys.js';

/** What the label holds where no time ends the pause. */
const UNTIL_RESUMED = 'resumed';

export interface Pause {
  /** RFC 3339; null: until somebody resumes it */
  until: string | null;
}

/**
 * The pause that holds at `wallMs` (milliseconds since 1970), or null. A text that is no time was meant as a pause all
 * the same: it holds until somebody takes it away, since scaling what is to be left alone does more harm.
 */
export function readPause(
  labels: Readonly<Record<string, string>> | undefined,
  wallMs: number,
): Pause | null {
  const text = labels?.[PAUSE_LABEL];
  if (text === undefined) return null;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return { until: null };
  return wallMs < until ? { until: text } : null;
}

export function writePause({ until }: Pause): Record<string, string> {
  return { [PAUSE_LABEL]: until ?? UNTIL_RESUMED };
}

/** A longer one is a slip of the finger: without a time a pause has no end. */
export const LONGEST_PAUSE_MS = 366 * 24 * 3600_000;

/** A pause of `ms` from `nowMs` (milliseconds since 1970) on, to the next whole second; null has no end. */
export function pauseFor(ms: number | null, nowMs: number): Pause {
  if (ms === null) return { until: null };
  return { until: new Date(Math.ceil((nowMs + ms) / 1000) * 1000).toISOString().replace('.000Z', 'Z') };
}

/** `paused until 2026-01-31T12:00:00Z`, `paused until it is resumed`. */
export function pauseText({ until }: Pause): string {
  return `paused until ${until ?? 'it is resumed'}`;
}
