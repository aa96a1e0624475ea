/** Decisions in words. */

import { formatDurationMs } from '../text.js';
import type { Decision, SignalVerdict } from './types.js';

/** A number read in this very tick needs no word on its age. */
const OLD_MS = 5_000;

/** `backend: 2 -> 4: cpu at 96 % (target 70 %, 2 of 2 tasks) needs 3; min is 4`. One line. */
export function toText(decision: Decision): string {
  const { service, from, to, outcome } = decision;
  const head = {
    up: `${from} -> ${to}`,
    down: `${from} -> ${to}`,
    hold: `stays at ${from}`,
    skip: `left at ${from}`,
  };
  return `${service}: ${head[outcome]}: ${reasonText(decision)}`;
}

export function reasonText(decision: Decision): string {
  return decision.reasons.join('; ');
}

export function verdictText(verdict: SignalVerdict): string {
  const { signal, value, aim, need, coverage, note, partial, ageMs } = verdict;
  const details = [
    aim,
    ...(coverage === null ? [] : [`${coverage.sampled} of ${coverage.running} tasks measured`]),
    ...(ageMs === null || ageMs < OLD_MS || value === null ? [] : [`${formatDurationMs(ageMs)} old`]),
    ...(partial === undefined ? [] : [partial]),
    ...(note === null ? [] : [note]),
  ].join(', ');
  if (value === null || need === null) return `${signal} is unknown (${details})`;
  return `${signal} at ${valueText({ value, unit: verdict.unit })} (${details}) needs ${need}`;
}

/** `96 %`, `1 job`, `120 requests/s`; `-` when unknown. */
export function valueText({ value, unit }: { value: number | null; unit: string }): string {
  if (value === null) return '-';
  const one = value === 1 && /[a-z]{3}s$/.test(unit);
  return `${round(value)} ${one ? unit.slice(0, -1) : unit}`.trimEnd();
}

function round(value: number): string {
  if (value >= 10 || value === 0) return String(Math.round(value));
  return value >= 1 ? String(Math.round(value * 10) / 10) : String(Number(value.toPrecision(2)));
}
