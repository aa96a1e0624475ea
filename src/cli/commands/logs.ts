import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../errors.js';
import type { LogLine } from '../../swarm/engine.js';
import { parseDurationNs } from '../../text.js';
import type { Options } from '../command.js';
import { colours, type Context } from '../context.js';
import { findServices } from '../stack-choice.js';

const DEFAULT_TAIL = 100;
/** How long "the last lines" may take to come from nodes that do not answer. */
const QUIET_DEADLINE_MS = 10_000;

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const tail = parseTail(options['tail']);
  const since = parseSince(options['since'], Date.now());
  const engine = await context.engine();
  const { signal, stdout } = context;
  const [service] = await findServices(
    context,
    engine,
    await engine.listServices(undefined, { signal }),
    args,
  );
  if (service === undefined) return;
  const tasks = await engine.listTasks({ service: [service.ID] }, { signal });
  const names = new Map(tasks.map(({ ID, Slot }) => [ID, `${service.Spec.Name}.${Slot ?? ID.slice(0, 8)}`]));
  const colour = await colours(context, stdout);
  const follow = options['follow'] === true;
  const deadline = new AbortController();
  const stop = follow ? signal : AbortSignal.any([signal, deadline.signal]);
  const lines = engine.serviceLogs(service.ID, {
    follow,
    ...(tail !== null && { tail }),
    ...(since !== null && { since }),
    signal: stop,
  });
  const timer = follow ? null : endQuietly(deadline);
  try {
    for await (const line of lines) stdout.write(format(line));
  } catch (error) {
    if (!deadline.signal.aborted) throw error;
    context.stderr.write('some nodes did not send their lines in time\n');
  } finally {
    timer?.abort();
  }

  function format(line: LogLine): string {
    if (context.globals.output === 'json') {
      return `${JSON.stringify({ ...line, task: names.get(line.taskId ?? '') ?? null })}\n`;
    }
    const at = options['timestamps'] === true && line.timestamp !== null ? `${line.timestamp} ` : '';
    return `${at}${colour.cyan(names.get(line.taskId ?? '') ?? line.taskId ?? '-')} | ${line.text}\n`;
  }
}

function endQuietly(deadline: AbortController): AbortController {
  const cancel = new AbortController();
  delay(QUIET_DEADLINE_MS, undefined, { signal: cancel.signal }).then(
    () => deadline.abort(),
    () => undefined,
  );
  return cancel;
}

function parseTail(given: Options[string]): number | null {
  if (given === undefined) return DEFAULT_TAIL;
  if (given === 'all') return null;
  if (typeof given === 'string' && /^\d+$/.test(given)) return Number(given);
  throw new UserError(`"${String(given)}" is no number of lines`, {
    place: '--tail',
    hint: 'Give a number, or all.',
  });
}

function parseSince(given: Options[string], now: number): string | null {
  if (typeof given !== 'string') return null;
  const ns = parseDurationNs(given);
  if (ns !== null) return String(Math.floor((now - ns / 1e6) / 1000));
  // Date.parse takes "10" for a month of 2001.
  const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : NaN;
  if (!Number.isNaN(at)) return String(Math.floor(at / 1000));
  throw new UserError(`"${given}" is neither a time nor a duration`, {
    place: '--since',
    hint: 'Write 10m, or 2026-01-31T12:00:00Z.',
  });
}
