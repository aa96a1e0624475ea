import { existsSync } from 'node:fs';
import { checkStackName, deployStack } from '../../deploy/deploy.js';
import { planText, type Plan } from '../../deploy/plan.js';
import { UserError } from '../../errors.js';
import { formatDurationMs } from '../../text.js';
import type { Options } from '../command.js';
import { timeoutMs, type Context } from '../context.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { projectConfig, stackName } from '../stack-choice.js';

const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const USUAL_FILES = ['docker-stack.yml', 'stack.yml', 'compose.yml', 'docker-compose.yml'];

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  const file = await stackFile(options['composeFile']);
  const named = await stackName(context);
  if (named === null) {
    throw new UserError('the stack has no name', {
      place: '--stack',
      hint: 'Give one with --stack NAME, "stack: NAME" in scalectl.yml, or SCALECTL_STACK.',
    });
  }
  const { name: stack } = named;
  checkStackName(stack, named.place);
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
      file,
      env: context.env,
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

async function stackFile(given: Options[string]): Promise<string> {
  if (typeof given === 'string') return given;
  const { file } = await projectConfig();
  const found = file ?? USUAL_FILES.find((name) => existsSync(name));
  if (found !== undefined) return found;
  throw new UserError('there is no stack file here', {
    place: '--compose-file',
    hint: `Name one with -c FILE or "file:" in scalectl.yml. Looked for: ${USUAL_FILES.join(', ')}.`,
  });
}
