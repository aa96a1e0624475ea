/** Decisions in words. */

import type { Decision, SignalVerdict } from './types.js';

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
  const { signal, value, unit, aim, need, coverage, note } = verdict;
  const details = [
    aim,
    ...(coverage === null ? [] : [`${coverage.sampled} of ${coverage.running} tasks measured`]),
    ...(note === null ? [] : [note]),
  ].join(', ');
  if (value === null || need === null) return `${signal} is unknown (${details})`;
  const number = {
    '%': `${round(value)} %`,
    jobs: `${value} ${value === 1 ? 'job' : 'jobs'}`,
    'requests/s': `${round(value)} requests/s`,
  }[unit];
  return `${signal} at ${number} (${details}) needs ${need}`;
}

function round(value: number): string {
  return String(value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
}
