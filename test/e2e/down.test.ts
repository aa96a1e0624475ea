/** When `down` returns, all is gone; until it has, it can be told again. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NAMESPACE_LABEL } from '../../src/stack/names.js';
import { openWorld, waitFor, type World } from './harness.js';

/** One stack of its own for each scenario, so that most of them need not wait for each other. */
interface Ending {
  stack: string;
  world: World;
  /** label that all of the stack has */
  own: string[];
  /** Names of all that belongs to the stack. */
  everything: () => Promise<string[]>;
  /** Runs `deploy`, which must end well. */
  deploy: (text: string, ...args: string[]) => Promise<void>;
}

function openEnding(stack: string): Ending {
  const world = openWorld(stack);
  const own = [`${NAMESPACE_LABEL}=${stack}`];
  return {
    stack,
    world,
    own,
    everything: async () => {
      const filters = { label: own };
      const [services, networks, secrets, configs, volumes, containers] = await Promise.all([
        world.engine.listServices(filters),
        world.engine.listNetworks(filters),
        world.engine.listSecrets(filters),
        world.engine.listConfigs(filters),
        world.engine.listVolumes(filters),
        world.engine.listContainers(filters),
      ]);
      return [
        ...[...services, ...secrets, ...configs].map(({ Spec }) => Spec.Name),
        ...[...networks, ...volumes].map(({ Name }) => Name),
        ...containers.map(({ Labels }) => Labels['com.docker.swarm.task.name'] ?? 'a container'),
      ];
    },
    deploy: async (text, ...args) => {
      writeFileSync(join(world.directory, 'ends.yml'), text);
      const { code, stderr } = await world.scalectl(['deploy', '-c', 'ends.yml', ...args]);
      expect(code, stderr).toBe(0);
    },
  };
}

function scenario(name: string, stack: string, run: (ending: Ending) => Promise<void>): void {
  test(name, async () => {
    const ending = openEnding(stack);
    try {
      await run(ending);
    } finally {
      await ending.world.scalectl(['down', '--volumes', '--yes']);
      ending.world.close();
    }
    expect(await ending.everything()).toEqual([]);
  });
}

const slow = (port: number): string => `
services:
  slow:
    image: \${SHOP_IMAGE}
    command: [sh, -c, 'trap "" TERM; while :; do sleep 1; done']
    stop_grace_period: 6s
    volumes: [data:/data]
    configs: [settings]
    ports: [{target: 80, published: ${port}, mode: host}]
volumes: {data: }
configs: {settings: {content: a}}
`;

describe('a removal that finds out which stack is meant', () => {
  scenario(
    'must name what is still there when its time is over, and end when it is told again',
    'ends-timeout',
    async (ending) => {
      const { world, deploy, everything, stack } = ending;
      await deploy(slow(18090));
      const short = await world.scalectl(['down', '--yes', '--timeout', '1s']);
      expect(short.stderr).toMatch(
        /^error: after 1s there are still containers: ends-timeout_slow\.1\.\w+ on node1\n {2}Run scalectl down again/m,
      );
      expect(short.code).toBe(4);
      expect(await everything()).toContain('ends-timeout_default');
      // Without a name: the history, which goes last, says which stack is meant.
      const again = await world.scalectl(['down', '--yes'], { SCALECTL_STACK: '' });
      expect(again.code, again.stderr).toBe(0);
      expect(again.stderr).toContain(`stack ${stack} is gone.`);
      expect(await everything()).toEqual(['ends-timeout_data']);
      const nothing = await world.scalectl(['down', stack, '--yes']);
      expect(nothing.stderr).toBe(
        `error: down: there is no stack ${stack}\n  See which stacks there are with: scalectl stacks\n`,
      );
      expect(nothing.code).toBe(2);
    },
  );
});

