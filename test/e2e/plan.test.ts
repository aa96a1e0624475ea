/** What a deploy does to a Swarm that is not as simple as a stack file: others write too, things differ, things fail. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SwarmService } from '../../src/swarm/objects.js';
import { proxyEngine, type EngineProxy } from './engine-proxy.js';
import { openWorld, waitFor, type Result, type World } from './harness.js';

const NAMESPACE = 'com.docker.stack.namespace';

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

/** One stack of its own for each scenario, so that they need not wait for each other. */
interface Planned {
  stack: string;
  world: World;
  run: (command: string, file: string, ...args: string[]) => Promise<Result>;
  /** Runs `deploy`, which must end well. */
  deploy: (file: string, ...args: string[]) => Promise<Result>;
  live: (name: string) => Promise<SwarmService>;
  /** kind, name and version of all that belongs to the stack */
  everything: () => Promise<string[]>;
  /** From now on scalectl reaches the Engine through a proxy. */
  throughProxy: () => Promise<EngineProxy>;
  close: () => Promise<void>;
}

function openPlanned(stack: string): Planned {
  const world = openWorld(stack);
  let proxy: EngineProxy | null = null;
  const run: Planned['run'] = (command, file, ...args) => {
    writeFileSync(join(world.directory, 'stack.yml'), `services:${file}\n`);
    const env = proxy === null ? {} : { DOCKER_HOST: proxy.address };
    return world.scalectl([command, '-c', 'stack.yml', ...args], env);
  };
  return {
    stack,
    world,
    run,
    deploy: async (...args) => {
      const result = await run('deploy', ...args);
      expect(result.code, result.stderr).toBe(0);
      return result;
    },
    live: (name) => world.engine.inspectService(`${stack}_${name}`),
    everything: async () => {
      const filters = { label: [`${NAMESPACE}=${stack}`] };
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
    },
    throughProxy: async () => {
      const socket = (world.env['DOCKER_HOST'] ?? '').replace('unix://', '');
      proxy = await proxyEngine(socket, join(world.directory, 'engine.sock'));
      return proxy;
    },
    close: async () => {
      await proxy?.goAway();
      await world.scalectl(['down', '--yes']);
      world.close();
    },
  };
}

function scenario(name: string, stack: string, body: (planned: Planned) => Promise<void>): void {
  test(name, async () => {
    const planned = openPlanned(stack);
    try {
      await body(planned);
    } finally {
      await planned.close();
    }
  });
}

const WEB = service('web', '\ndeploy: {labels: {a: "1"}}');

describe.concurrent('a deploy without a change', () => {
  scenario(
    'must write nothing, and leave what Swarm would go back to',
    'planned-same',
    async ({ deploy, live, everything, stack }) => {
      await deploy(service('web'));
      await deploy(WEB);
      const before = { everything: await everything(), service: await live('web') };
      const again = await deploy(WEB);
      expect(again.stderr).toContain(`stack ${stack}: nothing to change`);
      expect(await everything()).toEqual(before.everything);
      expect(await live('web')).toEqual(before.service);
      expect(before.service.PreviousSpec?.Labels['a']).toBeUndefined();
    },
  );
});

describe.concurrent('replicas', () => {
  scenario(
    'that an autoscaler chose must survive a new version and the way back',
    'planned-replicas',
    async ({ world, deploy, live }) => {
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
    },
  );
});

