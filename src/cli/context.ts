/** What a command gets: where to write, which Engine, which stack, when to stop. Everything heavy is made on demand. */

import type { ChalkInstance } from 'chalk';
import { UserError } from '../errors.js';
import type { Engine } from '../swarm/engine.js';
import { didYouMean, parseDurationNs } from '../text.js';

export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml' | 'name';
export type ProgressMode = 'auto' | 'tty' | 'plain' | 'json' | 'quiet';

export interface Globals {
  context: string | undefined;
  host: string | undefined;
  stack: string | undefined;
  output: OutputFormat;
  quiet: boolean;
  color: boolean;
  progress: ProgressMode;
  yes: boolean;
  timeout: string | undefined;
}

export interface Context {
  globals: Globals;
  env: NodeJS.ProcessEnv;
  stdout: Output;
  stderr: Output;
  /** aborted by Ctrl-C and SIGTERM */
  signal: AbortSignal;
  engine(): Promise<Engine>;
  /** Asks on a terminal; elsewhere only --yes says yes. @throws UserError where nobody can answer */
  confirm(question: string): Promise<boolean>;
}

/** Colours for one output, or none: on a terminal only, and never against NO_COLOR, --no-color or TERM=dumb. */
export async function colours(context: Context, output: Output): Promise<ChalkInstance> {
  if (!wantsColour(context, output)) return NO_COLOURS;
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 });
}

/** What chalk is at level 0, for scripts that would wait for it to be loaded and get nothing for it. */
const NO_COLOURS = new Proxy((text: string) => text, {
  // With a `then` it would be taken for a promise.
  get: (_, name) => (name === 'level' ? 0 : name === 'then' ? undefined : NO_COLOURS),
}) as unknown as ChalkInstance;

export function wantsColour({ env, globals }: Pick<Context, 'env' | 'globals'>, output: Output): boolean {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb' || !globals.color;
  if (refused) return false;
  return output.isTTY || (env['FORCE_COLOR'] ?? '0') !== '0';
}

/** `--timeout` in milliseconds. @throws UserError when it is no duration */
export function timeoutMs({ globals }: Context, defaultMs: number): number {
  return globals.timeout === undefined ? defaultMs : durationMs(globals.timeout, '--timeout');
}

/** @throws UserError when the text is no duration above zero */
export function durationMs(text: string, place: string): number {
  const ns = parseDurationNs(text);
  if (ns === null || ns <= 0) {
    throw new UserError(`"${text}" is no duration above zero`, { place, hint: 'Write 500ms, 30s or 1m30s.' });
  }
  return ns / 1e6;
}

export function unknownService(name: string, stack: string | null, known: readonly string[]): UserError {
  const where = stack === null ? '' : ` in the stack ${stack}`;
  return new UserError(`there is no service "${name}"${where}`, {
    hint:
      didYouMean(name, known) ??
      (known.length === 0 ? 'Deploy something first: scalectl deploy' : `There are: ${known.join(', ')}`),
  });
}
