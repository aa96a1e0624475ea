/** What commands answer that only look, when the Engine does not answer and somebody else on this machine can. */

import type { LastKnown } from '../daemon/without-engine.js';
import { FailedError, UserError } from '../errors.js';
import { isEngineError, type EngineError } from '../swarm/engine.js';
import { didYouMean, formatAgeMs } from '../text.js';
import type { Context } from './context.js';
import { namedStack } from './stack-choice.js';

/**
 * What `tell` makes of what is known, with a warning and the same as its note.
 * @param names as on the command line; without any, all services of the stack
 * @throws the error itself where it is another one, where --host or --context named the Engine, or nobody knows anything
 */
export async function withoutEngine<T extends object>(
  context: Context,
  error: unknown,
  names: readonly string[],
  tell: (known: LastKnown, services: readonly string[]) => Promise<T | null>,
): Promise<{ told: T; engineLost: true }> {
  if (!isEngineError(error, 'unreachable')) throw error;
  const { env, signal, globals, stderr } = context;
  // Who names an Engine asks about that one, and what is known on this machine may be of another.
  if (globals.host !== undefined || globals.context !== undefined) throw error;
  const [{ lastKnown }, { systemPlace }] = await Promise.all([
    import('../daemon/without-engine.js'),
    import('../daemon/runtime-dir.js'),
  ]);
  const known = await lastKnown(error, { ...systemPlace(), env }, signal);
  if (known === null) throw error;
  const services = knownServices(await namedStack(context), known, names, error);
  const told = services.length === 0 ? null : await tell(known, services);
  if (told === null) throw error;
  const note = `${error.message}; this is what ${known.who} knows, as of ${formatAgeMs(known.ageMs)} ago`;
  if (!globals.quiet) stderr.write(`warning: ${note}\n`);
  return { told: { ...told, note }, engineLost: true };
}

/**
 * Full names of the services that names mean, by the rule of findServices. Labels are not known here: the stack is what
 * a full name begins with.
 * @throws FailedError with a guess for a name that means none, UserError for one that is in several stacks
 */
export function knownServices(
  stack: string | null,
  { who, services }: Pick<LastKnown, 'who' | 'services'>,
  names: readonly string[],
  lost: EngineError,
): string[] {
  const prefix = stack === null ? '' : `${stack}_`;
  const own = services.filter((service) => service.startsWith(prefix));
  if (names.length === 0) return own;
  if (names.every((name) => services.includes(name))) return [...new Set(names)];
  const found = names.map((name) => {
    const inside = own.filter((service) =>
      stack === null ? service.endsWith(`_${name}`) : service === prefix + name,
    );
    if (inside.length > 1) {
      const stacks = inside.map((service) => service.slice(0, -name.length - 1));
      throw new UserError('which stack?', {
        place: '--stack',
        hint: `Choose one: ${stacks.sort().join(', ')}`,
      });
    }
    const [service = services.find((one) => one === name)] = inside;
    if (service !== undefined) return service;
    const short = own.map((one) => (stack === null ? one : one.slice(prefix.length)));
    const guess = stack === null ? [...short, ...own.map((one) => one.replace(/^[^_]*_/, ''))] : short;
    throw new FailedError(`${lost.message}; and ${who} knows of no service "${name}"`, {
      hint: didYouMean(name, guess) ?? `It knows: ${(short.length === 0 ? services : short).join(', ')}`,
      cause: lost,
    });
  });
  return [...new Set(found)];
}
