/** The plan for a stack with hundreds of services, on a Swarm in memory behind a unix socket. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeSwarm, type FakeSwarm } from '../test/support/fake-swarm.js';
import { largeStack } from '../test/support/large-stack.js';
import type { Result } from './results.js';
import { MeasurementError } from './series.js';
import type { World } from './world.js';

const SERVICES = 500;
const STACK = 'large';

export interface PlanOptions {
  /** for what takes fractions of a second; these take a fifth of it */
  rounds: number;
  signal: AbortSignal;
}

export async function benchPlan(world: World, { rounds, signal }: PlanOptions): Promise<Result[]> {
  const path = join(world.directory, 'large.yml');
  writeFileSync(path, largeStack(SERVICES));
  const swarm = await startFakeSwarm();
  try {
    const engine = world.subject.connectEngine({
      kind: 'unix',
      address: swarm.socketPath,
      socketPath: swarm.socketPath,
    });
    await engine.createSecret({ Name: 'large-password', Labels: {}, Data: 'eA==' });
    await engine.createConfig({ Name: 'large-settings', Labels: {}, Data: 'eA==' });
    const run = runner(world, swarm, signal);
    const file = ['--resolve-image', 'never', '-c', path];
    await run(process.execPath, world.bin, 'deploy', ...file, '--stack', STACK, '--detach');
    const times = { ours: [] as number[], other: [] as number[] };
    let calls: Record<string, number> = {};
    for (let round = 0; round <= Math.max(3, Math.ceil(rounds / 5)); round++) {
      swarm.resetCalls();
      const ours = await run(process.execPath, world.bin, 'deploy', ...file, '--stack', STACK, '--dry-run');
      calls = swarm.calls();
      const other = await run('docker', 'stack', 'deploy', ...file, '--detach=true', STACK);
      if (round === 0) continue;
      times.ours.push(ours);
      times.other.push(other);
    }
    return [
      {
        kind: 'comparison',
        title: `the plan for ${SERVICES} services that are there already, whole processes`,
        ours: { name: 'scalectl deploy --dry-run', ms: times.ours },
        other: { name: 'docker stack deploy, unchanged', ms: times.other },
        direction: 'share',
        target: 1,
        note: `Calls of one plan: ${countText(calls)}. docker has no plan: it writes every service again.`,
      },
    ];
  } finally {
    await swarm.close();
  }
}

/** The Swarm in memory answers from this very process, which must not stand still while it waits. */
function runner({ env, directory }: World, { socketPath }: FakeSwarm, signal: AbortSignal) {
  return async (command: string, ...args: string[]): Promise<number> => {
    const startedAt = performance.now();
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...env, DOCKER_HOST: `unix://${socketPath}` },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0)
      throw new MeasurementError(`${command} ${args.join(' ')}: exit code ${code ?? '?'}\n${said}`);
    return performance.now() - startedAt;
  };
}

function countText(calls: Record<string, number>): string {
  return Object.entries(calls)
    .map(([route, times]) => (times === 1 ? route : `${times} ${route}`))
    .join(', ');
}
