/** What happened lately, whole, in memory: an hour of each service at a decision every 5 s, and bounded over all. */

import { isDecision, serviceOf, type DecisionEntry, type JournalEntry } from './journal-entry.js';
import { shared } from './shared.js';

const MOST_PER_SERVICE = 720;
/** Of all services together; at half a kilobyte each where the decision before was the same, some 10 MB. */
const MOST_DECISIONS = 20_000;
const MOST_EVENTS = 500;

export interface Bounds {
  perService: number;
  decisions: number;
  events: number;
}

export class JournalMemory {
  /** oldest first, by full name: a service that is made anew goes on with the story of its name */
  readonly #decisions = new Map<string, DecisionEntry[]>();
  #events: JournalEntry[] = [];
  #count = 0;
  readonly #bounds: Bounds;

  constructor(bounds: Partial<Bounds> = {}) {
    this.#bounds = {
      perService: MOST_PER_SERVICE,
      decisions: MOST_DECISIONS,
      events: MOST_EVENTS,
      ...bounds,
    };
  }

  add(entry: JournalEntry): void {
    if (!isDecision(entry)) {
      this.#events.push(entry);
      if (this.#events.length > this.#bounds.events) this.#events.shift();
      return;
    }
    const { service } = entry.event.outcome;
    const kept = this.#decisions.get(service) ?? [];
    // Set anew, so that the service that was silent for longest comes first.
    this.#decisions.delete(service);
    this.#decisions.set(service, kept);
    kept.push(shared(kept.at(-1), entry));
    this.#count++;
    const share = Math.max(1, Math.floor(this.#bounds.decisions / this.#decisions.size));
    const most = Math.min(this.#bounds.perService, share);
    this.#trim(kept, most);
    if (this.#count <= this.#bounds.decisions) return;
    // There are more services than there were: each gives of its own. Those that have gone give all.
    for (const entries of this.#decisions.values()) this.#trim(entries, most);
    for (const [name, entries] of this.#decisions) {
      if (this.#count <= this.#bounds.decisions || name === service) break;
      this.#decisions.delete(name);
      this.#count -= entries.length;
    }
  }

  /** Oldest first. */
  decisions(service: string): readonly DecisionEntry[] {
    return this.#decisions.get(service) ?? [];
  }

  /** What happened to the daemon as a whole, or to this service, beside decisions; oldest first. */
  events(service: string | null): readonly JournalEntry[] {
    return this.#events.filter(({ event }) => service === null || [service, null].includes(serviceOf(event)));
  }

  services(): string[] {
    return [...this.#decisions.keys()].sort();
  }

  get size(): number {
    return this.#count;
  }

  #trim(entries: DecisionEntry[], most: number): void {
    const surplus = entries.length - most;
    if (surplus <= 0) return;
    entries.splice(0, surplus);
    this.#count -= surplus;
  }
}
