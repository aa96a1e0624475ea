import { decodeEnvironment } from '../../policy/environment.js';
import type { EnvironmentPolicy } from '../../policy/policy.js';
import { valueText } from '../../autoscale/text.js';
import { evaluateOnce } from '../../daemon/evaluate.js';
import { formatEvent } from '../../daemon/report.js';
import { DEFAULT_INTERVAL_MS, runDaemon } from '../../daemon/run.js';
import { holderText, mayBeAlive, readLease } from '../../daemon/lease-record.js';
import { openSources } from '../../daemon/sources.js';
import type {
  AutoscaleEngine,
  DaemonEvent,
  DaemonLog,
  Evaluation,
  ServiceOutcome,
} from '../../daemon/types.js';
import { FailedError, UserError, type Problem } from '../../errors.js';
import type { Options } from '../command.js';
import { colours, durationMs, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { renderTable, type Column } from '../render/table.js';
import { chooseStack, namedStack } from '../stack-choice.js';

/** Between the two readings of a single evaluation. */
const SETTLE_MS = 500;
const SHORTEST_INTERVAL_MS = 1_000;

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  const environment = environmentPolicy(context);
  const intervalMs = interval(options['interval'], environment);
  const dryRun = options['dryRun'] === true;
  const engine = await context.engine();
  const stack = await whichStack(context, options['allStacks'] === true, environment !== null);
  const sources = openSources(engine, context.env, environment);
  try {
    if (options['daemon'] === true) {
      const log = daemonLog(context, options['logFormat'] === 'json');
      await runDaemon(engine, {
        ...sources,
        environment,
        stack,
        dryRun,
        intervalMs,
        events: engine,
        log,
        signal: context.signal,
      });
      return;
    }
    const evaluation = await evaluateOnce(engine, {
      ...sources,
      environment,
      stack: stack ?? (options['allStacks'] === true ? null : await onlyStack()),
      dryRun,
      settleMs: SETTLE_MS,
      signal: context.signal,
    });
    if (!dryRun) await warnOfDaemon(context, engine);
    await show(context, evaluation, dryRun);
    raise(evaluation);
  } finally {
    await sources.close();
  }

  async function onlyStack(): Promise<string | null> {
    if (environment !== null) return null;
    return chooseStack(context, engine, await engine.listServices(undefined, { signal: context.signal }));
  }
}

/** A person's word goes before the daemon's, which may undo it all the same. What cannot be read warns of nothing. */
async function warnOfDaemon(context: Context, engine: AutoscaleEngine): Promise<void> {
  const lease = await readLease(engine, { signal: context.signal }).catch(() => null);
  if (lease?.holder == null || !mayBeAlive(lease, Date.now())) return;
  context.stderr.write(`a daemon on ${holderText(lease.holder)} looks after this Swarm\n`);
}

function environmentPolicy(context: Context): EnvironmentPolicy | null {
  const decoded = decodeEnvironment(context.env);
  if (decoded.kind === 'invalid') throw UserError.of(decoded.problems);
  return decoded.kind === 'policy' ? decoded.value : null;
}

function interval(given: Options[string], environment: EnvironmentPolicy | null): number {
  if (typeof given !== 'string') return environment?.intervalMs ?? DEFAULT_INTERVAL_MS;
  const ms = durationMs(given, '--interval');
  if (ms < SHORTEST_INTERVAL_MS) {
    throw new UserError(`"${given}" is too short an interval`, {
      place: '--interval',
      hint: 'Give 1s or more; 5s is usual.',
    });
  }
  return ms;
}

/** The daemon may start before there is a stack, so a stack that nothing names is no reason to refuse. */
async function whichStack(context: Context, all: boolean, byEnvironment: boolean): Promise<string | null> {
  if (all) {
    if (context.globals.stack !== undefined) {
      throw new UserError('--all-stacks and --stack exclude each other', { hint: 'Give one of the two.' });
    }
    return null;
  }
  if (byEnvironment && context.globals.stack === undefined) return null;
  return namedStack(context);
}

function daemonLog(context: Context, json: boolean): DaemonLog {
  const verbose = context.env['SCALECTL_DEBUG'] === '1';
  return (event) => {
    if (event.level === 'debug' && !verbose) return;
    if (context.globals.quiet && event.level === 'info') return;
    context.stdout.write(json ? `${JSON.stringify(event)}\n` : `${logLine(event)}\n`);
  };
}

function logLine(event: DaemonEvent): string {
  return `${event.at} ${event.level.padEnd(5)} ${formatEvent(event)}`;
}

async function show(context: Context, evaluation: Evaluation, dryRun: boolean): Promise<void> {
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Evaluation', dryRun, ...evaluation });
    return;
  }
  if (evaluation.outcomes.length === 0) {
    if (evaluation.invalid.length === 0) {
      context.stderr.write('no service has a policy; see docs/autoscaling.md for the labels\n');
    }
    return;
  }
  const colour = await colours(context, context.stdout);
  const columns: Column<ServiceOutcome>[] = [
    { title: 'SERVICE', value: ({ service }) => service },
    { title: 'SIGNALS', value: signalsText, expendable: 1 },
    { title: 'DECISION', value: ({ decision }) => decision.outcome },
    {
      title: 'REPLICAS',
      value: ({ decision: { from, to } }) => (from === to ? String(from) : `${from} -> ${to}`),
    },
    { title: 'DONE', value: actionText },
  ];
  context.stdout.write(
    `${renderTable(columns, evaluation.outcomes, { width: context.stdout.columns, colour })}\n`,
  );
  for (const { service, decision } of evaluation.outcomes) {
    context.stdout.write(`${colour.dim(`${service}: ${decision.reasons.join('; ')}`)}\n`);
  }
}

function signalsText({ decision }: ServiceOutcome): string {
  return decision.signals
    .map(({ signal, value, unit, aim }) => `${signal} ${valueText({ value, unit })} (${aim})`)
    .join(', ');
}

function actionText({ action }: ServiceOutcome): string {
  switch (action.kind) {
    case 'none':
      return '-';
    case 'would-scale':
      return 'no (dry run)';
    case 'standing-by':
      return 'no (standing by)';
    case 'scaled':
      return 'yes';
    case 'gone':
      return 'the service is gone';
    case 'failed':
      return `failed: ${action.message}`;
  }
}

/** @throws UserError for policies that cannot be used, FailedError for what could not be written */
function raise({ invalid, outcomes }: Evaluation): void {
  const problems = invalid.flatMap(({ problems }): readonly Problem[] => problems);
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  const failed = outcomes.flatMap(({ service, action }) =>
    action.kind === 'failed' ? [`${service}: ${action.message}`] : [],
  );
  if (failed.length > 0) throw new FailedError(failed.join('\n'));
}
