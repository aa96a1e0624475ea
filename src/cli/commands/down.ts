import { removeStack, stackContents, type StackContents } from '../../deploy/remove.js';
import type { Options } from '../command.js';
import { timeoutMs, type Context } from '../context.js';
import { FailedError } from '../../errors.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { chooseStack } from '../stack-choice.js';

const DEFAULT_TIMEOUT_MS = 3 * 60_000;

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  const timeout = timeoutMs(context, DEFAULT_TIMEOUT_MS);
  const engine = await context.engine();
  const { signal } = context;
  const stack = await chooseStack(context, engine, await engine.listServices(undefined, { signal }));
  const volumes = options['volumes'] === true;
  const contents = await stackContents(engine, { stack, volumes, signal });
  if (!(await context.confirm(question(stack, contents))))
    throw new FailedError('given up; nothing was changed');
  const display = await progressDisplay(context);
  try {
    await removeStack(engine, contents, { stack, volumes, timeoutMs: timeout, signal, emit: display.emit });
  } finally {
    display.close();
  }
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Removed', stack, ...contents });
  } else if (!context.globals.quiet) {
    context.stderr.write(`stack ${stack} is gone.${keptText(contents)}\n`);
  }
}

function question(stack: string, contents: StackContents): string {
  const { services, networks, secrets, configs, volumes } = contents;
  const data = volumes.length > 0 ? ` and ${count(volumes, 'volume')} with all their data` : '';
  return (
    `Remove the stack ${stack}: ${count(services, 'service')}, ${count(networks, 'network')}, ` +
    `${count(secrets, 'secret')}, ${count(configs, 'config')}${data}?`
  );
}

function count(items: readonly unknown[], noun: string): string {
  return `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
}

function keptText({ keptSecrets, volumes }: StackContents): string {
  if (volumes.length > 0 || keptSecrets.length === 0) return '';
  return ` Kept for the data in its volumes: ${keptSecrets.join(', ')}. Remove both with: scalectl down --volumes`;
}
