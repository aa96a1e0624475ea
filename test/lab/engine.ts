import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeCgroups } from './cgroups.js';
import { LabError } from './errors.js';
import { ask } from './http.js';
import { removeTree } from './mounts.js';
import type { EnginePlace } from './paths.js';
import {
  isInCgroup,
  killAll,
  listProcesses,
  netnsIdentity,
  type Process,
  readProcess,
  worksIn,
} from './processes.js';
import { waitFor } from './wait.js';

export interface EngineOptions {
  /** Directory with `dockerd` and `containerd` to use instead of the machine's own. */
  binaries?: string | undefined;
  /** More flags for dockerd. */
  flags?: string[];
  signal?: AbortSignal | undefined;
}

/** Directories of the machine's own engine that ours must neither see nor write to. */
const HIDDEN = ['/run/containerd', '/etc/docker'];

/** How long an engine may take until it answers; about one second is usual, a crowded machine needs more. */
const READY_MS = 60_000;

/** True when the engine answers on its socket. */
export async function isEngineUp(engine: EnginePlace): Promise<boolean> {
  try {
    return (await ask({ socketPath: engine.socket }, 'GET', '/_ping', undefined, 5_000)).status === 200;
  } catch {
    return false;
  }
}

/**
 * Starts an engine on its data and waits until it answers. What an earlier run of it left is cleared first, as a
 * power loss would.
 * @throws LabError with the end of the engine's log
 */
export async function startEngine(engine: EnginePlace, options: EngineOptions = {}): Promise<void> {
  await killEngine(engine);
  await mkdir(engine.dataRoot, { recursive: true });
  await mkdir(engine.execRoot, { recursive: true });
  await mkdir(dirname(engine.socket), { recursive: true });
  const configFile = join(engine.dir, 'daemon.json');
  await writeFile(configFile, '{}\n');

  const dockerd = [
    ...['--config-file', configFile, '--data-root', engine.dataRoot, '--exec-root', engine.execRoot],
    ...['-p', engine.pidFile, '-H', `unix://${engine.socket}`],
    ...['--cgroup-parent', `/${engine.cgroup}`, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...(options.flags ?? []),
  ];
  // Not `ip netns exec`, which remounts /sys and hides the control groups. The mount namespace keeps the engine's
  // mounts to itself (they end with it), and lets it find no containerd and no configuration but its own.
  const script = [
    `hostname ${engine.hostname}`,
    ...HIDDEN.map((dir) => `mkdir -p ${dir} && mount -t tmpfs tmpfs ${dir}`),
    'exec dockerd "$@"',
  ].join(' && ');
  const wrapped = [
    ...(engine.netns === undefined ? [] : ['nsenter', `--net=/run/netns/${engine.netns}`]),
    ...['unshare', '--uts', '--mount', '--propagation', 'slave', 'sh', '-c', script, 'sh', ...dockerd],
  ];

  const path = [
    ...(options.binaries === undefined ? [] : [options.binaries]),
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
  ];
  const log = openSync(engine.logFile, 'a');
  const child = spawn(wrapped[0] ?? 'unshare', wrapped.slice(1), {
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: path.join(':'), HOME: engine.dir },
  });
  closeSync(log);
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code, signal) => (failure ??= `it ended with ${code ?? String(signal)}`));
  child.unref();

  await waitFor(
    `engine ${engine.hostname}`,
    async () => {
      if (failure !== undefined) {
        throw new LabError(`engine ${engine.hostname} did not start: ${failure}\n${logTail(engine)}`);
      }
      return (await isEngineUp(engine))
        ? { done: true, value: undefined }
        : { done: false, state: existsSync(engine.socket) ? 'socket there, no answer' : 'no socket yet' };
    },
    { deadlineMs: READY_MS, everyMs: 30, signal: options.signal, hint: `read ${engine.logFile}` },
  );
}

/**
 * Ends an engine and all its containers at once, like a power loss: data stays, run-time state goes.
 * @throws LabError when something does not end
 */
export async function killEngine(engine: EnginePlace): Promise<void> {
  await killAll(`engine ${engine.hostname}`, () => findEngineProcesses(engine));
  await removeCgroups((name) => name === engine.cgroup);
  await removeTree(engine.execRoot);
  await rm(engine.socket, { force: true });
  await rm(engine.pidFile, { force: true });
}

/** The engine's processes: dockerd, containerd and shims, what runs in its network namespace, and containers. */
export function findEngineProcesses(engine: EnginePlace, among: Process[] = listProcesses()): Process[] {
  const netns = engine.netns === undefined ? undefined : netnsIdentity(engine.netns);
  return among.filter(
    (candidate) =>
      (netns !== undefined && candidate.netns === netns) ||
      worksIn(candidate, engine.execRoot) ||
      worksIn(candidate, engine.dir) ||
      isInCgroup(candidate, engine.cgroup),
  );
}

/** The end of an engine's log: what to show with a failure. */
function logTail(engine: EnginePlace, lines = 12): string {
  try {
    return readFileSync(engine.logFile, 'utf8').trim().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** True while the pid is that of a program working in the given directory. */
export function isAliveIn(pid: number | undefined, dir: string): boolean {
  const found = pid === undefined ? undefined : readProcess(pid);
  return found !== undefined && worksIn(found, dir);
}
