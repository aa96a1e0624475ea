/** `autoscale --install`: daemon and agents as a stack of their own, deployed like any other. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadStack } from '../../deploy/read-stack.js';
import { removeFreeLease } from '../../daemon/lease-record.js';
import { FailedError, UserError } from '../../errors.js';
import { loadStack } from '../../stack/load.js';
import type { Engine } from '../../swarm/engine.js';
import { didYouMean } from '../../text.js';
import { given, type Options } from '../command.js';
import type { Context } from '../context.js';
import { AUTOSCALER_STACK } from '../stack-choice.js';
import { interval } from './autoscale.js';
import { deployFiles } from './deploy.js';
import { takeDown } from './down.js';
import { overlayOf, variablesOf, type Installation } from './install-overlay.js';

const STACK_FILE = 'stacks/autoscaler.yml';

export async function runInstallation(context: Context, options: Options): Promise<void> {
  if (options['uninstall'] === true) {
    const volumes = options['volumes'] === true;
    // The token opens nothing that stays.
    await takeDown(context, AUTOSCALER_STACK, { place: '--uninstall', volumes, secrets: true });
    return removeFreeLease(await context.engine(), { signal: context.signal });
  }
  const installation = await readInstallation(context, options);
  const source = readSource(context, installation);
  await deployFiles(
    context,
    { stack: AUTOSCALER_STACK, source },
    options,
    `scalectl status --stack ${AUTOSCALER_STACK}`,
  );
}

/** @throws UserError for a flag that cannot be right, or that names what is not in the Swarm */
async function readInstallation(context: Context, options: Options): Promise<Installation> {
  const text = (name: string): string | null => {
    const value = options[name];
    return typeof value === 'string' ? value : null;
  };
  const everything = options['allStacks'] === true;
  const { stack } = context.globals;
  if (everything && stack !== undefined) {
    throw new UserError('--all-stacks and --stack exclude each other', { hint: 'Give one of the two.' });
  }
  interval(options['interval'], null);
  const socketProxy = proxyAddress(text('socketProxy'));
  const networks = [...new Set(given(options['network']))];
  const redisPasswordSecret = text('redisPasswordSecret');
  const engine = await context.engine();
  const { signal } = context;
  if (networks.length > 0) {
    const known = (await engine.listNetworks(undefined, { signal })).filter(({ Scope }) => Scope === 'swarm');
    for (const name of networks)
      refuseUnknown(
        'network',
        '--network',
        name,
        known.map(({ Name }) => Name),
      );
  }
  if (redisPasswordSecret !== null) {
    const known = (await engine.listSecrets(undefined, { signal })).map(({ Spec }) => Spec.Name);
    refuseUnknown('secret', '--redis-password-secret', redisPasswordSecret, known);
  }
  return {
    image: text('image'),
    interval: text('interval'),
    logFormat: text('logFormat'),
    stack: stack ?? null,
    networks,
    socketProxy,
    redisPasswordSecret,
    ...(await socketOf(engine, context, socketProxy)),
  };
}

function refuseUnknown(what: string, place: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new UserError(`there is no ${what} "${name}" in this Swarm`, {
    place,
    hint: didYouMean(name, known) ?? `See which there are with: docker ${what} ls`,
  });
}

/** @throws UserError for what is no `tcp://HOST:PORT` */
function proxyAddress(text: string | null): string | null {
  if (text === null || /^tcp:\/\/[a-zA-Z0-9._-]+:\d{1,5}$/.test(text)) return text;
  throw new UserError(`"${text}" is no address of a socket proxy`, {
    place: '--socket-proxy',
    hint: 'Write tcp://HOST:PORT, as the daemon reaches it on one of its networks.',
  });
}

/**
 * Which socket the daemon gets, and as whom it opens it. Where this machine is the only manager, the socket is here to
 * be looked at: a group of its own that may write is enough. Elsewhere it is root without capabilities, which is
 * nobody but the socket's owner.
 */
async function socketOf(
  engine: Engine,
  { env, signal }: Context,
  socketProxy: string | null,
): Promise<Pick<Installation, 'socket' | 'user'>> {
  const named = (key: string): string | null => (env[key] === '' ? null : (env[key] ?? null));
  const user = named('SCALECTL_DAEMON_USER');
  const socket = named('SCALECTL_SOCKET');
  if (socketProxy !== null) return { socket: null, user: user ?? '65534:65534' };
  const path = engine.local ? engine.address.replace(/^unix:\/\//, '') : null;
  if (path === null || socket !== null) return { socket, user };
  const managers = (await engine.listNodes({ signal })).filter(({ Spec }) => Spec.Role === 'manager');
  if (managers.length !== 1) return { socket, user };
  return { socket: path, user: user ?? groupUser(path) };
}

function groupUser(path: string): string | null {
  const READ_AND_WRITE = 0o060;
  try {
    const { gid, mode } = statSync(path);
    return gid !== 0 && (mode & READ_AND_WRITE) === READ_AND_WRITE ? `65534:${gid}` : null;
  } catch {
    return null;
  }
}

function readSource({ env }: Context, installation: Installation): ReadStack {
  const path = join(packageDirectory(), STACK_FILE);
  const variables = { ...env, ...variablesOf(installation) };
  const loaded = loadStack(
    [
      { name: STACK_FILE, text: readFileSync(path, 'utf8') },
      { name: 'the flags of --install', text: overlayOf(installation) },
    ],
    { env: variables, directory: dirname(path), profiles: [] },
  );
  return { loaded, directory: dirname(path), env: variables };
}

/** The nearest directory above this file that has the stack file: of the sources and of the bundle alike. */
function packageDirectory(): string {
  const here = import.meta.url;
  let directory = dirname(here.startsWith('file:') ? fileURLToPath(here) : here);
  while (!existsSync(join(directory, STACK_FILE))) {
    const above = dirname(directory);
    if (above === directory) {
      throw new FailedError(`this scalectl came without ${STACK_FILE}`, { hint: 'Install it anew.' });
    }
    directory = above;
  }
  return directory;
}