describe.concurrent('a removal', () => {
  scenario('must be repeatable after Ctrl-C', 'ends-stopped', async (ending) => {
    const { world, deploy, everything, own, stack } = ending;
    await deploy(slow(18091));
    const running = world.start(['down', '--yes']);
    await waitFor(
      'the service to go',
      () => world.engine.listServices({ label: own }),
      (services) => services.length === 0,
    );
    running.child.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.stderr).toContain('stopped; what was begun in the Swarm goes on by itself');
    expect(stopped.code).toBe(130);
    const again = await world.scalectl(['down', stack, '--volumes', '--yes']);
    expect(again.code, again.stderr).toBe(0);
    expect(await everything()).toEqual([]);
  });

  scenario(
    'must clear away what a deploy left that was stopped in the middle',
    'ends-half',
    async (ending) => {
      const { world, everything, own, stack } = ending;
      writeFileSync(join(world.directory, 'ends.yml'), slow(18092));
      const running = world.start(['deploy', '-c', 'ends.yml']);
      await waitFor(
        'the service to be written',
        () => world.engine.listServices({ label: own }),
        (services) => services.length === 1,
      );
      running.child.kill('SIGINT');
      expect((await running.ended).code).toBe(130);
      const removed = await world.scalectl(['down', stack, '--volumes', '--yes']);
      expect(removed.code, removed.stderr).toBe(0);
      expect(await everything()).toEqual([]);
    },
  );
});

describe.concurrent('down and then deploy at once', () => {
  scenario('must work with the same port, network and names', 'ends-again', async (ending) => {
    const { world, deploy } = ending;
    for (let round = 1; round <= 2; round++) {
      await deploy(slow(18093));
      const { code, stderr } = await world.scalectl(['down', '--yes']);
      expect(code, stderr).toBe(0);
    }
  });
});

describe.concurrent('jobs', () => {
  const JOBS = `
services:
  web: {image: "\${SHOP_IMAGE}", entrypoint: [sleep, '1000'], stop_grace_period: 1s}
  done: {image: "\${SHOP_IMAGE}", entrypoint: ['true'], deploy: {mode: replicated-job}}
  fails:
    image: "\${SHOP_IMAGE}"
    entrypoint: ['false']
    deploy: {mode: replicated-job, restart_policy: {condition: on-failure, max_attempts: 1, delay: 1s}}
  runs: {image: "\${SHOP_IMAGE}", entrypoint: [sleep, '1000'], stop_grace_period: 1s, deploy: {mode: replicated-job}}
  everywhere: {image: "\${SHOP_IMAGE}", entrypoint: [sleep, '1000'], stop_grace_period: 1s, deploy: {mode: global-job}}
`;
  const started = async ({ world, deploy, own }: Ending) => {
    await deploy(JOBS, '--detach');
    await waitFor(
      'the jobs to be under way',
      () => world.engine.listContainers({ label: own }),
      (containers) =>
        containers.filter(({ State }) => State === 'running').length === 3 &&
        containers.filter(({ State }) => State === 'exited').length === 3,
    );
  };

  scenario('must end, and take their containers with them', 'ends-jobs', async (ending) => {
    const { world, everything } = ending;
    await started(ending);
    const { code, stderr } = await world.scalectl(['down', '--yes', '--timeout', '60s']);
    expect(code, stderr).toBe(0);
    expect(await everything()).toEqual([]);
  });

  scenario(
    'must end also when their services were removed by other means',
    'ends-jobs-removed',
    async (ending) => {
      const { world, everything, own } = ending;
      await started(ending);
      for (const { ID } of await world.engine.listServices({ label: own }))
        await world.engine.removeService(ID);
      const { code, stderr } = await world.scalectl(['down', '--yes', '--timeout', '60s']);
      expect(code, stderr).toBe(0);
      expect(await everything()).toEqual([]);
    },
  );
});

describe.concurrent('a network that others use', () => {
  scenario('must be named with its user, before anything is removed', 'ends-network', async (ending) => {
    const { world, deploy, everything } = ending;
    await deploy(`
services:
  web: {image: "\${SHOP_IMAGE}", entrypoint: [sleep, '1000'], stop_grace_period: 1s, networks: [shared]}
networks: {shared: {attachable: true}}
`);
    const { id } = await world.engine.createService({
      Name: 'stranger',
      Labels: {},
      TaskTemplate: {
        ContainerSpec: { Image: world.env['SHOP_IMAGE'] ?? '' },
        Networks: [{ Target: 'ends-network_shared' }],
      },
      Mode: { Replicated: { Replicas: 0 } },
    });
    try {
      const before = await everything();
      const { code, stderr } = await world.scalectl(['down', '--yes']);
      expect(stderr).toBe(
        'error: the stack ends-network has networks that others use\n' +
          '  service stranger is on ends-network_shared\n' +
          '  Remove those first, or take them off it (docker network disconnect). Nothing was changed.\n',
      );
      expect(code).toBe(1);
      expect(await everything()).toEqual(before);
    } finally {
      await world.engine.removeService(id);
    }
  });
});
