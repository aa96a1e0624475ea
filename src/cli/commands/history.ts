import type { Change } from '../../daemon/changes.js';
import { gatherHistory, type ChangeHistory } from '../../daemon/gather-history.js';
import type { Engine } from '../../swarm/engine.js';
import type { SwarmService } from '../../swarm/objects.js';
import type { Options } from '../command.js';
import { colours, type Context } from '../context.js';
import { countFrom, sinceFrom } from '../limits.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { chooseStack, findServices, servicesOf, unknownStack } from '../stack-choice.js';

const DEFAULT_LAST = 20;

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const { env, signal, stdout, stderr, globals } = context;
  const limits = {
    last: countFrom(options['last'], '--last', DEFAULT_LAST),
    sinceMs: sinceFrom(options['since'], Date.now()),
  };
  const engine = await context.engine();
  const { told: history, engineLost } = await gather().then(
    (told) => ({ told, engineLost: false }),
    async (error: unknown) => {
      const { withoutEngine } = await import('../last-known.js');
      return withoutEngine(context, error, args, (known, names) => known.history(names, limits));
    },
  );
  if (isStructured(context)) {
    await writeStructured(context, history);
    return;
  }
  if (globals.output === 'name') {
    stdout.write(
      [...new Set(history.changes.map(({ service }) => service))].map((name) => `${name}\n`).join(''),
    );
    return;
  }
  if (!globals.quiet)
    stderr.write(
      remarks(engineLost ? { ...history, note: null } : history)
        .map((text) => `${text}\n`)
        .join(''),
    );
  await show(context, history);

  async function gather(): Promise<ChangeHistory> {
    return gatherHistory(engine, await chosen(context, engine, args), { env, limits, signal });
  }
}

async function chosen(context: Context, engine: Engine, names: readonly string[]): Promise<SwarmService[]> {
  const all = await engine.listServices(undefined, { signal: context.signal });
  if (names.length > 0) return [...new Set(await findServices(context, engine, all, names))];
  const stack = await chooseStack(context, engine, all);
  const own = servicesOf(stack, all);
  if (own.length === 0) throw await unknownStack(context, stack, all);
  return own;
}

function remarks({ source, note, changes }: ChangeHistory): string[] {
  const where = {
    daemon: [],
    api: [],
    container: [],
    journal: ['the daemon is not running here; this is what it wrote down'],
    labels: [
      'no daemon runs here, and none has left a journal: only the last change of each service is known',
    ],
  };
  return [
    ...(note === null ? [] : [note]),
    ...where[source.kind],
    ...(changes.length === 0 ? ['no changes'] : []),
  ];
}

async function show(context: Context, { changes }: ChangeHistory): Promise<void> {
  if (changes.length === 0) return;
  const { stdout, globals } = context;
  const [colour, { renderTable }, { clockText }, { wrap }] = await Promise.all([
    colours(context, stdout),
    import('../render/table.js'),
    import('../render/times.js'),
    import('../render/wrap.js'),
  ]);
  const nowMs = Date.now();
  const width = globals.output === 'wide' ? Infinity : stdout.columns;
  const columns = [
    { title: 'WHEN', value: ({ at }: Change) => clockText(Date.parse(at), nowMs) },
    { title: 'SERVICE', value: ({ service }: Change) => service },
    {
      title: 'REPLICAS',
      value: ({ from, to, result }: Change) =>
        result === 'failed' ? colour.red(`${from} -> ${to} failed`) : `${from} -> ${to}`,
    },
    { title: 'BY', value: ({ by }: Change) => by },
  ];
  const table = renderTable(columns, changes, { width: Infinity, colour }).split('\n');
  // The reason is what a history is asked for: it is wrapped beside the rest, or below it, and never left out.
  const [head = '', ...rows] = table;
  const { stripVTControlCharacters } = await import('node:util');
  const at = Math.max(...table.map((line) => stripVTControlCharacters(line).length)) + 2;
  const beside = width - at >= 40;
  const padded = (line: string): string => line + ' '.repeat(at - stripVTControlCharacters(line).length);
  const lines = [
    beside ? `${padded(head)}${colour.bold('WHY')}` : head,
    ...rows.flatMap((row, index) => {
      const reason = changes[index]?.reason ?? '';
      if (!beside) return [row, ...wrap(`  ${reason}`, width)];
      return wrap(reason, width - at).map((text, line) => (line === 0 ? padded(row) : ' '.repeat(at)) + text);
    }),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}
