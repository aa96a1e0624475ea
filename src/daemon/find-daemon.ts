/** Where a daemon for this Swarm can be asked: on this machine, at an address that was named, in its container. */

import { UserError } from '../errors.js';
import { httpSend } from '../http-get.js';
import { tokenFrom } from '../signals/token.js';
import type { Engine } from '../swarm/engine.js';
import type { EngineInfo } from '../swarm/objects.js';
import { checkUrl } from './check-url.js';
import { daemonInContainer } from './container-daemon.js';
import {
  HERE_ONLY,
  type DaemonAnswer,
  type FoundDaemon,
  type FoundDaemonToAsk,
  type Search,
} from './found-daemon.js';
import { isPrivate, socketPath, socketPaths, type RuntimePlace } from './runtime-dir.js';
import { daemonPid } from './socket-client.js';

const DEADLINE_MS = 5_000;
const HEALTH_DEADLINE_MS = 1_000;

/**
 * Looks where a daemon may be, the nearest place first.
 * @throws UserError when `SCALECTL_API` or the token cannot be right, FailedError when what it names does not answer
 */
export async function findDaemon(
  engine: Pick<Engine, 'listTasks' | 'listServices' | 'listNodes' | 'containerExec'>,
  info: EngineInfo,
  place: RuntimePlace,
  signal: AbortSignal,
): Promise<Search> {
  const { env } = place;
  const here = await onThisMachine(info, place, signal);
  if (here !== null) return { found: here, note: null };
  const api = env['SCALECTL_API'] ?? '';
  if (api !== '') return { found: await atAddress(api, env, signal), note: null };
  if ((env[HERE_ONLY] ?? '') !== '') return { found: null, note: null };
  return daemonInContainer(engine, info, signal);
}

async function onThisMachine(
  { Swarm }: EngineInfo,
  place: RuntimePlace,
  signal: AbortSignal,
): Promise<FoundDaemon | null> {
  const clusterId = Swarm.Cluster?.ID;
  if (clusterId === undefined) return null;
  return atSocket(socketPath(clusterId, place), place, signal);
}

/**
 * Where nobody can say which Swarm is meant: the daemons of all that run on this machine, else the one at `SCALECTL_API`.
 * @throws UserError as findDaemon does
 */
export async function findDaemonsOfAnySwarm(
  place: RuntimePlace,
  signal: AbortSignal,
): Promise<FoundDaemonToAsk[]> {
  const paths = await socketPaths(place);
  const found = await Promise.all(paths.map((path) => atSocket(path, place, signal)));
  const here = found.filter((daemon) => daemon !== null);
  const api = place.env['SCALECTL_API'] ?? '';
  return here.length === 0 && api !== '' ? [await atAddress(api, place.env, signal)] : here;
}

async function atSocket(
  path: string,
  place: RuntimePlace,
  signal: AbortSignal,
): Promise<FoundDaemonToAsk | null> {
  if (!(await isPrivate(path, place.uid))) return null;
  if ((await daemonPid(path, HEALTH_DEADLINE_MS)) === null) return null;
  return {
    kind: 'daemon',
    address: path,
    get: (what) => ask(`http://localhost${what}`, { socketPath: path, signal }),
  };
}

async function atAddress(
  api: string,
  env: RuntimePlace['env'],
  signal: AbortSignal,
): Promise<FoundDaemonToAsk> {
  const base = new URL(checkUrl(api, 'environment SCALECTL_API'));
  if (base.username !== '' || base.password !== '') {
    throw new UserError('holds a user or a password', {
      place: 'environment SCALECTL_API',
      hint: 'Write the token into a file, and set SCALECTL_TOKEN_FILE to its path.',
    });
  }
  const token = await tokenFrom(env);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const prefix = `${base.origin}${base.pathname.replace(/\/$/, '')}`;
  return {
    kind: 'api',
    address: base.origin,
    get: (what) => ask(`${prefix}${what}`, { headers, signal }),
  };
}

async function ask(
  url: string,
  options: { socketPath?: string; headers?: Record<string, string>; signal: AbortSignal },
): Promise<DaemonAnswer> {
  const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(DEADLINE_MS)]);
  const { status, body } = await httpSend(url, { ...options, method: 'GET', signal: deadline });
  try {
    return { status, body: JSON.parse(body) as unknown };
  } catch {
    return { status, body: null };
  }
}
