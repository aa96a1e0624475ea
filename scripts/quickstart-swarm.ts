/** Which Swarm the tour runs on: the machine's own, when there is one and a person says so, else the lab's. */

import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { connectEngine } from '../src/swarm/dockerode.js';
import { resolveEndpoint } from '../src/swarm/endpoint.js';
import { EngineError, type Engine } from '../src/swarm/engine.js';
import { removeLab, startLab } from '../test/lab/lab.js';

const LAB_NAME = process.env['SCALECTL_LAB'] ?? 'quickstart';
const SHOP_IMAGE = 'scalectl/shop:1.0';

export interface ChosenSwarm {
  /** where published ports are reached */
  address: string;
  /** what scalectl is started with besides the usual */
  env: Record<string, string>;
  /** what to type so that a shell means this Swarm; null when it does already */
  shellHint: string | null;
  /** enough to remove it all later */
  remembered: { kind: 'lab'; name: string } | { kind: 'swarm'; dockerHost: string | null; stack: string };
}

export interface Choice {
  yes: boolean;
  signal: AbortSignal;
  root: string;
}

export async function chooseSwarm(choice: Choice): Promise<ChosenSwarm> {
  const own = await machinesSwarm();
  if (own !== null && (await mayUse(own, choice))) return useMachinesSwarm(own, choice.root);
  const lab = await startLab({
    name: LAB_NAME,
    nodes: 1,
    onProgress: (line) => console.log(`lab: ${line}`),
    signal: choice.signal,
  });
  const address = lab.nodes[0]?.address ?? '';
  return {
    address,
    env: lab.env(),
    shellHint: `eval "$(npm run -s lab -- env --name ${LAB_NAME})"`,
    remembered: { kind: 'lab', name: LAB_NAME },
  };
}

/** The Engine that scalectl would talk to here, if it manages a Swarm. */
async function machinesSwarm(): Promise<Engine | null> {
  const engine = connectEngine(resolveEndpoint({ env: process.env }));
  try {
    const { Swarm } = await engine.info({ signal: AbortSignal.timeout(3_000) });
    return Swarm.LocalNodeState === 'active' && Swarm.ControlAvailable ? engine : null;
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

async function mayUse(engine: Engine, { yes, signal }: Choice): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await prompt.question(`Deploy the shop to the Swarm at ${engine.address}? [y/N] `, {
      signal,
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

async function useMachinesSwarm(engine: Engine, root: string): Promise<ChosenSwarm> {
  // The other images come from their registry; the shop's own is built here, since nobody publishes it.
  if (process.env['SHOP_IMAGE'] === undefined) {
    const built = spawnSync('docker', ['build', '--tag', SHOP_IMAGE, 'examples/shop'], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, DOCKER_HOST: engine.address },
    });
    if (built.status !== 0)
      throw new Error('the image of the shop could not be built (docker build examples/shop)');
  }
  const { Swarm } = await engine.info();
  const nodes = await engine.listNodes();
  const address = nodes.find(({ ID }) => ID === Swarm.NodeID)?.Status.Addr ?? '127.0.0.1';
  return {
    address: address === '0.0.0.0' ? '127.0.0.1' : address,
    env: { DOCKER_HOST: engine.address },
    shellHint: process.env['DOCKER_HOST'] === engine.address ? null : `export DOCKER_HOST=${engine.address}`,
    remembered: { kind: 'swarm', dockerHost: engine.address, stack: 'ecommerce' },
  };
}

export async function leaveSwarm(
  remembered: ChosenSwarm['remembered'],
  scalectl: (args: string[], env: Record<string, string>) => Promise<void>,
): Promise<void> {
  if (remembered.kind === 'lab') {
    await removeLab(remembered.name, (line) => console.log(`lab: ${line}`));
    return;
  }
  const host = remembered.dockerHost === null ? {} : { DOCKER_HOST: remembered.dockerHost };
  await scalectl(['down', '--volumes', '--yes', '--stack', remembered.stack], host);
}
