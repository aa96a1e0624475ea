/** How far a command looks back. */

import { UserError } from '../errors.js';
import { parseDurationNs } from '../text.js';
import type { OptionValue } from './command.js';

/** @throws UserError for what is no whole number from 1 on */
export function countFrom(given: OptionValue, place: string, fallback: number): number {
  if (typeof given !== 'string') return fallback;
  if (/^[1-9]\d{0,4}$/.test(given)) return Number(given);
  throw new UserError(`"${given}" is no whole number from 1 on`, { place, hint: 'Write 10, for example.' });
}

/**
 * Milliseconds since 1970, or null where nothing was given.
 * @throws UserError for what is neither a time nor a duration
 */
export function sinceFrom(given: OptionValue, nowMs: number): number | null {
  if (typeof given !== 'string') return null;
  const ns = parseDurationNs(given);
  if (ns !== null) return nowMs - ns / 1e6;
  // Date.parse takes "10" for a month of 2001.
  const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : NaN;
  if (!Number.isNaN(at)) return at;
  throw new UserError(`"${given}" is neither a time nor a duration`, {
    place: '--since',
    hint: 'Write 10m, or 2026-01-31T12:00:00Z.',
  });
}
