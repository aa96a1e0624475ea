/** One line of the journal: something that happened, as JSON. docs/why.md describes the form for others. */

import type { DaemonEvent } from './types.js';

/** What is kept: all but word of where the daemon listens. */
const UNKEPT: ReadonlySet<string> = new Set(['listening', 'not-listening', 'serving']);

export interface JournalEntry {
  event: DaemonEvent;
  /** decisions since the entry before of this service that said the same as that one, and have none of their own */
  repeats: number;
}

export type DecisionEntry = JournalEntry & { event: Extract<DaemonEvent, { type: 'decision' }> };

export function isKept({ type }: DaemonEvent): boolean {
  return !UNKEPT.has(type);
}

export function isDecision(entry: JournalEntry): entry is DecisionEntry {
  return entry.event.type === 'decision';
}

/** Full name of the service that an event is about, or null. */
export function serviceOf(event: DaemonEvent): string | null {
  if (event.type === 'decision') return event.outcome.service;
  return 'service' in event ? event.service : null;
}

/** With its newline. Every line begins with the version of its form, by which readers know a journal. */
export function writeEntry({ event, repeats }: JournalEntry): string {
  return `${JSON.stringify({ journal: 1, ...event, ...(repeats === 0 ? {} : { repeats }) })}\n`;
}

/** Null for a line that is no whole entry: the end of a journal whose writer died, or another form. */
export function readEntry(line: string): JournalEntry | null {
  if (!line.startsWith('{"journal":1,')) return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const { journal: _, repeats, ...event } = value as { journal: 1; repeats?: unknown } & Partial<DaemonEvent>;
  if (typeof event.at !== 'string' || Number.isNaN(Date.parse(event.at)) || typeof event.type !== 'string')
    return null;
  if (event.type === 'decision' && !isOutcome(event.outcome)) return null;
  return { event: event as DaemonEvent, repeats: typeof repeats === 'number' ? repeats : 0 };
}

function isOutcome(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { service, decision, action } = value as Record<string, unknown>;
  return (
    typeof service === 'string' &&
    typeof decision === 'object' &&
    decision !== null &&
    'adjustments' in decision &&
    typeof action === 'object' &&
    action !== null
  );
}
