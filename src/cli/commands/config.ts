import { desireOf, type Desire } from '../../deploy/desire.js';
import { NOTHING } from '../../deploy/observe.js';
import type { Options } from '../command.js';
import type { Context } from '../context.js';
import { readFiles, readStackFiles } from './stack-files.js';

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  if (options['specs'] === true) {
    const { stack, source } = await readStackFiles(context, args, options);
    const desire = desireOf(source, { stack, cluster: null, observed: NOTHING, releases: [] });
    warn(context, source.loaded.warnings);
    await write(context, { apiVersion: 'scalectl/v1', kind: 'Specs', stack, ...specsOf(desire) });
    return;
  }
  const { stack, source } = await readFiles(context, args, options);
  const { merged, warnings } = source.loaded;
  warn(context, warnings);
  const isJson = context.globals.output === 'json';
  await write(context, isJson ? { apiVersion: 'scalectl/v1', kind: 'Config', stack, file: merged } : merged);
}

function warn({ globals, stderr }: Context, warnings: readonly string[]): void {
  if (globals.quiet) return;
  for (const text of warnings) stderr.write(`warning: ${text}\n`);
}

/** Without what secrets hold. */
function specsOf({ desired, materials }: Desire): object {
  const own = materials.filter(({ external }) => !external);
  const named = ({ name, labels, templating, driver }: Desire['materials'][number]) => ({
    Name: name,
    Labels: labels,
    ...(templating !== null && { Templating: { Name: templating } }),
    ...(driver !== null && { Driver: driver }),
  });
  return {
    networks: desired.networks.filter(({ external }) => !external).map(({ spec }) => spec),
    secrets: own.filter(({ kind }) => kind === 'secret').map(named),
    configs: own
      .filter(({ kind }) => kind === 'config')
      .map((config) => ({ ...named(config), Data: config.data?.toString('base64') ?? null })),
    services: desired.services.map(({ spec }) => spec),
  };
}

/** A file is YAML, whatever the usual form of results. */
async function write({ globals, stdout }: Context, value: unknown): Promise<void> {
  if (globals.output === 'json') {
    stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    return;
  }
  const { stringify } = await import('yaml');
  stdout.write(stringify(value, { aliasDuplicateObjects: false, version: '1.1' }));
}
