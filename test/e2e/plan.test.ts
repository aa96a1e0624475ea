/** What a deploy does to a Swarm that is not as simple as a stack file: others write too, things differ, things fail. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { proxyEngine, type EngineProxy } from './engine-proxy.js';
import { openWorld, waitFor, type Result, type World } from './harness.js';

const STACK = 'planned';
const NAMESPACE = 'com.docker.stack.namespace';

let world: World;
let proxy: EngineProxy | null = null;

beforeAll(() => {
  world = openWorld(STACK);
});
beforeEach(() => clean());
afterEach(async () => {
  await proxy?.goAway();
  proxy = null;
});
afterAll(async () => {
  await clean();
  world.close();
});

async function clean(): Promise<void> {
  await world.scalectl(['down', '--yes']);
}

/** A service that is up at once and goes at once, with what else it is to have. */
function service(name: string, more = ''): string {
  return `
  ${name}:
    image: \${SHOP_IMAGE}
    command: [sleep, infinity]
    init: true
    stop_grace_period: 1s
    healthcheck: {test: [CMD, 'true'], interval: 1s}${more.replaceAll('\n', '\n    ')}`;
}

async function run(command: string, file: string, ...args: string[]): Promise<Result> {
  writeFileSync(join(world.directory, 'stack.yml'), `services:${file}\n`);
  const env = proxy === null ? {} : { DOCKER_HOST: proxy.address };
  return world.scalectl([command, '-c', 'stack.yml', ...args], env);
}

