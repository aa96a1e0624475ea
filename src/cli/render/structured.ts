/** Results for programs: JSON and YAML with the version of their form. */

import type { Context } from '../context.js';

export async function writeStructured(context: Context, value: object): Promise<void> {
  if (context.globals.output === 'yaml') {
    const { stringify } = await import('yaml');
    context.stdout.write(stringify(value));
    return;
  }
  context.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function isStructured({ globals }: Context): boolean {
  return globals.output === 'json' || globals.output === 'yaml';
}
