import { deployStack } from '../../deploy/deploy.js';
import { planSummary } from '../../deploy/plan.js';
import { DifferencesFound } from '../../errors.js';
import type { Options } from '../command.js';
import type { Context } from '../context.js';
import { renderPlan } from '../render/plan.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { deployRequest } from './deploy.js';
import { readStackFiles } from './stack-files.js';

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const files = await readStackFiles(context, args, options);
  const engine = await context.engine();
  const display = await progressDisplay(context);
  const { plan } = await deployStack(engine, {
    ...deployRequest(context, files, options),
    dryRun: true,
    emit: (event) => {
      if (event.type !== 'plan') display.emit(event);
    },
  });
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Diff', ...planSummary(plan) });
  } else {
    context.stdout.write(`${await renderPlan(context, context.stdout, plan)}\n`);
  }
  if (options['exitCode'] === true && plan.operations.length > 0) {
    throw new DifferencesFound(`${plan.operations.length} differences`);
  }
}
