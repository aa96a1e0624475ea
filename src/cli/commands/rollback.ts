import { applyStack, type Applied } from '../../deploy/apply.js';
import { rollbackTarget, type Release } from '../../deploy/releases.js';
import { wantRelease } from '../../deploy/restore.js';
import { planSummary } from '../../deploy/plan.js';
import { UserError } from '../../errors.js';
import { formatDurationMs } from '../../text.js';
import type { Options } from '../command.js';
import { timeoutMs, type Context } from '../context.js';
import {
  choices,
  findRelease,
  parseReleaseNumber,
  readStackHistory,
  type StackHistory,
} from '../release-choice.js';
import { lossQuestion, renderPlan } from '../render/plan.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';

const DEFAULT_TIMEOUT_MS = 5 * 60_000;

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const number = args[0] === undefined ? null : parseReleaseNumber(args[0], 'rollback');
  const timeout = timeoutMs(context, DEFAULT_TIMEOUT_MS);
  const found = await readStackHistory(context);
  const { engine, stack } = found;
  const target = number === null ? defaultTarget(found) : findRelease(found.history, stack, number);
  const dryRun = options['dryRun'] === true;
  const detach = options['detach'] === true;
  const display = await progressDisplay(context);
  const startedAt = Date.now();
  let applied: Applied;
  try {
    if (target.state === 'failed') {
      display.emit({
        type: 'warning',
        text: `release ${target.number} did not come up when it was deployed`,
      });
    }
    applied = await applyStack(engine, {
      stack,
      want: wantRelease(target),
      origin: { kind: 'rollback', to: target.number },
      dryRun,
      detach,
      rollbackOnFailure: false,
      timeoutMs: timeout,
      signal: context.signal,
      // A dry run's plan is its result, and goes to stdout below.
      emit: (event) => {
        if (!(dryRun && event.type === 'plan')) display.emit(event);
      },
      confirm: (plan) => context.confirm(lossQuestion(plan)),
    });
  } finally {
    display.close();
  }
  const { plan, release } = applied;
  if (isStructured(context)) {
    await writeStructured(context, {
      apiVersion: 'scalectl/v1',
      kind: 'Rollback',
      to: target.number,
      dryRun,
      release,
      ...planSummary(plan),
    });
  } else if (dryRun) {
    context.stdout.write(`${await renderPlan(context, context.stdout, plan)}\n`);
  } else if (!context.globals.quiet) {
    context.stderr.write(`${outcome()}. Look at it with: scalectl status\n`);
  }

  function outcome(): string {
    const { number: to } = target;
    if (release === null) return `stack ${stack} is as release ${to} has it; nothing was changed`;
    const how = detach ? 'written' : `up after ${formatDurationMs(Date.now() - startedAt)}`;
    return `stack ${stack} is back at release ${to}, ${how}, as release ${release}`;
  }
}

function defaultTarget({ stack, history: { releases } }: StackHistory): Release {
  const target = rollbackTarget(releases);
  if (target !== null) return target;
  throw new UserError(
    releases.length === 0
      ? `the stack ${stack} has no releases to go back to`
      : `the stack ${stack} has no good release before its present one`,
    {
      place: 'rollback',
      hint:
        releases.length === 0
          ? 'Each scalectl deploy that changes something records one.'
          : `Name one: scalectl rollback N. ${choices(releases)}`,
    },
  );
}
