/**
 * The journal on disk: lines in two files that take turns, so that it is never longer than twice the bound.
 *
 *   <id>.jsonl     is written
 *   <id>.1.jsonl   was written before, and goes when the first one is full again
 */

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FailedError } from '../errors.js';
import { readEntry, type JournalEntry } from './journal-entry.js';
import { isPrivate, systemPlace } from './runtime-dir.js';

export const LARGEST_FILE = 8 * 1024 * 1024;
/** While a disk does not answer, no more lines than this wait for it. */
const MOST_WAITING = 5_000;
/** A disk that failed is tried again after this time. */
const RETRY_MS = 60_000;

export interface JournalFileOptions {
  path: string;
  /** bytes of one of the two files */
  largest?: number;
  /** told of the first failure, and of none after it until a write has worked */
  onFailure: (message: string) => void;
  monotonicMs: () => number;
}

export class JournalFile {
  readonly #options: JournalFileOptions;
  #waiting: string[] = [];
  #writing: Promise<void> | null = null;
  #failedAt: number | null = null;

  constructor(options: JournalFileOptions) {
    this.#options = options;
  }

  /** Never waits and never throws: what cannot be written is dropped, and said once. */
  append(line: string): void {
    const { monotonicMs } = this.#options;
    if (this.#failedAt !== null && monotonicMs() - this.#failedAt < RETRY_MS) return;
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(line);
    this.#writing ??= this.#write();
  }

  /** Resolves when everything that was appended is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // What else comes in the same tick goes into the same write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0);
      try {
        await appendLines(this.#options.path, lines.join(''), this.#options.largest ?? LARGEST_FILE);
        this.#failedAt = null;
      } catch (error) {
        if (this.#failedAt === null) this.#options.onFailure((error as Error).message);
        this.#failedAt = this.#options.monotonicMs();
        this.#waiting = [];
      }
    }
    this.#writing = null;
  }
}

/** Makes the directory for this user alone. Throws FailedError where others may enter it, else what the disk says. */
async function appendLines(path: string, text: string, largest: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (!(await isPrivate(path, systemPlace().uid))) {
    throw new FailedError(`${dirname(path)} is not this user's alone`, {
      hint: 'Set SCALECTL_STATE_DIR to a directory of your own.',
    });
  }
  let file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    if (size > 0 && size + Buffer.byteLength(text) > largest) {
      await file.close();
      await rename(path, earlierPath(path));
      file = await open(path, 'a+', 0o600);
    } else if (size > 0 && !(await endsWithNewline(file, size))) {
      // A writer that died left half a line.
      await file.appendFile('\n');
    }
    await file.appendFile(text);
  } finally {
    await file.close();
  }
}

async function endsWithNewline(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

function earlierPath(path: string): string {
  return path.replace(/\.jsonl$/, '.1.jsonl');
}

/** What the journal holds, oldest first; nothing where there is none, or one that others could have written. */
export async function readJournal(path: string, uid = systemPlace().uid): Promise<JournalEntry[]> {
  if (!(await isPrivate(path, uid))) return [];
  const texts = await Promise.all(
    [earlierPath(path), path].map((one) => readFile(one, 'utf8').catch(() => '')),
  );
  return texts.flatMap((text) => text.split('\n')).flatMap((line) => readEntry(line) ?? []);
}
