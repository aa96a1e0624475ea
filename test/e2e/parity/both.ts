/** Deploys a stack with the docker CLI, then with scalectl, under one name, and tells what each made. */

import { join } from 'node:path';
import { ROOT, startProcess, waitFor, type Result } from '../harness.js';
import { hasTasks, snapshot, type StackObjects, type StackSnapshot } from './objects.js';

export interface Given {
  stack: string;
  /** where the commands run */
  directory: string;
  files: readonly string[];
  env: Readonly<Record<string, string>>;
}

export interface PlannedOperation {
  kind: string;
  name: string;
  changes: unknown[];
}

export interface Both {
  docker: StackObjects;
  scalectl: StackObjects;
  /** what scalectl would have done to what the docker CLI made */
  takeOver: PlannedOperation[];
  /** what scalectl did when it was called a second time */
  again: PlannedOperation[];
  /** of everything that scalectl made, before the second time and after it */
  versions: [StackSnapshot['versions'], StackSnapshot['versions']];
}

export interface Engine {
  socketPath: string;
  env: Readonly<Record<string, string>>;
}

/** @throws Error when a command fails */
export async function deployWithBoth(given: Given, engine: Engine): Promise<Both> {
  const { stack, directory, files } = given;
  const env = { ...engine.env, ...given.env };
  const composeFiles = files.flatMap((file) => ['-c', file]);
  const docker = (...args: string[]) => succeed('docker', args, { cwd: directory, env });
  const scalectl = (...args: string[]) =>
    succeed(process.execPath, [join(ROOT, 'bin/scalectl.js'), '--stack', stack, ...args], {
      cwd: directory,
      env: { ...env, SCALECTL_RUNTIME_DIR: join(directory, 'run') },
    });
  const deploy = (...args: string[]) =>
    scalectl('deploy', ...composeFiles, '--resolve-image', 'never', '-o', 'json', ...args);
  const see = () => snapshot(engine.socketPath, stack);

  const left = async () => {
    const { objects } = await see();
    const names = Object.values(objects).flatMap((kind) => Object.keys(kind as object));
    return (await hasTasks(engine.socketPath, stack)) ? [...names, 'tasks'] : names;
  };
  const gone = () => waitFor(`${stack} is gone`, left, (names) => names.length === 0, 60_000);

  try {
    await docker('stack', 'deploy', '--resolve-image', 'never', '--detach=true', ...composeFiles, stack);
    const byDocker = await see();
    const takeOver = operations(await deploy('--dry-run'));
    await docker('stack', 'rm', stack);
    await gone();
    await deploy('--detach', '--yes');
    const byScalectl = await settled(see);
    const again = operations(await deploy('--detach', '--yes'));
    const after = await see();
    await scalectl('down', '--yes');
    return {
      docker: byDocker.objects,
      scalectl: byScalectl.objects,
      takeOver,
      again,
      versions: [byScalectl.versions, after.versions],
    };
  } catch (error) {
    await docker('stack', 'rm', stack);
    await gone();
    throw error;
  }
}

/** After a service is written, the Swarm gives it addresses and ports, which moves its version once more. */
async function settled(see: () => Promise<StackSnapshot>): Promise<StackSnapshot> {
  let last = '';
  let times = 0;
  return waitFor(
    'versions that stay',
    see,
    ({ versions }) => {
      const seen = JSON.stringify(versions);
      times = seen === last ? times + 1 : 0;
      last = seen;
      return times === 3;
    },
    30_000,
  );
}

function operations({ stdout }: Result): PlannedOperation[] {
  const plan = JSON.parse(stdout) as { operations: PlannedOperation[] };
  return plan.operations.map(({ kind, name, changes }) => ({ kind, name, changes }));
}

async function succeed(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<Result> {
  const result = await startProcess(command, args, options).ended;
  if (result.code === 0) return result;
  throw new Error(`${command} ${args.join(' ')} ended with ${result.code}: ${result.stderr}`);
}

/** Runs them, some at a time, but never two that claim the same thing. */
export async function inTurns<T>(
  work: readonly { claims: readonly string[]; run: () => Promise<T> }[],
  atOnce: number,
): Promise<PromiseSettledResult<T>[]> {
  const results: PromiseSettledResult<T>[] = [];
  const waiting = new Set(work.keys());
  const taken = new Set<string>();
  const running = new Set<Promise<void>>();
  while (waiting.size > 0 || running.size > 0) {
    const next = [...waiting].find((index) => work[index]?.claims.every((claim) => !taken.has(claim)));
    const item = next === undefined ? undefined : work[next];
    if (next === undefined || item === undefined || running.size === atOnce) {
      await Promise.race(running);
      continue;
    }
    waiting.delete(next);
    item.claims.forEach((claim) => taken.add(claim));
    const turn = settle(item.run).then((result) => {
      results[next] = result;
      item.claims.forEach((claim) => taken.delete(claim));
      running.delete(turn);
    });
    running.add(turn);
  }
  return results;
}

async function settle<T>(run: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([run()]);
  return result;
}
