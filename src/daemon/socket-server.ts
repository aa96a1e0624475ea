/**
 * The daemon's socket: HTTP on a unix socket that only its user can open. It shows that a daemon for this Swarm is
 * alive on this machine, and gives it what http-api.ts has.
 */

import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { FailedError } from '../errors.js';
import { closeServer } from './http-listen.js';
import { createHttp, type Route } from './http-server.js';
import { daemonPid } from './socket-client.js';
import { prepareDirectory, socketPath, type RuntimePlace } from './runtime-dir.js';

const ASK_DEADLINE_MS = 1_000;
/** A start that takes longer than this has died; its guard file is removed. */
const OLDEST_GUARD_MS = 10_000;

export interface DaemonSocket {
  path: string;
  close(): Promise<void>;
}

export interface SocketOptions {
  clusterId: string;
  place: RuntimePlace;
  routes: readonly Route[];
}

/** Another daemon looks after the same Swarm on this machine. */
export class AlreadyRunningError extends FailedError {}

/**
 * Opens the socket. A file that a dead daemon left behind is replaced. Throws AlreadyRunningError when a daemon
 * answers there, FailedError when the directory is not usable.
 */
export async function openSocket(options: SocketOptions): Promise<DaemonSocket> {
  const path = socketPath(options.clusterId, options.place);
  await prepareDirectory(path, options.place.uid);
  const release = await takeGuard(`${path}.starting`);
  try {
    const pid = await daemonPid(path, ASK_DEADLINE_MS);
    if (pid !== null) throw alreadyRunning(pid);
    await rm(path, { force: true });
    const server = createHttp({ kind: 'unix' }, options.routes);
    server.listen(path);
    await once(server, 'listening');
    await chmod(path, 0o600);
    // A socket that is not asked must not keep the process from ending.
    server.unref();
    return { path, close: () => closeServer(server) };
  } finally {
    await release();
  }
}

/**
 * Lets one starting daemon at a time look for another one and take the path, so that two do not replace each other. The
 * file names its process: one that was killed in the middle of its start must not keep the next from starting.
 */
async function takeGuard(path: string): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new FailedError(`the socket's directory cannot be written: ${(error as Error).message}`);
      }
      if (attempt > 0 || !(await isLeftBehind(path))) throw alreadyRunning(0);
      await rm(path, { force: true });
    }
  }
}

async function isLeftBehind(path: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(path, 'utf8'));
    return (pid > 0 && !isAlive(pid)) || Date.now() - (await stat(path)).mtimeMs > OLDEST_GUARD_MS;
  } catch {
    return true;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's may not be asked, and lives.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function alreadyRunning(pid: number): AlreadyRunningError {
  const who = pid === 0 ? '' : ` (process ${pid})`;
  return new AlreadyRunningError(`a daemon for this Swarm already runs on this machine${who}`, {
    hint: pid === 0 ? 'Stop it first.' : `Stop it first: kill ${pid}`,
  });
}
