import { setTimeout as delay } from 'node:timers/promises';
import { signalInShort } from '../../policy/describe.js';
import { pauseText } from '../../policy/pause.js';
import { lookAtSwarm } from '../../status/collect.js';
import { statusOf, type Status, type StatusService, type Usage } from '../../status/model.js';
import type { Engine } from '../../swarm/engine.js';
import { formatDurationMs } from '../../text.js';
import type { Options } from '../command.js';
import { colours, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import type { Column } from '../render/table.js';
import { chooseStack, servicesOf, unknownStack } from '../stack-choice.js';

const WATCH_INTERVAL_MS = 2_000;
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  const engine = await context.engine();
  const withStats = options['stats'] !== false;
  if (options['watch'] !== true) {
    // What shows the table is loaded while the Engine answers.
    const [status] = await Promise.all([
      take(context, engine, withStats),
      isStructured(context) ? null : loadDisplay(context),
    ]);
    await show(context, status);
    return;
  }
  while (!context.signal.aborted) {
    const status = await take(context, engine, withStats);
    if (context.globals.output === 'json') context.stdout.write(`${JSON.stringify(status)}\n`);
    else {
      if (context.stdout.isTTY) context.stdout.write(CLEAR_SCREEN);
      await show(context, status);
    }
    await delay(WATCH_INTERVAL_MS, undefined, { signal: context.signal });
  }
}

async function take(context: Context, engine: Engine, withStats: boolean): Promise<Status> {
  const { signal } = context;
  const [{ nodes, services, tasks }, sampling] = await Promise.all([
    lookAtSwarm(engine, signal),
    // The Engine takes longer to describe itself than to list everything else.
    withStats ? Promise.all([engine.info({ signal }), import('../../status/collect-usage.js')]) : null,
  ]);
  const stack = await chooseStack(context, engine, services);
  const own = servicesOf(stack, services);
  if (own.length === 0 && context.globals.stack !== undefined)
    throw await unknownStack(context, stack, services);
  const ids = new Set(own.map(({ ID }) => ID));
  const ownTasks = tasks.filter(({ ServiceID }) => ids.has(ServiceID));
  let usage: ReadonlyMap<string, Usage> = new Map();
  if (sampling !== null) {
    const [info, { collectUsage }] = sampling;
    usage = await collectUsage(engine, ownTasks, info, signal);
  }
  return statusOf({ stack, nodes, services: own, tasks: ownTasks, usage, wallMs: Date.now() });
}

async function loadDisplay(context: Context) {
  const [colour, { renderTable }] = await Promise.all([
    colours(context, context.stdout),
    import('../render/table.js'),
  ]);
  return { colour, renderTable };
}

async function show(context: Context, status: Status): Promise<void> {
  const { stdout, globals } = context;
  if (isStructured(context)) {
    await writeStructured(context, status);
    return;
  }
  if (globals.output === 'name') {
    stdout.write(status.services.map(({ fullName }) => `${fullName}\n`).join(''));
    return;
  }
  const { colour, renderTable } = await loadDisplay(context);
  const ready = status.nodes.filter(({ state }) => state === 'ready').length;
  const nodes = `${ready}/${status.nodes.length} node${status.nodes.length === 1 ? '' : 's'} ready`;
  stdout.write(
    `stack ${colour.bold(status.stack)}, ${ready < status.nodes.length ? colour.red(nodes) : nodes}\n`,
  );
  if (status.services.length === 0) {
    stdout.write('no services; deploy them with: scalectl deploy\n');
    return;
  }
  const replicas = ({ replicas: { desired, running } }: StatusService) => {
    const text = `${running}/${desired ?? running}`;
    return desired !== null && running < desired ? colour.yellow(text) : text;
  };
  const columns: Column<StatusService>[] = [
    { title: 'SERVICE', value: ({ name }) => name },
    { title: 'REPLICAS', value: replicas, align: 'right' },
    {
      title: 'HEALTHY',
      value: ({ replicas: { healthy } }) => number(healthy),
      align: 'right',
      expendable: 2,
    },
    { title: 'CPU', value: ({ cpuPercent }) => percent(cpuPercent), align: 'right' },
    { title: 'MEMORY', value: ({ memoryPercent }) => percent(memoryPercent), align: 'right' },
    { title: 'POLICY', value: (service) => policyText(service, colour.red) },
    { title: 'LAST SCALE', value: (service) => lastScaleText(service, Date.now()), expendable: 1 },
    ...(globals.output === 'wide' ? wideColumns() : []),
  ];
  const width = globals.output === 'wide' ? Infinity : stdout.columns;
  stdout.write(`${renderTable(columns, status.services, { width, colour })}\n`);
  for (const problem of status.services.flatMap(({ policyProblems }) => policyProblems)) {
    stdout.write(`${colour.red('policy not used')}: ${problem}\n`);
  }
  for (const { fullName, paused } of status.services) {
    if (paused !== null)
      stdout.write(`${colour.yellow('autoscaling paused')}: ${fullName} is ${pauseText(paused)}\n`);
  }
}

function wideColumns(): Column<StatusService>[] {
  return [
    { title: 'SAMPLED', value: ({ coverage }) => `${coverage.sampled}/${coverage.running}`, align: 'right' },
    { title: 'MODE', value: ({ mode }) => mode },
    { title: 'ROLLOUT', value: ({ update }) => update ?? '-' },
    { title: 'IMAGE', value: ({ image }) => image },
  ];
}

const number = (value: number | null) => (value === null ? '-' : String(value));
const percent = (value: number | null) => (value === null ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} %`);

function policyText({ policy, policyProblems }: StatusService, red: (text: string) => string): string {
  if (policyProblems.length > 0) return red('invalid');
  if (policy === null) return '-';
  return `${policy.min}-${policy.max} by ${policy.signals.map(signalInShort).join(', ')}`;
}

function lastScaleText({ lastScale }: StatusService, now: number): string {
  if (lastScale === null) return '-';
  return `${lastScale.from}->${lastScale.to}, ${formatDurationMs(Math.max(0, now - Date.parse(lastScale.at)))} ago`;
}
