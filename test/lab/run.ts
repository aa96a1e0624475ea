import { spawn } from 'node:child_process';
import { LabError } from './errors.js';

export interface RunOptions {
  cwd?: string;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Exit codes that are answers rather than failures; 0 always is one. */
  accept?: number[];
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A shell that became root without a login may lack the system's directories. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** How much of a failed command's output goes into the error. */
const TAIL_LINES = 15;

/**
 * Runs a program to its end and returns what it wrote.
 * @throws LabError naming the command, its exit code and the end of its output.
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  options.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, PATH, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: options.signal,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => {
      reject(options.signal?.aborted ? error : new LabError(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      const result = {
        code: code ?? -1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      };
      if (code === 0 || (code !== null && options.accept?.includes(code))) {
        resolve(result);
        return;
      }
      const ended = code === null ? `was ended by ${String(signal)}` : `exited ${code}`;
      const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-TAIL_LINES).join('\n  ');
      reject(new LabError(`${[command, ...args].join(' ')} ${ended}:\n  ${tail}`));
    });
  });
}
