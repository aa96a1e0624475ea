import { removeStack } from '../../deploy/remove.js';
import { stackContents, type StackContents } from '../../deploy/stack-contents.js';
import type { Engine } from '../../swarm/engine.js';
import type { Options } from '../command.js';
import { timeoutMs, type Context } from '../context.js';
import { FailedError, UserError } from '../../errors.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { currentStack, stackName } from '../stack-choice.js';

const DEFAULT_TIMEOUT_MS = 3 * 60_000;

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  refuseTwoNames(context, args[0]);
  const engine = await context.engine();
  const { name, place } = await whichStack(context, engine, args[0]);
  await takeDown(context, name, { place, volumes: options['volumes'] === true });
}

/** Asks first. The generated secrets go with the volumes, unless `secrets` says that they open nothing. */
export async function takeDown(
  context: Context,
  stack: string,
  { place, volumes, secrets = volumes }: { place: string; volumes: boolean; secrets?: boolean },
): Promise<void> {
  const timeout = timeoutMs(context, DEFAULT_TIMEOUT_MS);
  const engine = await context.engine();
  const { signal } = context;
  const contents = await stackContents(engine, stack, { volumes, secrets, place, signal });
  if (!(await context.confirm(question(stack, contents))))
    throw new FailedError('given up; nothing was changed');
  const display = await progressDisplay(context);
  try {
    await removeStack(engine, contents, { stack, timeoutMs: timeout, signal, emit: display.emit });
  } finally {
    display.close();
  }
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Removed', stack, ...contents });
  } else if (!context.globals.quiet) {
    context.stderr.write(`stack ${stack} is gone.${keptText(contents)}\n`);
  }
}

function refuseTwoNames({ globals }: Context, argument: string | undefined): void {
  if (argument === undefined || globals.stack === undefined || globals.stack === argument) return;
  throw new UserError(`two stacks are named: ${argument} and --stack ${globals.stack}`, {
    place: 'command line',
    hint: 'Give one of the two.',
  });
}

async function whichStack(
  context: Context,
  engine: Engine,
  argument: string | undefined,
): Promise<{ name: string; place: string }> {
  if (argument !== undefined) return { name: argument, place: 'down' };
  const named = await stackName(context);
  return named ?? { name: await currentStack(context, engine), place: 'down' };
}

function question(stack: string, contents: StackContents): string {
  const { services, networks, secrets, configs, releases, volumes } = contents;
  const history = releases.length > 0 ? ', its history' : '';
  const data = volumes.length > 0 ? ` and ${count(volumes, 'volume')} with all their data` : '';
  return (
    `Remove the stack ${stack}: ${count(services, 'service')}, ${count(networks, 'network')}, ` +
    `${count(secrets, 'secret')}, ${count(configs, 'config')}${history}${data}?`
  );
}

function count(items: readonly unknown[], noun: string): string {
  return `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
}

function keptText({ keptSecrets, otherNodes }: StackContents): string {
  if (otherNodes.length > 0) {
    return ` Volumes on other nodes cannot be seen from here: remove them there (${otherNodes.join(', ')}).`;
  }
  if (keptSecrets.length === 0) return '';
  return ` Kept for the data in its volumes: ${keptSecrets.join(', ')}. Remove both with: scalectl down --volumes`;
}
