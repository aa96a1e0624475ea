/** Which stack a command works on, and which service a name means in it. */

import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../errors.js';
import { MANAGED_LABEL, NAMESPACE_LABEL } from '../stack/names.js';
import type { SwarmService } from '../swarm/objects.js';
import { didYouMean } from '../text.js';
import { unknownService, type Context } from './context.js';

const CONFIG_FILE = 'scalectl.yml';
const CONFIG_KEYS = ['stack', 'file'];

interface ProjectConfig {
  stack?: string;
  file?: string;
}

/** `scalectl.yml` in the current directory. @throws UserError when it is there and not right */
export async function projectConfig(): Promise<ProjectConfig> {
  if (!existsSync(CONFIG_FILE)) return {};
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(readFileSync(CONFIG_FILE, 'utf8')) as unknown;
  } catch (cause) {
    throw new UserError('is not valid YAML', { place: CONFIG_FILE, hint: 'Mend or remove the file.', cause });
  }
  const config: Record<string, string> = {};
  for (const [key, entry] of Object.entries(value ?? {})) {
    if (!CONFIG_KEYS.includes(key)) {
      throw new UserError(`unknown key "${key}"`, {
        place: CONFIG_FILE,
        hint: didYouMean(key, CONFIG_KEYS) ?? `Known keys: ${CONFIG_KEYS.join(', ')}`,
      });
    }
    if (typeof entry !== 'string' || entry === '') {
      throw new UserError(`${key}: must be text`, { place: CONFIG_FILE, hint: `Write ${key}: "…"` });
    }
    config[key] = entry;
  }
  return config;
}

/** The stack that was named, by whatever means, or null when nothing names one. */
export async function namedStack(context: Context): Promise<string | null> {
  const named = context.globals.stack ?? (await projectConfig()).stack ?? context.env['SCALECTL_STACK'];
  return named === undefined || named === '' ? null : named;
}

/** @throws UserError that lists the choices when nothing decides */
export async function chooseStack(context: Context, services: readonly SwarmService[]): Promise<string> {
  const named = await namedStack(context);
  if (named !== null) return named;
  const managed = stacksOf(services.filter(({ Spec }) => Spec.Labels[MANAGED_LABEL] === 'true'));
  const [only] = managed;
  if (only !== undefined && managed.length === 1) return only;
  const all = stacksOf(services);
  throw new UserError(all.length === 0 ? 'there is no stack in this Swarm' : 'which stack?', {
    place: '--stack',
    hint:
      all.length === 0
        ? 'Deploy one with: scalectl deploy -c FILE --stack NAME'
        : `Choose one: ${all.join(', ')}`,
  });
}

function stacksOf(services: readonly SwarmService[]): string[] {
  const names = services.flatMap(({ Spec }) => Spec.Labels[NAMESPACE_LABEL] ?? []);
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
  services: readonly SwarmService[],
  names: readonly string[],
): Promise<SwarmService[]> {
  const byFullName = new Map(services.map((service) => [service.Spec.Name, service]));
  if (names.every((name) => byFullName.has(name))) return names.flatMap((name) => byFullName.get(name) ?? []);
  const stack = await chooseStack(context, services);
  const own = servicesOf(stack, services);
  return names.map((name) => {
    const found = own.find((service) => shortName(service) === name) ?? byFullName.get(name);
    if (found === undefined) throw unknownService(name, stack, own.map(shortName));
    return found;
  });
}
