/** What a command gets from the command line, with an Engine in memory and its output kept. */

import type { Context, Globals } from '../../src/cli/context.js';
import type { Engine } from '../../src/swarm/engine.js';
import type { FakeEngine } from './engine-in-memory.js';

export interface CommandRun {
  context: Context;
  /** what was written to standard output so far */
  stdout: () => string;
  stderr: () => string;
}

export function commandContext(engine: FakeEngine, globals: Partial<Globals> = {}): CommandRun {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: false,
    columns: 120,
  });
  const context: Context = {
    globals: {
      context: undefined,
      host: undefined,
      stack: 'shop',
      output: 'table',
      quiet: false,
      color: false,
      progress: 'quiet',
      yes: false,
      timeout: undefined,
      ...globals,
    },
    env: {},
    stdout: output('stdout'),
    stderr: output('stderr'),
    signal: new AbortController().signal,
    // The commands that run here ask for no more than autoscaling does.
    engine: () => Promise.resolve(engine as unknown as Engine),
    confirm: () => Promise.resolve(true),
  };
  return { context, stdout: () => written.stdout, stderr: () => written.stderr };
}