async function deploy(file: string, ...args: string[]): Promise<Result> {
  const result = await run('deploy', file, ...args);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

const live = (name: string) => world.engine.inspectService(`${STACK}_${name}`);

async function everything() {
  const filters = { label: [`${NAMESPACE}=${STACK}`] };
  const [services, networks, secrets, configs] = await Promise.all([
    world.engine.listServices(filters),
    world.engine.listNetworks(filters),
    world.engine.listSecrets(filters),
    world.engine.listConfigs(filters),
  ]);
  return [
    ...services.map(({ Spec, Version }) => `service ${Spec.Name} ${Version.Index}`),
    ...networks.map(({ Name, Id }) => `network ${Name} ${Id}`),
    ...secrets.map(({ Spec, Version }) => `secret ${Spec.Name} ${Version.Index}`),
    ...configs.map(({ Spec, Version }) => `config ${Spec.Name} ${Version.Index}`),
  ].sort();
}

async function throughProxy(): Promise<EngineProxy> {
  const socket = (world.env['DOCKER_HOST'] ?? '').replace('unix://', '');
  proxy = await proxyEngine(socket, join(world.directory, 'engine.sock'));
  return proxy;
}

const WEB = service('web', '\ndeploy: {labels: {a: "1"}}');

describe('a deploy without a change', () => {
  test('must write nothing, and leave what Swarm would go back to', async () => {
    await deploy(service('web'));
    await deploy(WEB);
    const before = { everything: await everything(), service: await live('web') };
    const again = await deploy(WEB);
    expect(again.stderr).toContain(`stack ${STACK}: nothing to change`);
    expect(await everything()).toEqual(before.everything);
    expect(await live('web')).toEqual(before.service);
    expect(before.service.PreviousSpec?.Labels['a']).toBeUndefined();
  });
});

describe('replicas', () => {
  test('that an autoscaler chose must survive a new version and the way back', async () => {
    const policy = (version: string) =>
      service(
        'web',
        `\nenvironment: {VERSION: '${version}'}\ndeploy: {replicas: 2, update_config: {parallelism: 0, monitor: 500ms}, labels: {scalectl.autoscale: 'true', scalectl.cpu.target: 60, scalectl.min: 1, scalectl.max: 9}}`,
      );
    await deploy(policy('1'));
    const { ID, Version, Spec } = await live('web');
    await world.engine.updateService(ID, Version.Index, { ...Spec, Mode: { Replicated: { Replicas: 7 } } });
    await deploy(policy('2'));
    expect((await live('web')).Spec).toMatchObject({ Mode: { Replicated: { Replicas: 7 } } });
    const back = await world.scalectl(['rollback']);
    expect(back.code, back.stderr).toBe(0);
    const { TaskTemplate, Mode } = (await live('web')).Spec;
    expect(Mode).toEqual({ Replicated: { Replicas: 7 } });
    expect(TaskTemplate.ContainerSpec?.Env).toEqual(['VERSION=1']);
    await deploy(policy('1'), '--reset-replicas');
    expect((await live('web')).Spec.Mode).toEqual({ Replicated: { Replicas: 2 } });
  });
});

describe('what cannot be right', () => {
  test('must be said all at once, with its place, before anything is written', async () => {
    const foreign = { Name: `${STACK}_web`, Labels: {}, Mode: { Replicated: { Replicas: 0 } } };
    const TaskTemplate = { ContainerSpec: { Image: world.env['SHOP_IMAGE'] ?? '' } };
    const { id } = await world.engine.createService({ ...foreign, TaskTemplate });
    try {
      const file = `${service('web', '\nnetworks: [gone]\nconfigs: [nowhere]')}
networks: {gone: {external: true, name: not-here}}
configs: {nowhere: {external: true}}`;
      const { code, stderr } = await run('deploy', file);
      expect(code).toBe(2);
      expect(stderr.split('\n').filter((line) => line.startsWith('error'))).toEqual([
        'error: stack.yml:10:12: external network not-here does not exist',
        'error: stack.yml:11:11: external config nowhere does not exist',
        `error: stack.yml:2:3: service ${STACK}_web exists already and belongs to no stack`,
      ]);
      expect(await everything()).toEqual([]);
    } finally {
      await world.engine.removeService(id);
    }
  });

  test('must leave nothing of a first deploy that an Engine refuses', async () => {
    await deploy(service('web', '\nports: ["18090:80"]'));
    const other = await world.scalectl(['deploy', '-c', 'stack.yml', `${STACK}-other`], {
      SCALECTL_STACK: '',
    });
    expect(other.stderr).toMatch(/port '18090' is already in use/);
    expect(other.code).toBe(1);
    const label = [`${NAMESPACE}=${STACK}-other`];
    expect(await world.engine.listNetworks({ label })).toEqual([]);
    expect(await world.engine.listConfigs({ label })).toEqual([]);
  });
});

describe('somebody else who writes', () => {
  test('between the look and the write must not be overwritten blindly', async () => {
    await deploy(WEB);
    const { before } = await throughProxy().then((it) => {
      it.before = {
        match: (method, path) => method === 'POST' && path.includes('/update'),
        act: async () => {
          const { ID, Version, Spec } = await live('web');
          await world.engine.updateService(ID, Version.Index, {
            ...Spec,
            TaskTemplate: { ...Spec.TaskTemplate, ForceUpdate: 5 },
          });
        },
      };
      return it;
    });
    expect(before).not.toBeNull();
    const { stderr } = await deploy(service('web', '\ndeploy: {labels: {a: "2"}}'));
    expect(stderr).toContain('looking again');
    expect((await live('web')).Spec).toMatchObject({
      Labels: { a: '2' },
      TaskTemplate: { ForceUpdate: 5 },
    });
  });

  test('must not matter when a network goes between its making and its use', async () => {
    const it = await throughProxy();
    it.before = {
      match: (method, path) => method === 'POST' && path.includes('/services/create'),
      act: async () => {
        const [network] = await world.engine.listNetworks({ name: [`${STACK}_default`] });
        await world.engine.removeNetwork(network?.Id ?? '');
      },
    };
    const { stderr } = await deploy(service('web'));
    expect(stderr).toMatch(/network planned_default not found.*looking again/);
    expect(stderr).toContain(`stack ${STACK} is up`);
  });
});

describe('services that depend on others', () => {
  test('must be written only when those are healthy', async () => {
    const slow = '\nhealthcheck: {test: [CMD, test, -e, /tmp/ready], interval: 500ms, retries: 20}';
    const db = service('db').replace(/\n *healthcheck.*/, slow.replaceAll('\n', '\n    '));
    const command = db.replace('[sleep, infinity]', "[sh, -c, 'sleep 3; touch /tmp/ready; sleep infinity']");
    await deploy(`${service('web', '\ndepends_on: [db]')}${command}`);
    const [task] = await world.engine.listTasks({ service: [`${STACK}_db`] });
    const healthySince = Date.parse(task?.Status.Timestamp ?? '');
    expect(Date.parse((await live('web')).CreatedAt)).toBeGreaterThanOrEqual(healthySince);
  });
});

describe('what Swarm cannot change', () => {
  const NETWORK = (options: string) => `${service('web', '\nnetworks: [n]')}${service('free')}
networks: {n: ${options}}`;

  test('must be told of a network, and be made anew with --recreate, and with a yes', async () => {
    await deploy(NETWORK('{attachable: false}'));
    const before = await everything();
    const changed = NETWORK('{attachable: true, labels: {a: b}}');
    const warned = await deploy(changed);
    expect(warned.stderr).toContain(
      `warning: network ${STACK}_n differs from the file (label a none -> b, attachable false -> true): ` +
        '--recreate makes it anew, with the services on it down meanwhile',
    );
    expect(await everything()).toEqual(before);

    const asked = await run('deploy', changed, '--recreate');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain(
      `Remove and make anew network ${STACK}_n, service ${STACK}_web? Nobody is there to answer`,
    );
    expect(await everything()).toEqual(before);

    const free = (await live('free')).Version;
    const done = await deploy(changed, '--recreate', '--yes');
    expect(done.stderr).toContain(`± replace network ${STACK}_n: it differs; down meanwhile: ${STACK}_web\n`);
    const [network] = await world.engine.listNetworks({ name: [`${STACK}_n`] });
    expect(network).toMatchObject({ Attachable: true, Labels: { a: 'b' } });
    expect((await live('free')).Version).toEqual(free);
    expect((await run('diff', changed, '--exit-code')).code).toBe(0);
  });

  test('must be refused of a mode, unless --recreate is given', async () => {
    await deploy(service('web'));
    const global = service('web', '\ndeploy: {mode: global}');
    const refused = await run('deploy', global);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`service ${STACK}_web is replicated and cannot become global`);
    const done = await deploy(global, '--recreate', '--yes');
    expect(done.stderr).toContain(`± replace service ${STACK}_web: replicated -> global; down meanwhile\n`);
    expect((await live('web')).Spec.Mode).toEqual({ Global: {} });
  });
});

