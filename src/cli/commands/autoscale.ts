import { decodeEnvironment } from '../../policy/environment.js';
import type { EnvironmentPolicy } from '../../policy/policy.js';
import { secretFromFile, tokenFrom } from '../../signals/token.js';
import { valueText } from '../../autoscale/text.js';
import { systemClock } from '../../daemon/clock.js';
import { checkUrl } from '../../daemon/check-url.js';
import { evaluateOnce } from '../../daemon/evaluate.js';
import { keepHeapSmall } from '../../daemon/heap.js';
import { parseListen, type ListenOptions } from '../../daemon/http-listen.js';
import { DaemonRecord } from '../../daemon/record.js';
import { formatEvent } from '../../daemon/report.js';
import { DEFAULT_INTERVAL_MS, runDaemon } from '../../daemon/run.js';
import { holderText, mayBeAlive, readLease } from '../../daemon/lease-record.js';
import { systemPlace } from '../../daemon/runtime-dir.js';
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

declare const SCALECTL_VERSION: string | undefined;

/** Between the two readings of a single evaluation. */
const SETTLE_MS = 500;
const SHORTEST_INTERVAL_MS = 1_000;

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  if (isInstallation(options)) {
    const { runInstallation } = await import('./install.js');
    return runInstallation(context, options);
  }
  const environment = environmentPolicy(context);
  const intervalMs = interval(options['interval'], environment);
  const dryRun = options['dryRun'] === true;
  const daemon = options['daemon'] === true;
  const listen = await listenFrom(context, options['listen'], daemon);
  const webhookUrl = await webhookFrom(context, options['webhook'], daemon);
  const engine = await context.engine();
  const stack = await whichStack(context, options['allStacks'] === true, environment !== null);
  const sources = openSources(engine, context.env, environment);
  try {
    if (daemon) {
      keepHeapSmall();
      const log = daemonLog(context, options['logFormat'] === 'json');
      await runDaemon(engine, {
        ...sources,
        environment,
        stack,
        dryRun,
        intervalMs,
        events: engine,
        log,
        listen,
        record: recordOf(context, log, webhookUrl),
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

/** Flags that say something of an installation, beside --install itself. */
const OF_INSTALL = ['image', 'network', 'socketProxy', 'redisPasswordSecret', 'withRegistryAuth'] as const;

/** An installed daemon answers on its socket alone, in its container, and nobody could give it the URL in secret. */
const OF_DAEMON = ['listen', 'webhook'] as const;

/** @throws UserError for flags that do not go together */
function isInstallation(options: Options): boolean {
  const has = (name: string): boolean => options[name] !== undefined && options[name] !== false;
  const flag = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  const install = has('install');
  const uninstall = has('uninstall');
  const chosen = ['install', 'uninstall', 'daemon'].filter(has);
  if (chosen.length > 1 && (install || uninstall)) {
    throw new UserError(`${chosen.map(flag).join(' and ')} exclude each other`, {
      place: 'command line',
      hint: 'Give one of the two.',
    });
  }
  const stray = [
    ...(install ? [] : OF_INSTALL.filter(has).map((name) => [name, 'install'] as const)),
    ...(uninstall || !has('volumes') ? [] : [['volumes', 'uninstall'] as const]),
    ...(uninstall && has('dryRun') ? [['dryRun', 'install'] as const] : []),
    ...(install || uninstall ? OF_DAEMON.filter(has).map((name) => [name, 'daemon'] as const) : []),
  ][0];
  if (stray !== undefined) {
    throw new UserError(`${flag(stray[0])} belongs to ${flag(stray[1])}`, {
      place: 'command line',
      hint: 'See: scalectl autoscale --help',
    });
  }
  return install || uninstall;
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

export function interval(given: Options[string], environment: EnvironmentPolicy | null): number {
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

/** @throws UserError for an address that is none, and for one that others can reach without a token */
async function listenFrom(
  context: Context,
  given: Options[string],
  daemon: boolean,
): Promise<ListenOptions | null> {
  if (typeof given !== 'string') return null;
  if (!daemon) throw onlyForDaemon('--listen');
  return parseListen(given, await tokenFrom(context.env));
}

/** @throws UserError for a URL that is none; the URL itself may be a secret, and is not repeated */
async function webhookFrom(
  { env }: Context,
  given: Options[string],
  daemon: boolean,
): Promise<string | null> {
  if (typeof given === 'string') {
    if (!daemon) throw onlyForDaemon('--webhook');
    return checkUrl(given.trim(), '--webhook');
  }
  const file = 'SCALECTL_WEBHOOK_URL_FILE';
  const url = daemon ? await secretFromFile(env, file) : null;
  return url === null ? null : checkUrl(url, `environment ${file}`);
}

function onlyForDaemon(place: string): UserError {
  return new UserError('a single evaluation has nothing to serve and nobody to notify', {
    place,
    hint: 'Add --daemon.',
  });
}

function recordOf({ env }: Context, log: DaemonLog, webhookUrl: string | null): DaemonRecord {
  return new DaemonRecord({
    clock: systemClock,
    place: { ...systemPlace(), env },
    version: typeof SCALECTL_VERSION === 'string' ? SCALECTL_VERSION : 'development',
    webhookUrl,
    log,
  });
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
