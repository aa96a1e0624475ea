import { UserError } from '../../errors.js';
import type { Engine } from '../../swarm/engine.js';
import type { SwarmService } from '../../swarm/objects.js';
import type { Context } from '../context.js';
import { findServices } from '../stack-choice.js';

/** The services that are named, each once. @throws UserError where none is named, or one is not there */
export async function namedServices(
  context: Context,
  engine: Engine,
  names: readonly string[],
  action: string,
): Promise<SwarmService[]> {
  if (names.length === 0) {
    throw new UserError(`policy ${action} needs the name of a service`, {
      place: 'command line',
      hint: `Write: scalectl policy ${action} backend`,
    });
  }
  const all = await engine.listServices(undefined, { signal: context.signal });
  return [...new Set(await findServices(context, engine, all, names))];
}
