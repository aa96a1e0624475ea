import { listStacks, type StackSummary } from '../../deploy/stacks.js';
import { RELEASE_LABEL } from '../../stack/names.js';
import { formatAgeMs } from '../../text.js';
import { colours, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { renderTable, type Column } from '../render/table.js';

export async function run(context: Context): Promise<void> {
  const engine = await context.engine();
  const { signal, stdout, globals } = context;
  const stacks = listStacks(
    ...(await Promise.all([
      engine.listServices(undefined, { signal }),
      engine.listTasks({ 'desired-state': ['running'] }, { signal }),
      engine.listConfigs({ label: [RELEASE_LABEL] }, { signal }),
    ])),
  );
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Stacks', stacks });
    return;
  }
  if (globals.output === 'name') {
    stdout.write(stacks.map(({ name }) => `${name}\n`).join(''));
    return;
  }
  if (stacks.length === 0) {
    context.stderr.write(
      'there is no stack in this Swarm; deploy one with: scalectl deploy -c FILE --stack NAME\n',
    );
    return;
  }
  const colour = await colours(context, stdout);
  const now = Date.now();
  const replicas = ({ replicas: { desired, running } }: StackSummary) => {
    const text = `${running}/${desired}`;
    return running < desired ? colour.yellow(text) : text;
  };
  const columns: Column<StackSummary>[] = [
    { title: 'STACK', value: ({ name }) => name },
    { title: 'SERVICES', value: ({ services }) => String(services), align: 'right' },
    { title: 'REPLICAS', value: replicas, align: 'right' },
    { title: 'DEPLOYED BY', value: deployedBy },
    {
      title: 'AGE',
      value: ({ at }) => (at === null ? '-' : formatAgeMs(now - Date.parse(at))),
      align: 'right',
    },
  ];
  stdout.write(`${renderTable(columns, stacks, { width: stdout.columns, colour })}\n`);
}

function deployedBy({ deployedBy: by, release }: StackSummary): string {
  if (release === null) return by;
  return `${by}, release ${release.number}${release.state === 'good' ? '' : ` (${release.state})`}`;
}
