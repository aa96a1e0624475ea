import { deployStack, type DeployRequest } from '../../deploy/deploy.js';
import { planSummary } from '../../deploy/plan.js';
import { registryAuth } from '../../swarm/registry-auth.js';
import { formatDurationMs } from '../../text.js';
import type { Options } from '../command.js';
import { timeoutMs, type Context } from '../context.js';
import { lossQuestion, renderPlan } from '../render/plan.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { readStackFiles, type StackFiles } from './stack-files.js';

const DEFAULT_TIMEOUT_MS = 5 * 60_000;

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  await deployFiles(context, await readStackFiles(context, args, options), options);
}

/** @param look the command that shows what came of it */
export async function deployFiles(
  context: Context,
  files: StackFiles,
  options: Options,
  look = 'scalectl status',
): Promise<void> {
  const request = deployRequest(context, files, options);
  const engine = await context.engine();
  const display = await progressDisplay(context);
  const startedAt = Date.now();
  const { dryRun, detach, stack } = request;
  try {
    const { plan, release } = await deployStack(engine, {
      ...request,
      // A dry run's plan is its result, and goes to stdout below.
      emit: (event) => {
        if (!(dryRun && event.type === 'plan')) display.emit(event);
      },
    });
    display.close();
    if (isStructured(context)) {
      await writeStructured(context, {
        apiVersion: 'scalectl/v1',
        kind: 'Plan',
        dryRun,
        release,
        ...planSummary(plan),
      });
    } else if (dryRun) {
      context.stdout.write(`${await renderPlan(context, context.stdout, plan)}\n`);
    } else if (!context.globals.quiet) {
      const how = detach ? 'written' : `up after ${formatDurationMs(Date.now() - startedAt)}`;
      context.stderr.write(
        `stack ${stack} is ${how}${release === null ? '' : ` as release ${release}`}. Look at it with: ${look}\n`,
      );
    }
  } finally {
    display.close();
  }
}

/** What the flags that deploy and diff share ask for. */
export function deployRequest(
  context: Context,
  { stack, source }: StackFiles,
  options: Options,
): Omit<DeployRequest, 'emit'> {
  const authFor = registryAuth(context.env);
  const withAuth = options['withRegistryAuth'] === true;
  return {
    stack,
    source,
    resolveImage: (options['resolveImage'] ?? 'always') as 'always',
    prune: options['prune'] === true,
    recreate: options['recreate'] === true,
    resume: options['resume'] === true,
    resetReplicas: options['resetReplicas'] === true,
    dryRun: options['dryRun'] === true,
    rollbackOnFailure: options['rollbackOnFailure'] === true,
    detach: options['detach'] === true,
    timeoutMs: timeoutMs(context, DEFAULT_TIMEOUT_MS),
    signal: context.signal,
    ...(withAuth && { authFor }),
    // A digest is worth a try; that credentials cannot be read is trouble for those only who need them.
    lookUpAuthFor: withAuth ? authFor : (image) => authFor(image).catch(() => undefined),
    confirm: (plan) => context.confirm(lossQuestion(plan)),
  };
}
