/** What scenarios are written with: scalectl as a process, a copy of the stack to deploy, and waiting for states. */

import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { Status, StatusService } from '../../src/status/model.js';
import { connectEngine } from '../../src/swarm/dockerode.js';
import { resolveEndpoint } from '../../src/swarm/endpoint.js';
import type { Engine } from '../../src/swarm/engine.js';
import { openLab } from '../lab/lab.js';
import { waitFor as look } from '../lab/wait.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin/scalectl.js');

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface World {
  /** environment that points scalectl at the lab and its images */
  env: Record<string, string>;
  engine: Engine;
  /** address of the first node, where the stack's ports are published */
  address: string;
  /** directory with a copy of the stack's files, so that generated passwords stay out of the checkout */
  directory: string;
  scalectl(args: readonly string[], env?: Record<string, string>): Promise<Result>;
  /** Starts scalectl without waiting for its end. */
  start(args: readonly string[], env?: Record<string, string>): Running;
  status(): Promise<Status>;
  service(name: string): Promise<StatusService>;
  close(): void;
}

export interface Running {
  child: ChildProcess;
  /** everything it said so far, both streams */
  output(): string;
  ended: Promise<Result>;
  /** SIGTERM, then waits for the end */
  stop(): Promise<Result>;
}

/**
 * @param stack name that commands run with, so that scenarios do not depend on what else is deployed
 * @param labName the lab that all scenarios share, unless one has to break nodes
 */
export function openWorld(
  stack: string,
  overrides: Record<string, string> = {},
  labName = inject('labName'),
): World {
  const lab = openLab(labName);
  const directory = mkdtempSync(join(tmpdir(), 'scalectl-e2e-'));
  for (const part of ['stacks', 'haproxy']) {
    cpSync(join(ROOT, part), join(directory, part), {
      recursive: true,
      filter: (path) => !path.endsWith('stacks/secrets'),
    });
  }
  const address = lab.nodes[0]?.address ?? '';
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    ...lab.env(),
    SCALECTL_STACK: stack,
    SCALECTL_RUNTIME_DIR: join(directory, 'run'),
    SCALECTL_STATE_DIR: join(directory, 'state'),
    QUEUE_URL: `redis://${address}:6379`,
    SCALECTL_REDIS_PASSWORD_FILE: join(directory, 'stacks/secrets/redis_password'),
    ...overrides,
  };
  const engine = connectEngine(resolveEndpoint({ env }));
  const start = (args: readonly string[], extra: Record<string, string> = {}): Running =>
    startProcess(process.execPath, [BIN, ...args], { cwd: directory, env: { ...env, ...extra } });
  const world: World = {
    env,
    engine,
    address,
    directory,
    start,
    scalectl: (args, extra) => start(args, extra).ended,
    status: async () => {
      const { code, stdout, stderr } = await start(['status', '-o', 'json']).ended;
      if (code !== 0) throw new Error(`scalectl status ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as Status;
    },
    service: async (name) => {
      const found = (await world.status()).services.find((service) => service.name === name);
      if (found === undefined) throw new Error(`status shows no service ${name}`);
      return found;
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
  return world;
}

export function startProcess(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Running {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Result>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    output: () => stdout + stderr,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

const PROBE_INTERVAL_MS = 250;

/**
 * Asks again until the answer is as wanted.
 * @throws Error with the last answer when the time is over
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T>,
  wanted: (answer: T) => boolean,
  deadlineMs = 60_000,
): Promise<T> {
  return look(
    what,
    async () => {
      const answer = await probe();
      return wanted(answer) ? { done: true, value: answer } : { done: false, state: JSON.stringify(answer) };
    },
    { deadlineMs, everyMs: PROBE_INTERVAL_MS },
  );
}

/** Names of the servers of a HAProxy backend that are UP, from its statistics. */
export async function serversUp(address: string, backend: string): Promise<string[]> {
  const servers = await serversOf(address, backend);
  return servers.filter(({ status }) => status.startsWith('UP')).map(({ name }) => name);
}

/** `UP` has passed its check; `UP 1/2` is new and has not been checked, or has failed its last. */
export async function serversOf(
  address: string,
  backend: string,
  port = 8404,
): Promise<{ name: string; status: string }[]> {
  const response = await fetch(`http://${address}:${port}/stats;csv`);
  const [head = '', ...lines] = (await response.text()).split('\n');
  const columns = head.replace(/^# /, '').split(',');
  const at = (line: string, column: string) => line.split(',')[columns.indexOf(column)] ?? '';
  return lines
    .filter((line) => at(line, 'pxname') === backend && at(line, 'svname') !== 'BACKEND')
    .map((line) => ({ name: at(line, 'svname'), status: at(line, 'status') }));
}
