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
    const calls = { ours: {} as Record<string, number>, other: {} as Record<string, number> };
    for (let round = 0; round <= Math.max(3, Math.ceil(rounds / 5)); round++) {
      swarm.resetCalls();
      const ours = await run(process.execPath, world.bin, 'deploy', ...file, '--stack', STACK, '--dry-run');
      calls.ours = swarm.calls();
      swarm.resetCalls();
      const other = await run('docker', 'stack', 'deploy', ...file, '--detach=true', STACK);
      calls.other = swarm.calls();
      // The first round warms the file cache and is not counted.
      if (round === 0) continue;
      times.ours.push(ours);
      times.other.push(other);
    }
    const title = `the plan for ${SERVICES} services that are there already`;
    return [
      {
        kind: 'limit',
        title: `${title}: requests`,
        unit: 'requests',
        ours: { name: 'scalectl deploy --dry-run', value: sum(calls.ours) },
        others: [{ name: 'docker stack deploy, unchanged', value: sum(calls.other) }],
        // The Engine's own state, and one list of each kind that a plan is made from.
        target: 6,
        note: `${Object.keys(calls.ours).join(', ')}. docker has no plan: it writes every service again.`,
      },
      {
        kind: 'comparison',
        title: `${title}: whole processes`,
        ours: { name: 'scalectl deploy --dry-run', ms: times.ours },
        other: { name: 'docker stack deploy, unchanged', ms: times.other },
        direction: 'share',
        target: 3,
        note: 'Most of ours is reading the file: see load.',
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

function sum(calls: Record<string, number>): number {
  return Object.values(calls).reduce((all, one) => all + one, 0);
}
