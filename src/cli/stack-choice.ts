/** Which stack a command works on, and which service a name means in it. */

import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../errors.js';
import { NAMESPACE_LABEL, RELEASE_LABEL } from '../stack/names.js';
import type { ConfigStore, ServiceReader } from '../swarm/engine.js';
import type { SwarmService } from '../swarm/objects.js';
import { didYouMean } from '../text.js';
import { unknownService, type Context } from './context.js';

const CONFIG_FILE = 'scalectl.yml';
const CONFIG_KEYS = ['stack', 'file'];
/** Where `autoscale --install` puts daemon and agents. */
export const AUTOSCALER_STACK = 'scalectl';
const DEPLOY_ONE = 'Deploy one with: scalectl deploy -c FILE --stack NAME';

interface ProjectConfig {
  stack?: string;
  file?: string;
}

/** `scalectl.yml` in the current directory. @throws UserError when it is there and not right */
export async function projectConfig(): Promise<ProjectConfig> {
  if (!existsSync(CONFIG_FILE)) return {};
  const { parseMapping } = await import('../stack/source.js');
  const text = readFileSync(CONFIG_FILE, 'utf8');
  const source = parseMapping({ name: CONFIG_FILE, text }, { what: CONFIG_FILE, first: 'stack: NAME' });
  const config: Record<string, string> = {};
  for (const [key, entry] of Object.entries(source?.value ?? {}) as [string, unknown][]) {
    const place = source?.place([key]) ?? CONFIG_FILE;
    if (!CONFIG_KEYS.includes(key)) {
      throw new UserError(`unknown key "${key}"`, {
        place,
        hint: didYouMean(key, CONFIG_KEYS) ?? `Known keys: ${CONFIG_KEYS.join(', ')}`,
      });
    }
    if (typeof entry !== 'string' || entry === '') {
      throw new UserError(`${key}: must be text, got ${JSON.stringify(entry)}`, {
        place,
        hint: key === 'stack' ? 'Write stack: shop, for example.' : 'Write file: stack.yml, for example.',
      });
    }
    config[key] = entry;
  }
  return config;
}

/** The stack that was named, by whatever means, or null when nothing names one. */
export async function namedStack(context: Context): Promise<string | null> {
  return (await stackName(context))?.name ?? null;
}

/** The same, with where it was named. */
export async function stackName(context: Context): Promise<{ name: string; place: string } | null> {
  const { stack } = context.globals;
  if (stack !== undefined) return { name: stack, place: '--stack' };
  const inProject = (await projectConfig()).stack;
  if (inProject !== undefined) return { name: inProject, place: `${CONFIG_FILE}: stack` };
  const inEnvironment = context.env['SCALECTL_STACK'];
  return inEnvironment === undefined || inEnvironment === ''
    ? null
    : { name: inEnvironment, place: 'environment SCALECTL_STACK' };
}

/**
 * The stack that is named, else the only one that has releases: that scalectl deployed. An installed autoscaler does not
 * count beside another.
 * @throws UserError that lists the choices when nothing decides
 */
export async function chooseStack(
  context: Context,
  engine: Pick<ConfigStore, 'listConfigs'>,
  services: readonly SwarmService[],
): Promise<string> {
  const named = await namedStack(context);
  if (named !== null) return named;
  const deployed = stacksOf(await engine.listConfigs({ label: [RELEASE_LABEL] }, { signal: context.signal }));
  // The autoscaler's own is meant only where it is named, or alone.
  const others = deployed.filter((name) => name !== AUTOSCALER_STACK);
  const [only] = others.length === 0 ? deployed : others;
  if (only !== undefined && others.length <= 1) return only;
  const all = [...new Set([...deployed, ...stacksOf(services)])].sort();
  throw new UserError(all.length === 0 ? 'there is no stack in this Swarm' : 'which stack?', {
    place: '--stack',
    hint: all.length === 0 ? DEPLOY_ONE : `Choose one: ${all.join(', ')}`,
  });
}

/** The same for a command that does not list the services anyway. */
export async function currentStack(
  context: Context,
  engine: Pick<ConfigStore & ServiceReader, 'listConfigs' | 'listServices'>,
): Promise<string> {
  const named = await namedStack(context);
  if (named !== null) return named;
  return chooseStack(context, engine, await engine.listServices(undefined, { signal: context.signal }));
}

function stacksOf(objects: readonly { Spec: { Labels?: Record<string, string> } }[]): string[] {
  const names = objects.flatMap(({ Spec }) => Spec.Labels?.[NAMESPACE_LABEL] ?? []);
  return [...new Set(names)].sort();
}

export function servicesOf(stack: string, services: readonly SwarmService[]): SwarmService[] {
  return services
    .filter(({ Spec }) => Spec.Labels[NAMESPACE_LABEL] === stack)
    .sort((a, b) => (a.Spec.Name < b.Spec.Name ? -1 : 1));
}

export function shortName(service: SwarmService): string {
  const stack = service.Spec.Labels[NAMESPACE_LABEL];
  const prefix = `${stack ?? ''}_`;
  return stack !== undefined && service.Spec.Name.startsWith(prefix)
    ? service.Spec.Name.slice(prefix.length)
    : service.Spec.Name;
}

/**
 * The services that names mean: short inside the stack, or full.
 * @throws UserError with a guess for a name that means none
 */
export async function findServices(
  context: Context,
  engine: Pick<ConfigStore, 'listConfigs'>,
  services: readonly SwarmService[],
  names: readonly string[],
): Promise<SwarmService[]> {
  const byFullName = new Map(services.map((service) => [service.Spec.Name, service]));
  if (names.every((name) => byFullName.has(name))) return names.flatMap((name) => byFullName.get(name) ?? []);
  const stack = await chooseStack(context, engine, services);
  const own = servicesOf(stack, services);
  if (own.length === 0) throw await unknownStack(context, stack, services);
  return names.map((name) => {
    const found = own.find((service) => shortName(service) === name) ?? byFullName.get(name);
    if (found === undefined) throw unknownService(name, stack, own.map(shortName));
    return found;
  });
}

/** For a name that somebody typed; one that a file gives may simply not be deployed yet. */
export async function unknownStack(
  context: Context,
  stack: string,
  services: readonly SwarmService[],
): Promise<UserError> {
  const all = stacksOf(services);
  return new UserError(`there is no stack "${stack}" in this Swarm`, {
    place: (await stackName(context))?.place ?? '--stack',
    hint: didYouMean(stack, all) ?? (all.length === 0 ? DEPLOY_ONE : `There are: ${all.join(', ')}`),
  });
}