describe.concurrent('what cannot be right', () => {
  scenario(
    'must be said all at once, with its place, before anything is written',
    'planned-wrong',
    async ({ world, run, everything, stack }) => {
      const foreign = { Name: `${stack}_web`, Labels: {}, Mode: { Replicated: { Replicas: 0 } } };
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
          `error: stack.yml:2:3: service ${stack}_web exists already and belongs to no stack`,
        ]);
        expect(await everything()).toEqual([]);
      } finally {
        await world.engine.removeService(id);
      }
    },
  );

  scenario(
    'must leave nothing of a first deploy that an Engine refuses',
    'planned-refused',
    async ({ world, deploy, stack }) => {
      await deploy(service('web', '\nports: ["18090:80"]'));
      const other = await world.scalectl(['deploy', '-c', 'stack.yml', `${stack}-other`], {
        SCALECTL_STACK: '',
      });
      expect(other.stderr).toMatch(/port '18090' is already in use/);
      expect(other.code).toBe(1);
      const label = [`${NAMESPACE}=${stack}-other`];
      expect(await world.engine.listNetworks({ label })).toEqual([]);
      expect(await world.engine.listConfigs({ label })).toEqual([]);
    },
  );
});

describe.concurrent('somebody else who writes', () => {
  scenario(
    'between the look and the write must not be overwritten blindly',
    'planned-conflict',
    async ({ world, deploy, live, throughProxy }) => {
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
    },
  );

  scenario(
    'must not matter when a network goes between its making and its use',
    'planned-network-gone',
    async ({ world, deploy, throughProxy, stack }) => {
      const it = await throughProxy();
      it.before = {
        match: (method, path) => method === 'POST' && path.includes('/services/create'),
        act: async () => {
          const [network] = await world.engine.listNetworks({ name: [`${stack}_default`] });
          await world.engine.removeNetwork(network?.Id ?? '');
        },
      };
      const { stderr } = await deploy(service('web'));
      expect(stderr).toMatch(/network planned-network-gone_default not found.*looking again/);
      expect(stderr).toContain(`stack ${stack} is up`);
    },
  );
});

describe.concurrent('services that depend on others', () => {
  scenario(
    'must be written only when those are healthy',
    'planned-ordered',
    async ({ world, deploy, live, stack }) => {
      const slow = '\nhealthcheck: {test: [CMD, test, -e, /tmp/ready], interval: 500ms, retries: 20}';
      const db = service('db').replace(/\n *healthcheck.*/, slow.replaceAll('\n', '\n    '));
      const command = db.replace(
        '[sleep, infinity]',
        "[sh, -c, 'sleep 3; touch /tmp/ready; sleep infinity']",
      );
      await deploy(`${service('web', '\ndepends_on: [db]')}${command}`);
      const [task] = await world.engine.listTasks({ service: [`${stack}_db`] });
      const healthySince = Date.parse(task?.Status.Timestamp ?? '');
      expect(Date.parse((await live('web')).CreatedAt)).toBeGreaterThanOrEqual(healthySince);
    },
  );
});

describe.concurrent('what Swarm cannot change', () => {
  const NETWORK = (options: string) => `${service('web', '\nnetworks: [n]')}${service('free')}
networks: {n: ${options}}`;

  scenario(
    'must be told of a network, and be made anew with --recreate, and with a yes',
    'planned-networks',
    async ({ world, run, deploy, live, everything, stack }) => {
      await deploy(NETWORK('{attachable: false}'));
      const before = await everything();
      const changed = NETWORK('{attachable: true, labels: {a: b}}');
      const warned = await deploy(changed);
      expect(warned.stderr).toContain(
        `warning: network ${stack}_n differs from the file (label a none -> b, attachable false -> true): ` +
          '--recreate makes it anew, with the services on it down meanwhile',
      );
      expect(await everything()).toEqual(before);

      const asked = await run('deploy', changed, '--recreate');
      expect(asked.code).toBe(2);
      expect(asked.stderr).toContain(
        `Remove and make anew network ${stack}_n, service ${stack}_web? Nobody is there to answer`,
      );
      expect(await everything()).toEqual(before);

      const free = (await live('free')).Version;
      const done = await deploy(changed, '--recreate', '--yes');
      expect(done.stderr).toContain(
        `± replace network ${stack}_n: it differs; down meanwhile: ${stack}_web\n`,
      );
      const [network] = await world.engine.listNetworks({ name: [`${stack}_n`] });
      expect(network).toMatchObject({ Attachable: true, Labels: { a: 'b' } });
      expect((await live('free')).Version).toEqual(free);
      expect((await run('diff', changed, '--exit-code')).code).toBe(0);
    },
  );

  scenario(
    'must be refused of a mode, unless --recreate is given',
    'planned-mode',
    async ({ run, deploy, live, stack }) => {
      await deploy(service('web'));
      const global = service('web', '\ndeploy: {mode: global}');
      const refused = await run('deploy', global);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`service ${stack}_web is replicated and cannot become global`);
      const done = await deploy(global, '--recreate', '--yes');
      expect(done.stderr).toContain(`± replace service ${stack}_web: replicated -> global; down meanwhile\n`);
      expect((await live('web')).Spec.Mode).toEqual({ Global: {} });
    },
  );
});