describe('what is not in the file', () => {
  test('must go with --prune and a yes: services, then networks that nothing uses', async () => {
    const both = `${service('web')}${service('old', '\nnetworks: [n]')}\nnetworks: {n: }`;
    await deploy(both);
    const { stderr } = await deploy(service('web'), '--prune', '--yes');
    expect(stderr).toContain(`- remove service ${STACK}_old: not in the file\n`);
    expect(stderr).toContain(`- remove network ${STACK}_n: not in the file, and nothing uses it\n`);
    const left = async () => (await everything()).filter((it) => !it.startsWith('config'));
    await waitFor('the network to be gone', left, ({ length }) => length === 2, 10_000);
  });
});

describe('diff and config', () => {
  test('must show what would change, and say so by the exit code', async () => {
    await deploy(WEB);
    const changed = service('web', '\ndeploy: {labels: {a: "2"}}');
    const before = await everything();
    const text = await run('diff', changed, '--exit-code');
    expect(text).toMatchObject({
      code: 3,
      stdout: `~ update service ${STACK}_web: label a 1 -> 2 (no restart)\n`,
    });
    const json = await run('diff', changed, '-o', 'json');
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'Diff',
      stack: STACK,
      operations: [{ kind: 'update-service', changes: [{ what: 'label a', from: '1', to: '2' }] }],
    });
    const colours = await world.scalectl(['diff', '-c', 'stack.yml'], { FORCE_COLOR: '1' });
    expect(colours.stdout).toContain('\u001b[33m~ update service');
    expect(await everything()).toEqual(before);
  });

  test('must need no Engine to print a file, and show no secret', async () => {
    const file = `${service('web', '\nsecrets: [s]')}\nsecrets: {s: {environment: PASSWORD}}`;
    writeFileSync(join(world.directory, 'stack.yml'), `services:${file}\n`);
    const nowhere = { DOCKER_HOST: 'unix:///nowhere', PASSWORD: 'hunter2' };
    const printed = await world.scalectl(['config', '-c', 'stack.yml'], nowhere);
    expect(printed.code, printed.stderr).toBe(0);
    expect(printed.stdout).toContain(`image: ${world.env['SHOP_IMAGE'] ?? ''}\n`);
    const specs = await world.scalectl(['config', '-c', 'stack.yml', '--specs', '-o', 'json'], nowhere);
    expect(JSON.parse(specs.stdout)).toMatchObject({
      kind: 'Specs',
      services: [{ Name: `${STACK}_web` }],
      secrets: [{ Name: `${STACK}_s-????????????` }],
    });
    expect(printed.stdout + specs.stdout + specs.stderr).not.toContain('hunter2');
  });
});
