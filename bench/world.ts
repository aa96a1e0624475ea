/** Where everything is measured: a Swarm of one node, a build of the sources as they are, and an environment. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveEndpoint } from '../src/swarm/endpoint.js';
import type { Engine } from '../src/swarm/engine.js';
import { removeLab, startLab } from '../test/lab/lab.js';
import { type EngineVersion, readRecord } from '../test/lab/record.js';
import { MeasurementError } from './series.js';
import type * as subjectModule from './subject.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SUBJECT = fileURLToPath(new URL('subject.ts', import.meta.url));
const FIFTY = fileURLToPath(new URL('fixtures/fifty.yml', import.meta.url));

export const FIFTY_STACK = 'fifty';
export const FIFTY_TASKS = 50;
export const SHOP_STACK = 'ecommerce';

type Subject = typeof subjectModule;

export interface World {
  engine: Engine;
  /** parts of scalectl to be timed inside this process, from the same build */
  subject: Subject;
  engineRelease: string;
  /**
   * The environment of everything that is timed: the lab, and nothing that changes how Node starts.
   * NODE_EXTRA_CA_CERTS alone costs Node 20 some 35 ms a start.
   */
  env: Record<string, string>;
  /** the bundled scalectl: what follows `node` on a command line */
  bin: string;
  /** own directory, gone at the end */
  directory: string;
  deployFifty(): void;
  deployShop(): void;
  removeStack(stack: string): void;
  close(): Promise<void>;
}

export interface WorldOptions {
  engine: EngineVersion;
  labName: string;
  /** leaves the lab up at the end */
  keep: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}

export async function openWorld({
  engine: version,
  labName,
  keep,
  say,
  signal,
}: WorldOptions): Promise<World> {
  const record = readRecord(labName);
  if (record !== undefined && record.engine !== version) await removeLab(labName);
  const directory = mkdtempSync(join(tmpdir(), 'scalectl-bench-'));
  const close = async (): Promise<void> => {
    rmSync(directory, { recursive: true, force: true });
    if (!keep) await removeLab(labName);
  };
  try {
    const lab = await startLab({ name: labName, nodes: 1, engine: version, onProgress: say, signal });
    const bin = build(directory);
    const env = environment(directory, lab.env(), lab.nodes[0]?.address ?? '');
    const subject = (await import(join(directory, 'dist/subject.js'))) as Subject;
    const engine = subject.connectEngine(resolveEndpoint({ env }));
    const { engineVersion } = await engine.version({ signal });
    const scalectl = (...args: string[]): void => {
      say(`scalectl ${args.join(' ')}`);
      runToEnd(process.execPath, [bin, ...args], { cwd: directory, env });
    };
    return {
      engine,
      subject,
      engineRelease: engineVersion,
      env,
      bin,
      directory,
      deployFifty: () => scalectl('deploy', '-c', FIFTY, '--stack', FIFTY_STACK, '--resolve-image', 'never'),
      deployShop: () => scalectl('deploy', '-c', 'stacks/ecommerce.yml', '--stack', SHOP_STACK),
      removeStack: (stack) => scalectl('down', '--stack', stack, '--volumes', '--yes'),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A build of our own: `dist/` may be stale, or made anew by somebody else in the middle of a measurement. */
function build(directory: string): string {
  runToEnd(process.execPath, [join(ROOT, 'scripts/build.mjs'), join(directory, 'dist'), SUBJECT], {
    cwd: ROOT,
    env: process.env,
  });
  for (const part of ['bin', 'package.json', 'stacks', 'haproxy']) {
    cpSync(join(ROOT, part), join(directory, part), {
      recursive: true,
      // Passwords that a deployment made here stay here.
      filter: (path) => !path.endsWith('stacks/secrets'),
    });
  }
  writeFileSync(join(directory, 'empty.mjs'), '');
  return join(directory, 'bin/scalectl.js');
}

function environment(
  directory: string,
  lab: Record<string, string>,
  address: string,
): Record<string, string> {
  const dockerConfig = join(directory, 'docker-config');
  mkdirSync(dockerConfig);
  return {
    PATH: `${process.env['PATH'] ?? ''}:/usr/local/bin:/usr/bin:/bin`,
    HOME: directory,
    DOCKER_CONFIG: dockerConfig,
    DOCKER_CLI_HINTS: 'false',
    SCALECTL_RUNTIME_DIR: join(directory, 'run'),
    SCALECTL_STATE_DIR: join(directory, 'state'),
    QUEUE_URL: `redis://${address}:6379`,
    ...lab,
  };
}

/**
 * Runs a program and waits for it, without an event loop in between.
 * @throws MeasurementError with what it said, when it fails
 */
export function runToEnd(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeout?: number },
): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  const why = error?.message ?? (signal === null ? `exit code ${status ?? '?'}` : signal);
  throw new MeasurementError(`${command} ${args.join(' ')}: ${why}\n${stderr}`.trim());
}