describe.concurrent('what is not in the file', () => {
  scenario(
    'must go with --prune and a yes: services, then networks that nothing uses',
    'planned-prune',
    async ({ deploy, everything, stack }) => {
      const both = `${service('web')}${service('old', '\nnetworks: [n]')}\nnetworks: {n: }`;
      await deploy(both);
      const { stderr } = await deploy(service('web'), '--prune', '--yes');
      expect(stderr).toContain(`- remove service ${stack}_old: not in the file\n`);
      expect(stderr).toContain(`- remove network ${stack}_n: not in the file, and nothing uses it\n`);
      const left = async () => (await everything()).filter((it) => !it.startsWith('config'));
      await waitFor('the network to be gone', left, ({ length }) => length === 2, 10_000);
    },
  );
});

describe.concurrent('diff and config', () => {
  scenario(
    'must show what would change, and say so by the exit code',
    'planned-diff',
    async ({ world, run, deploy, everything, stack }) => {
      await deploy(WEB);
      const changed = service('web', '\ndeploy: {labels: {a: "2"}}');
      const before = await everything();
      const text = await run('diff', changed, '--exit-code');
      expect(text).toMatchObject({
        code: 3,
        stdout: `~ update service ${stack}_web: label a 1 -> 2 (no restart)\n`,
      });
      const json = await run('diff', changed, '-o', 'json');
      expect(json.code).toBe(0);
      expect(JSON.parse(json.stdout)).toMatchObject({
        kind: 'Diff',
        stack: stack,
        operations: [{ kind: 'update-service', changes: [{ what: 'label a', from: '1', to: '2' }] }],
      });
      const colours = await world.scalectl(['diff', '-c', 'stack.yml'], { FORCE_COLOR: '1' });
      expect(colours.stdout).toContain('\u001b[33m~ update service');
      expect(await everything()).toEqual(before);
    },
  );

  scenario(
    'must need no Engine to print a file, and show no secret',
    'planned-config',
    async ({ world, stack }) => {
      const file = `${service('web', '\nsecrets: [s]')}\nsecrets: {s: {environment: PASSWORD}}`;
      writeFileSync(join(world.directory, 'stack.yml'), `services:${file}\n`);
      const nowhere = { DOCKER_HOST: 'unix:///nowhere', PASSWORD: 'hunter2' };
      const printed = await world.scalectl(['config', '-c', 'stack.yml'], nowhere);
      expect(printed.code, printed.stderr).toBe(0);
      expect(printed.stdout).toContain(`image: ${world.env['SHOP_IMAGE'] ?? ''}\n`);
      const specs = await world.scalectl(['config', '-c', 'stack.yml', '--specs', '-o', 'json'], nowhere);
      expect(JSON.parse(specs.stdout)).toMatchObject({
        kind: 'Specs',
        services: [{ Name: `${stack}_web` }],
        secrets: [{ Name: `${stack}_s-????????????` }],
      });
      expect(printed.stdout + specs.stdout + specs.stderr).not.toContain('hunter2');
    },
  );
});
