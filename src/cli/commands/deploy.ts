import { deployStack } from '../../deploy/deploy.js';
import { planText, type Plan } from '../../deploy/plan.js';
import { formatDurationMs } from '../../text.js';
import type { Options } from '../command.js';
import { timeoutMs, type Context } from '../context.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { readStackFiles } from './stack-files.js';

const DEFAULT_TIMEOUT_MS = 5 * 60_000;

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  const { stack, source } = await readStackFiles(context, options);
  const timeout = timeoutMs(context, DEFAULT_TIMEOUT_MS);
  const engine = await context.engine();
  const display = await progressDisplay(context);
  const startedAt = Date.now();
  const dryRun = options['dryRun'] === true;
  let plan: Plan;
  let release: number | null;
  try {
    ({ plan, release } = await deployStack(engine, {
      stack,
      source,
      resolveImage: (options['resolveImage'] ?? 'always') as 'always',
      prune: options['prune'] === true,
      resetReplicas: options['resetReplicas'] === true,
      dryRun,
      rollbackOnFailure: options['rollbackOnFailure'] === true,
      detach: options['detach'] === true,
      timeoutMs: timeout,
      signal: context.signal,
      // A dry run's plan is its result, and goes to stdout below.
      emit: (event) => {
        if (!(dryRun && event.type === 'plan')) display.emit(event);
      },
      confirm: (shown) =>
        context.confirm(
          `Remove ${shown.operations.filter(({ kind }) => kind === 'remove-service').length} service(s)?`,
        ),
    }));
  } finally {
    display.close();
  }
  if (isStructured(context)) {
    await writeStructured(context, {
      apiVersion: 'scalectl/v1',
      kind: 'Plan',
      dryRun,
      release,
      ...summaryOf(plan),
    });
  } else if (dryRun) {
    context.stdout.write(`${planText(plan)}\n`);
  } else if (!context.globals.quiet) {
    const how =
      options['detach'] === true ? 'written' : `up after ${formatDurationMs(Date.now() - startedAt)}`;
    context.stderr.write(
      `stack ${stack} is ${how}${release === null ? '' : ` as release ${release}`}. Look at it with: scalectl status\n`,
    );
  }
}

/** Specs stay out: they may hold what people put into environment values. */
function summaryOf(plan: Plan) {
  return {
    stack: plan.stack,
    operations: plan.operations.map((operation) => ({
      kind: operation.kind,
      name: operation.name,
      cause: operation.cause,
      changes: operation.kind === 'update-service' ? operation.changes : [],
    })),
    unchanged: plan.unchanged,
    warnings: plan.warnings,
  };
}
