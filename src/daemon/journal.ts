/** The journal: everything in memory, and on disk what is news. */

import { isDecision, isKept, writeEntry, type DecisionEntry, type JournalEntry } from './journal-entry.js';
import { JournalFile, readJournal } from './journal-file.js';
import { JournalMemory } from './journal-memory.js';
import type { DaemonEvent } from './types.js';

export interface JournalOptions {
  monotonicMs: () => number;
  largest?: number;
  onFailure?: (message: string) => void;
}

export class Journal {
  memory = new JournalMemory();
  readonly #options: JournalOptions;
  /** decisions since the last one on disk that said the same, by service */
  readonly #unwritten = new Map<string, { count: number; last: DecisionEntry }>();
  #file: JournalFile | null = null;
  /** what happened before it was known which file is ours */
  #early: JournalEntry[] = [];

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Takes up where an earlier daemon ended, and goes on in the same file. */
  async begin(path: string): Promise<void> {
    const earlier = await readJournal(path);
    this.memory = new JournalMemory();
    for (const entry of [...earlier, ...this.#early]) this.memory.add(entry);
    const { onFailure = () => undefined, monotonicMs, largest } = this.#options;
    this.#file = new JournalFile({
      path,
      onFailure,
      monotonicMs,
      ...(largest === undefined ? {} : { largest }),
    });
    for (const entry of this.#early.splice(0)) this.#write(entry);
  }

  /** Never waits: the disk is written behind. */
  record(event: DaemonEvent): void {
    if (!isKept(event)) return;
    const entry: JournalEntry = { event, repeats: 0 };
    if (this.#file === null) this.#early.push(entry);
    this.memory.add(entry);
    if (this.#file !== null) this.#write(entry);
  }

  /** Writes what is still owed: the last decision of each service, with how often it was made. */
  async close(): Promise<void> {
    for (const { count, last } of this.#unwritten.values()) {
      this.#file?.append(writeEntry({ ...last, repeats: count - 1 }));
    }
    this.#unwritten.clear();
    await this.#file?.flush();
  }

  /** The reporter has found out what is news: anything else is of the level `debug`. */
  #write(entry: JournalEntry): void {
    if (!isDecision(entry)) {
      this.#file?.append(writeEntry(entry));
      return;
    }
    const { service } = entry.event.outcome;
    const count = this.#unwritten.get(service)?.count ?? 0;
    if (entry.event.level === 'debug') {
      this.#unwritten.set(service, { count: count + 1, last: entry });
      return;
    }
    this.#unwritten.delete(service);
    this.#file?.append(writeEntry({ ...entry, repeats: count }));
  }
}
