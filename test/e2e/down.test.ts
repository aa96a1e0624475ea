/** When `down` returns, all is gone; until it has, it can be told again. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NAMESPACE_LABEL } from '../../src/stack/names.js';
import { openWorld, waitFor, type World } from './harness.js';

const STACK = 'ends';
const OURS = [`${NAMESPACE_LABEL}=${STACK}`];

let world: World;

beforeAll(() => {
  world = openWorld(STACK);
});

afterEach(async () => {
  await world.scalectl(['down', '--volumes', '--yes']);
  expect(await everything()).toEqual([]);
});

afterAll(() => world.close());

/** Names of all that belongs to the stack. */
async function everything(): Promise<string[]> {
  const filters = { label: OURS };
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
}

async function deploy(text: string, ...args: string[]): Promise<void> {
  writeFileSync(join(world.directory, 'ends.yml'), text);
  const { code, stderr } = await world.scalectl(['deploy', '-c', 'ends.yml', ...args]);
  expect(code, stderr).toBe(0);
}

const SLOW = `
services:
  slow:
    image: \${SHOP_IMAGE}
    command: [sh, -c, 'trap "" TERM; while :; do sleep 1; done']
    stop_grace_period: 6s
    volumes: [data:/data]
    configs: [settings]
    ports: [{target: 80, published: 18099, mode: host}]
volumes: {data: }
configs: {settings: {content: a}}
`;

describe('a removal', () => {
  test('must name what is still there when its time is over, and end when it is told again', async () => {
    await deploy(SLOW);
    const short = await world.scalectl(['down', '--yes', '--timeout', '1s']);
    expect(short.stderr).toMatch(
      /^error: after 1s there are still containers: ends_slow\.1\.\w+ on node1\n {2}Run scalectl down again/m,
    );
    expect(short.code).toBe(4);
    expect(await everything()).toContain('ends_default');
    // Without a name: the history, which goes last, says which stack is meant.
    const again = await world.scalectl(['down', '--yes'], { SCALECTL_STACK: '' });
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain(`stack ${STACK} is gone.`);
    expect(await everything()).toEqual(['ends_data']);
    const nothing = await world.scalectl(['down', STACK, '--yes']);
    expect(nothing.stderr).toBe(
      `error: down: there is no stack ${STACK}\n  See which stacks there are with: scalectl stacks\n`,
    );
    expect(nothing.code).toBe(2);
  });

  test('must be repeatable after Ctrl-C', async () => {
    await deploy(SLOW);
    const running = world.start(['down', '--yes']);
    await waitFor(
      'the service to go',
      () => world.engine.listServices({ label: OURS }),
      (services) => services.length === 0,
    );
    running.child.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.stderr).toContain('stopped; what was begun in the Swarm goes on by itself');
    expect(stopped.code).toBe(130);
    const again = await world.scalectl(['down', STACK, '--volumes', '--yes']);
    expect(again.code, again.stderr).toBe(0);
    expect(await everything()).toEqual([]);
  });

  test('must clear away what a deploy left that was stopped in the middle', async () => {
    writeFileSync(join(world.directory, 'ends.yml'), SLOW);
    const running = world.start(['deploy', '-c', 'ends.yml']);
    await waitFor(
      'the service to be written',
      () => world.engine.listServices({ label: OURS }),
      (services) => services.length === 1,
    );
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    const removed = await world.scalectl(['down', STACK, '--volumes', '--yes']);
    expect(removed.code, removed.stderr).toBe(0);
    expect(await everything()).toEqual([]);
  });
});

describe('down and then deploy at once', () => {
  test('must work with the same port, network and names', async () => {
    for (let round = 1; round <= 2; round++) {
      await deploy(SLOW);
      const { code, stderr } = await world.scalectl(['down', '--yes']);
      expect(code, stderr).toBe(0);
    }
  });
});

describe('jobs', () => {
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
  const started = async () => {
    await deploy(JOBS, '--detach');
    await waitFor(
      'the jobs to be under way',
      () => world.engine.listContainers({ label: OURS }),
      (containers) =>
        containers.filter(({ State }) => State === 'running').length === 3 &&
        containers.filter(({ State }) => State === 'exited').length === 3,
    );
  };

  test('must end, and take their containers with them', async () => {
    await started();
    const { code, stderr } = await world.scalectl(['down', '--yes', '--timeout', '60s']);
    expect(code, stderr).toBe(0);
    expect(await everything()).toEqual([]);
  });

  test('must end also when their services were removed by other means', async () => {
    await started();
    for (const { ID } of await world.engine.listServices({ label: OURS }))
      await world.engine.removeService(ID);
    const { code, stderr } = await world.scalectl(['down', '--yes', '--timeout', '60s']);
    expect(code, stderr).toBe(0);
    expect(await everything()).toEqual([]);
  });
});

describe('a network that others use', () => {
  test('must be named with its user, before anything is removed', async () => {
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
        Networks: [{ Target: 'ends_shared' }],
      },
      Mode: { Replicated: { Replicas: 0 } },
    });
    try {
      const before = await everything();
      const { code, stderr } = await world.scalectl(['down', '--yes']);
      expect(stderr).toBe(
        'error: the stack ends has networks that others use\n' +
          '  service stranger is on ends_shared\n' +
          '  Remove those first, or take them off it (docker network disconnect). Nothing was changed.\n',
      );
      expect(code).toBe(1);
      expect(await everything()).toEqual(before);
    } finally {
      await world.engine.removeService(id);
    }
  });
});
