import { describe, expect, it } from 'vitest';
import type { Engine } from '../swarm/engine.js';
import type { EngineInfo, SwarmNode, SwarmService, SwarmTask } from '../swarm/objects.js';
import { daemonInContainer } from './container-daemon.js';

const INFO = { Swarm: { NodeID: 'here' } } as EngineInfo;
const { signal } = new AbortController();

interface Setting {
  services?: string[];
  tasks?: { node: string; state?: string }[];
  exec?: { exitCode: number; stdout: string; stderr: string };
}

function search({ services = ['scalectl_daemon'], tasks = [], exec }: Setting) {
  const ran: { id: string; command: readonly string[]; env: readonly string[] | undefined }[] = [];
  const engine: Parameters<typeof daemonInContainer>[0] = {
    listServices: () =>
      Promise.resolve(services.map((Name) => ({ ID: `id-${Name}`, Spec: { Name } }) as SwarmService)),
    listTasks: () =>
      Promise.resolve(
        tasks.map(
          ({ node, state = 'running' }) =>
            ({
              NodeID: node,
              Status: { State: state, ContainerStatus: { ContainerID: '0123456789abcdef' } },
            }) as SwarmTask,
        ),
      ),
    listNodes: () =>
      Promise.resolve([{ ID: 'there', Description: { Hostname: 'manager2' } } as unknown as SwarmNode]),
    containerExec: (
      id: string,
      command: readonly string[],
      options?: Parameters<Engine['containerExec']>[2],
    ) => {
      ran.push({ id, command, env: options?.env });
      return Promise.resolve(exec ?? { exitCode: 0, stdout: '{"kind":"Why"}', stderr: '' });
    },
  };
  return { ran, result: daemonInContainer(engine, INFO, signal) };
}

describe('a daemon that is a service of the Swarm', () => {
  it.each<[string, Setting, string | null]>([
    ['is none', { services: [] }, null],
    ['is another one', { services: ['scalectl_daemon2'] }, null],
    [
      'does not run',
      { tasks: [{ node: 'here', state: 'preparing' }] },
      'no task of the service scalectl_daemon is running',
    ],
    [
      'runs elsewhere',
      { tasks: [{ node: 'there' }] },
      'the daemon runs on manager2, and only the Engine there can ask it: point --context, --host or DOCKER_HOST ' +
        'to that node, or set SCALECTL_API',
    ],
  ])('cannot be asked where it %s', async (_, setting, note) => {
    expect(await search(setting).result).toEqual({ found: null, note });
  });

  it('is asked in its container, and does not look for itself there', async () => {
    const { ran, result } = search({ tasks: [{ node: 'there' }, { node: 'here' }] });
    const { found } = await result;
    if (found?.kind !== 'container') throw new Error('no container');
    expect(found.address).toBe('scalectl_daemon, container 0123456789ab');
    expect(await found.run(['why', 'shop_web'])).toEqual({ kind: 'Why' });
    expect(ran).toEqual([
      {
        id: '0123456789abcdef',
        command: ['scalectl', 'why', 'shop_web', '-o', 'json'],
        env: ['SCALECTL_HERE_ONLY=1'],
      },
    ]);
  });

  it('is quoted where it fails', async () => {
    const exec = { exitCode: 127, stdout: '', stderr: 'sh: scalectl: not found\nmore' };
    const { found } = await search({ tasks: [{ node: 'here' }], exec }).result;
    if (found?.kind !== 'container') throw new Error('no container');
    await expect(found.run(['why', 'x'])).rejects.toThrow(
      'scalectl in scalectl_daemon ended with 127: sh: scalectl: not found',
    );
  });
});
