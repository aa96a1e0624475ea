import { LabError } from './errors.js';
import { askJson } from './http.js';
import type { NodePlace } from './paths.js';
import { waitFor } from './wait.js';

interface EngineInfo {
  Swarm?: { LocalNodeState?: string; ControlAvailable?: boolean; Error?: string };
}

interface SwarmNode {
  Description?: { Hostname?: string };
  Status?: { State?: string };
}

const SWARM_PORT = 2377;

const FORM_MS = 60_000;

/**
 * Makes one Swarm of the nodes: the first is the manager, unless it is in a Swarm already, the others join as
 * workers. Waits until the manager sees each of them ready.
 * @throws LabError with the last state seen
 */
export async function ensureSwarm(nodes: NodePlace[], signal?: AbortSignal): Promise<void> {
  const [manager, ...workers] = nodes;
  if (!manager) return;
  if ((await localState(manager)) === 'inactive') {
    await askJson(at(manager), 'POST', '/swarm/init', {
      ListenAddr: `${manager.address}:${SWARM_PORT}`,
      AdvertiseAddr: `${manager.address}:${SWARM_PORT}`,
    });
  }
  await waitForNodes(manager, [manager], signal);
  const { JoinTokens } = await askJson<{ JoinTokens: { Worker: string } }>(at(manager), 'GET', '/swarm');
  await Promise.all(
    workers.map(async (worker) => {
      if ((await localState(worker)) !== 'inactive') return;
      await askJson(
        at(worker),
        'POST',
        '/swarm/join',
        {
          ListenAddr: `${worker.address}:${SWARM_PORT}`,
          AdvertiseAddr: `${worker.address}:${SWARM_PORT}`,
          RemoteAddrs: [`${manager.address}:${SWARM_PORT}`],
          JoinToken: JoinTokens.Worker,
        },
        FORM_MS,
      );
    }),
  );
  await waitForNodes(manager, nodes, signal);
}

/** Waits until a started node has found its Swarm again. */
export async function waitForSwarmMember(node: NodePlace, signal?: AbortSignal): Promise<void> {
  await waitFor(
    `${node.hostname} back in its Swarm`,
    async () => {
      const state = await localState(node);
      return state === 'active' ? { done: true, value: undefined } : { done: false, state };
    },
    { deadlineMs: FORM_MS, signal, hint: 'a worker needs its manager running' },
  );
}

/** What the first node, as manager, knows of each node: its state by host name. */
export async function nodeStates(manager: NodePlace): Promise<Map<string, string>> {
  const listed = await askJson<SwarmNode[]>(at(manager), 'GET', '/nodes', undefined, 5_000);
  return new Map(listed.map((node) => [node.Description?.Hostname ?? '?', node.Status?.State ?? 'unknown']));
}

/** `inactive`, `pending`, `active`, `error` or `locked`, as the node itself sees it. */
async function localState(node: NodePlace): Promise<string> {
  const info = await askJson<EngineInfo>(at(node), 'GET', '/info');
  if (info.Swarm?.LocalNodeState === 'error') {
    throw new LabError(
      `${node.hostname} cannot take part in its Swarm: ${info.Swarm.Error ?? ''}; run "down" and "up" again`,
    );
  }
  return info.Swarm?.LocalNodeState ?? 'unknown';
}

async function waitForNodes(
  manager: NodePlace,
  nodes: NodePlace[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await waitFor(
    `a Swarm of ${nodes.length}`,
    async () => {
      const states = await nodeStates(manager);
      const waiting = nodes.filter(({ hostname }) => states.get(hostname) !== 'ready');
      if (waiting.length === 0) return { done: true, value: undefined };
      return {
        done: false,
        state: waiting.map(({ hostname }) => `${hostname} ${states.get(hostname) ?? 'absent'}`).join(', '),
      };
    },
    { deadlineMs: FORM_MS, signal, hint: 'is the bridge let through the firewall?' },
  );
}

function at(node: NodePlace): { socketPath: string } {
  return { socketPath: node.socket };
}
