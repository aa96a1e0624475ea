import { gatherWhy, type GatherOptions } from '../../daemon/gather-why.js';
import type { Why } from '../../daemon/why.js';
import { UserError } from '../../errors.js';
import { decodeEnvironment } from '../../policy/environment.js';
import type { Engine } from '../../swarm/engine.js';
import type { Options } from '../command.js';
import { colours, type Context } from '../context.js';
import { countFrom, sinceFrom } from '../limits.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { findServices } from '../stack-choice.js';

const DEFAULT_LAST = 10;

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const { stdout, globals } = context;
  const limits = {
    last: countFrom(options['last'], '--last', DEFAULT_LAST),
    sinceMs: sinceFrom(options['since'], Date.now()),
  };
  const since = typeof options['since'] === 'string' ? options['since'] : null;
  const engine = await context.engine();
  const { told: why, engineLost } = await gather(context, engine, args, { limits, since }).then(
    (told) => ({ told, engineLost: false }),
    async (error: unknown) => {
      const { withoutEngine } = await import('../last-known.js');
      return withoutEngine(context, error, args, (known, [service = '']) => known.why(service, limits));
    },
  );
  if (isStructured(context)) {
    await writeStructured(context, why);
    return;
  }
  if (globals.output === 'name') {
    stdout.write(`${why.service}\n`);
    return;
  }
  const [colour, { whyText }] = await Promise.all([colours(context, stdout), import('../render/why.js')]);
  const width = globals.output === 'wide' ? Infinity : stdout.columns;
  stdout.write(whyText(why, { colour, width, engineLost }));
}

async function gather(
  context: Context,
  engine: Engine,
  names: readonly string[],
  options: Pick<GatherOptions, 'limits' | 'since'>,
): Promise<Why> {
  const { env, signal } = context;
  const services = await engine.listServices(undefined, { signal });
  const [service] = await findServices(context, engine, services, names);
  if (service === undefined) throw new UserError('no service is named', { place: 'why' });
  return gatherWhy(engine, service, {
    ...options,
    env,
    signal,
    openSources: async () => {
      const decoded = decodeEnvironment(env);
      if (decoded.kind === 'invalid') throw UserError.of(decoded.problems);
      const environment = decoded.kind === 'policy' ? decoded.value : null;
      const { openSources } = await import('../../daemon/sources.js');
      return { ...openSources(engine, env, environment), environment };
    },
  });
}
