/** A daemon that runs as a service of the Swarm: asked by running scalectl in its container, through the Engine. */

import { FailedError } from '../errors.js';
import type { Engine } from '../swarm/engine.js';
import type { EngineInfo } from '../swarm/objects.js';
import { HERE_ONLY, type Search } from './found-daemon.js';

/** The service that an installation makes. */
const DAEMON_SERVICE = 'scalectl_daemon';
const DEADLINE_MS = 15_000;

/** Only the Engine of its own node can run something in a container: of one that is elsewhere, the note says where. */
export async function daemonInContainer(
  engine: Pick<Engine, 'listTasks' | 'listServices' | 'listNodes' | 'containerExec'>,
  { Swarm }: EngineInfo,
  signal: AbortSignal,
): Promise<Search> {
  const services = await engine.listServices({ name: [DAEMON_SERVICE] }, { signal });
  const service = services.find(({ Spec }) => Spec.Name === DAEMON_SERVICE);
  if (service === undefined) return { found: null, note: null };
  const tasks = await engine.listTasks({ service: [service.ID], 'desired-state': ['running'] }, { signal });
  const running = tasks.filter(({ Status }) => Status.State === 'running');
  if (running.length === 0)
    return { found: null, note: `no task of the service ${DAEMON_SERVICE} is running` };
  const own = running.find(({ NodeID }) => NodeID === Swarm.NodeID);
  const container = own?.Status.ContainerStatus?.ContainerID;
  if (container === undefined) {
    const nodes = await engine.listNodes({ signal });
    const { Description } = nodes.find(({ ID }) => ID === running[0]?.NodeID) ?? {};
    const name = Description?.Hostname ?? running[0]?.NodeID ?? 'another node';
    const note =
      `the daemon runs on ${name}, and only the Engine there can ask it: ` +
      'point --context, --host or DOCKER_HOST to that node, or set SCALECTL_API';
    return { found: null, note };
  }
  return {
    note: null,
    found: {
      kind: 'container',
      address: `${DAEMON_SERVICE}, container ${container.slice(0, 12)}`,
      run: async (args) => {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
        const command = ['scalectl', ...args, '-o', 'json'];
        const { exitCode, stdout, stderr } = await engine.containerExec(container, command, {
          env: [`${HERE_ONLY}=1`],
          signal: deadline,
        });
        if (exitCode === 0) return JSON.parse(stdout) as unknown;
        const said = `${stderr}${stdout}`.trim().split('\n')[0] ?? '';
        throw new FailedError(`scalectl in ${DAEMON_SERVICE} ended with ${exitCode}: ${said}`);
      },
    },
  };
}
