/** The one place that knows about the process: arguments, streams, signals and exit codes. */

import { DifferencesFound, ScalectlError } from './errors.js';
import type { Context, Globals, Output } from './cli/context.js';
import { runProgram } from './cli/program.js';

declare const SCALECTL_VERSION: string | undefined;

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export async function main(argv: readonly string[]): Promise<void> {
  const abort = new AbortController();
  const stopped: { by: keyof typeof SIGNALS | null } = { by: null };
  for (const name of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    process.on(name, () => {
      // Asked twice, somebody is in a hurry: whatever is waited for is left as it is.
      if (stopped.by !== null) process.exit(SIGNALS[name]);
      stopped.by = name;
      abort.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
    });
  }
  const stdout = output(() => process.stdout);
  const stderr = output(() => process.stderr);
  const running: { globals: Globals | null; changesSwarm: boolean } = { globals: null, changesSwarm: false };
  try {
    await runProgram(argv, {
      version: typeof SCALECTL_VERSION === 'string' ? SCALECTL_VERSION : 'development',
      write: (text) => stdout.write(text),
      context: (given, command) => {
        running.globals = given;
        running.changesSwarm = command.changesSwarm === true;
        return makeContext(given, stdout, stderr, abort.signal);
      },
    });
  } catch (error) {
    if (stopped.by !== null) {
      process.exitCode = SIGNALS[stopped.by];
      if (running.changesSwarm) {
        stderr.write(
          'stopped; what was begun in the Swarm goes on by itself. ' +
            'Look with: scalectl status. Wait on with the same command.\n',
        );
      }
      return;
    }
    process.exitCode = error instanceof ScalectlError ? error.exitCode : 1;
    if (error instanceof DifferencesFound) return;
    const { errorText } = await import('./cli/render/error.js');
    const json = running.globals?.output === 'json' || asksForJson(argv);
    stderr.write(errorText(error, { json, debug: process.env['SCALECTL_DEBUG'] === '1' }));
  }
}

/** A wrong command line is reported before its flags are known to be read. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some(
    (argument, index) =>
      argument === '--output=json' ||
      argument === '-ojson' ||
      (argument === 'json' && ['-o', '--output'].includes(argv[index - 1] ?? '')),
  );
}

function makeContext(globals: Globals, stdout: Output, stderr: Output, signal: AbortSignal): Context {
  return {
    globals,
    env: process.env,
    stdout,
    stderr,
    signal,
    engine: async () => {
      const [{ resolveEndpoint }, { connectEngine }] = await Promise.all([
        import('./swarm/endpoint.js'),
        import('./swarm/dockerode.js'),
      ]);
      return connectEngine(
        resolveEndpoint({ context: globals.context, host: globals.host, env: process.env }),
      );
    },
    confirm: async (question) => {
      const { confirm } = await import('./cli/render/confirm.js');
      return confirm(question, { yes: globals.yes, signal });
    },
  };
}

/** Opened on its first use: Node makes a stream of a file descriptor only then, and most commands say nothing. */
function output(open: () => NodeJS.WriteStream): Output {
  let opened: NodeJS.WriteStream | null = null;
  const stream = () => (opened ??= surviveClosedPipe(open()));
  return {
    write: (text) => void stream().write(text),
    get isTTY() {
      return stream().isTTY;
    },
    get columns() {
      // A terminal that was never given a size says 0.
      return stream().isTTY && stream().columns > 0 ? stream().columns : Infinity;
    },
  };
}

/** `scalectl status | head -1` closes the pipe under us: that is an end, not an error. */
function surviveClosedPipe(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
