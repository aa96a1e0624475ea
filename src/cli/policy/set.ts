import { changeLabels } from '../../deploy/labels.js';
import { UserError } from '../../errors.js';
import { editLabels, parseEdits } from '../../policy/edit.js';
import type { Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { namedServices } from './services.js';

/** Changes labels of a service's policy. Nothing is written unless the policy as a whole can be carried out then. */
export async function run(context: Context, args: readonly string[]): Promise<void> {
  const [name, ...texts] = args;
  if (name === undefined || name.includes('=') || texts.length === 0) {
    throw new UserError('policy set needs a service and its settings', {
      place: 'command line',
      hint: 'Write: scalectl policy set backend max=10 cpu.target=70',
    });
  }
  const edits = parseEdits(texts);
  const engine = await context.engine();
  const { globals, signal, stdout, stderr } = context;
  for (const service of await namedServices(context, engine, [name], 'set')) {
    const changed = await changeLabels(engine, service, (spec) => editLabels(spec, edits), { signal });
    const { Name } = service.Spec;
    if (isStructured(context)) {
      const labels = Object.fromEntries(edits.map(({ label, value }) => [label, value]));
      const result = { service: Name, changed, labels };
      await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'PolicySet', ...result });
    } else if (globals.output === 'name') stdout.write(`${Name}\n`);
    else if (!changed) stdout.write(`${Name}: is so already\n`);
    else {
      for (const { label, value } of edits)
        stdout.write(`${Name}: ${value === null ? `without ${label}` : `${label} ${value}`}\n`);
    }
    if (changed && !globals.quiet) {
      stderr.write('write it into the stack file too: the next deploy puts back what the file says\n');
    }
  }
}
