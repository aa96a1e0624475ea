import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { ask } from './http.js';
import { CACHE } from './paths.js';
import { isAliveIn } from './engine.js';
import { killAll, listProcesses, readPidFile, worksIn } from './processes.js';
import { waitFor } from './wait.js';

/** The port of an instance's registry, on the bridge's address. */
export const REGISTRY_PORT = 5000;
/** Where a scenario may have one that asks for a password. */
export const LOCKED_REGISTRY_PORT = 5001;

const DATA = join(CACHE, 'registry');

/** True when the shared store has this tag; asks the files, so that no registry need run. */
export function hasTag(image: string, tag: string): boolean {
  return existsSync(
    join(DATA, 'docker/registry/v2/repositories', image, '_manifests/tags', tag, 'current/link'),
  );
}

/**
 * Starts a registry on the shared store unless the one in this directory runs, and waits until it answers.
 * @param dir its configuration, log and pid file go here
 * @throws LabError when it does not start
 */
export async function ensureRegistry(
  dir: string,
  host: string,
  port: number,
  signal?: AbortSignal,
): Promise<void> {
  const pidFile = join(dir, 'registry.pid');
  const logFile = join(dir, 'registry.log');
  if (isAliveIn(readPidFile(pidFile), dir) && (await answers(host, port))) return;
  await stopRegistry(dir);
  await mkdir(dir, { recursive: true });
  await mkdir(DATA, { recursive: true });
  const config = join(dir, 'registry.json');
  // JSON is YAML. No cache of descriptors: another registry process writes to the same store.
  await writeFile(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: DATA }, maintenance: { uploadpurging: { enabled: false } } },
      http: { addr: `${host}:${port}` },
    }),
  );
  const log = openSync(logFile, 'a');
  const child = spawn('docker-registry', ['serve', config], { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code) => (failure ??= `it ended with ${String(code)}`));
  child.unref();
  if (child.pid !== undefined) await writeFile(pidFile, `${child.pid}\n`);
  await waitFor(
    'image registry',
    async () => {
      if (failure !== undefined) {
        throw new LabError(
          `the image registry did not start: ${failure}; read ${logFile}, and see what uses port ${port}`,
        );
      }
      return (await answers(host, port))
        ? { done: true, value: undefined }
        : { done: false, state: 'no answer' };
    },
    { deadlineMs: 20_000, everyMs: 20, signal, hint: `read ${logFile}` },
  );
}

/** Ends the registry that works in this directory, if one does. */
export async function stopRegistry(dir: string): Promise<void> {
  await killAll('image registry', () =>
    listProcesses().filter((it) => worksIn(it, join(dir, 'registry.json'))),
  );
  await rm(join(dir, 'registry.pid'), { force: true });
}

async function answers(host: string, port: number): Promise<boolean> {
  try {
    return (await ask({ host, port }, 'GET', '/v2/', undefined, 3_000)).status === 200;
  } catch {
    return false;
  }
}
