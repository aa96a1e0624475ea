import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { LOCKS } from './paths.js';

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once when somebody else holds the lock. */
  onWait?: () => void;
  /** Give up at once instead of waiting; `withLock` then returns undefined. */
  tryOnly?: boolean;
  /** How long to wait for another holder. */
  deadlineMs?: number;
}

/**
 * Takes a lock, shared by all processes on the machine, for the time of `body`. It is the kernel's lock, held by a
 * `flock` child that ends when our end of its pipe closes: however this process dies, no stale lock stays behind.
 * @throws LabError when another process holds it for longer than the deadline.
 */
export async function withLock<T>(
  name: string,
  options: LockOptions,
  body: () => Promise<T>,
): Promise<T | undefined> {
  const release = await take(name, options);
  if (!release) return undefined;
  try {
    return await body();
  } finally {
    await release();
  }
}

async function take(name: string, options: LockOptions): Promise<(() => Promise<void>) | undefined> {
  mkdirSync(LOCKS, { recursive: true });
  const file = join(LOCKS, `${name}.lock`);
  const atOnce = await flock(file, 0, options.signal);
  if (atOnce ?? options.tryOnly) return atOnce;
  options.onWait?.();
  const seconds = Math.ceil((options.deadlineMs ?? 900_000) / 1000);
  const later = await flock(file, seconds, options.signal);
  if (!later) {
    throw new LabError(
      `another lab command still holds ${file} after ${seconds} s; let it end, or end it, and try again`,
    );
  }
  return later;
}

async function flock(
  file: string,
  waitSeconds: number,
  signal: AbortSignal | undefined,
): Promise<(() => Promise<void>) | undefined> {
  signal?.throwIfAborted();
  // Detached, so that Ctrl-C does not take the lock from us while we clean up.
  const child = spawn('flock', ['-w', String(waitSeconds), file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const abort = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  const held = await new Promise<boolean>((resolve, reject) => {
    child.stdout.once('data', () => resolve(true));
    child.once('close', () => resolve(false));
    child.once('error', (error) => reject(new LabError(`cannot lock ${file}: ${error.message}`)));
  });
  signal?.removeEventListener('abort', abort);
  if (!held) {
    signal?.throwIfAborted();
    return undefined;
  }
  return async () => {
    child.stdin.end();
    await ended;
  };
}
