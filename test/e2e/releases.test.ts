/** The history of a stack, and the ways back in it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NAMESPACE_LABEL, RELEASE_LABEL } from '../../src/stack/names.js';
import type { SwarmService } from '../../src/swarm/objects.js';
import { openWorld, waitFor, type Result, type World } from './harness.js';

/** One stack of its own for each scenario, so that they need not wait for each other. */
interface Annals {
  stack: string;
  world: World;
  write: (name: string, text: string) => void;
  /** Runs scalectl, which must end well. */
  good: (...args: string[]) => Promise<Result>;
  deploy: (...args: string[]) => Promise<Result>;
  live: (name: string) => Promise<SwarmService>;
  configs: () => Promise<{ name: string; text: string }[]>;
  /** `3 good`, the newest first */
  states: () => Promise<string[]>;
}

function openAnnals(stack: string): Annals {
  const world = openWorld(stack);
  const good = async (...args: string[]): Promise<Result> => {
    const result = await world.scalectl(args);
    expect(result.code, result.stderr).toBe(0);
    return result;
  };
  return {
    stack,
    world,
    good,
    write: (name, text) => writeFileSync(join(world.directory, name), text),
    deploy: (...args) => good('deploy', '-c', 'stack.yml', ...args),
    live: (name) => world.engine.inspectService(`${stack}_${name}`),
    configs: async () => {
      const found = await world.engine.listConfigs({ label: [`${NAMESPACE_LABEL}=${stack}`] });
      return found
        .filter(({ Spec }) => Spec.Labels?.[RELEASE_LABEL] === undefined)
        .map(({ Spec }) => ({ name: Spec.Name, text: Buffer.from(Spec.Data ?? '', 'base64').toString() }));
    },
    states: async () => {
      const { stdout } = await good('releases', '-o', 'json');
      const { releases } = JSON.parse(stdout) as { releases: { number: number; state: string }[] };
      return releases.map(({ number, state }) => `${number} ${state}`);
    },
  };
}

function scenario(name: string, stack: string, run: (annals: Annals) => Promise<void>): void {
  test(name, async () => {
    const annals = openAnnals(stack);
    try {
      await run(annals);
    } finally {
      const { code, stderr } = await annals.world.scalectl(['down', '--volumes', '--yes']);
      annals.world.close();
      expect(code, stderr).toBe(0);
    }
  });
}

/** Two images of the lab, which do the same when they are told what to do. */
const stack = (image: 'SHOP_IMAGE' | 'HAPROXY_IMAGE', command: string, more = ''): string => `
services:
  backend:
    image: \${${image}}
    entrypoint: [sh, -c, '${command}']
    stop_grace_period: 1s
    deploy:
      replicas: 2
      update_config: {parallelism: 0, monitor: 1s}
${more}`;
const IDLE = 'trap "exit 0" TERM; sleep 1000 & wait';

describe.concurrent('what the autoscaler decided', () => {
  const POLICY = (max: number) => `
      resources: {limits: {cpus: '0.05'}}
      labels:
        scalectl.autoscale: 'true'
        scalectl.min: '1'
        scalectl.max: '${max}'
        scalectl.cpu.target: '10'
        scalectl.up.cooldown: 0s
`;
  const imageOf = (service: SwarmService) => service.Spec.TaskTemplate.ContainerSpec?.Image;
  const replicasOf = (service: SwarmService) => service.Spec.Mode.Replicated?.Replicas;

  scenario(
    'must outlast a deploy with a new image, and the rollback to the old one',
    'annals-autoscaled',
    async ({ write, good, deploy, live, states, stack: name }) => {
      write('stack.yml', stack('SHOP_IMAGE', 'while :; do :; done', POLICY(7)));
      await deploy();
      const first = await live('backend');
      await waitFor(
        'the autoscaler to go to 7',
        async () => {
          await good('autoscale');
          return replicasOf(await live('backend'));
        },
        (replicas) => replicas === 7,
        120_000,
      );
      const note = (await live('backend')).Spec.Labels['scalectl.last-scale'];
      expect(note).toMatch(/"to":7/);

      write('stack.yml', stack('HAPROXY_IMAGE', IDLE, POLICY(8)));
      await deploy();
      const second = await live('backend');
      expect(imageOf(second)).not.toBe(imageOf(first));
      expect(replicasOf(second)).toBe(7);
      expect(second.Spec.Labels['scalectl.max']).toBe('8');

      const back = await good('rollback');
      expect(back.stderr).toContain(`stack ${name} is back at release 1, up after `);
      expect(back.stderr).toContain('as release 3');
      const third = await live('backend');
      expect(imageOf(third)).toBe(imageOf(first));
      expect(replicasOf(third)).toBe(7);
      expect(third.Spec.Labels['scalectl.max']).toBe('7');
      expect(third.Spec.Labels['scalectl.last-scale']).toBe(note);
      expect(await states()).toEqual(['3 good', '2 good', '1 good']);
    },
  );
});

describe.concurrent('the content of a config', () => {
  const WITH_CONFIG = stack(
    'SHOP_IMAGE',
    IDLE,
    '    configs: [settings]\nconfigs: {settings: {file: ./app.conf}}\n',
  );

  scenario(
    'must come back from the release, though the Swarm has forgotten it',
    'annals-config',
    async ({ write, good, deploy, live, configs, states, stack: name }) => {
      write('stack.yml', WITH_CONFIG);
      const names: string[] = [];
      for (const text of ['one', 'two', 'three']) {
        write('app.conf', text);
        await deploy();
        names.push((await configs()).find((config) => config.text === text)?.name ?? '');
      }
      expect((await configs()).map(({ text }) => text).sort()).toEqual(['three', 'two']);
      const dry = await good('rollback', '1', '--dry-run');
      expect(dry.stdout).toContain(`+ create config ${names[0] ?? ''}: `);
      expect(await states()).toHaveLength(3);

      await good('rollback', '1');
      const container = (await live('backend')).Spec.TaskTemplate.ContainerSpec;
      expect(container?.Configs?.map(({ ConfigName }) => ConfigName)).toEqual([names[0]]);
      expect((await configs()).find(({ name }) => name === names[0])?.text).toBe('one');
      const again = await good('rollback', '1');
      expect(again.stderr).toContain(`stack ${name} is as release 1 has it; nothing was changed`);
      // The last one that is good and something else.
      await good('rollback');
      expect((await live('backend')).Spec.TaskTemplate.ContainerSpec?.Configs?.[0]?.ConfigName).toBe(
        names[2],
      );
    },
  );
});

describe.concurrent('a secret', () => {
  scenario(
    'that is gone must be named before anything is written',
    'annals-secret',
    async ({ world, write, good, deploy, live, states }) => {
      write('stack.yml', stack('SHOP_IMAGE', IDLE, '    secrets: [key]\nsecrets: {key: {file: ./key}}\n'));
      const nameNow = async () =>
        (await live('backend')).Spec.TaskTemplate.ContainerSpec?.Secrets?.[0]?.SecretName ?? '';
      write('key', 'first');
      await deploy();
      const gone = await nameNow();
      for (const text of ['second', 'third']) {
        write('key', text);
        await deploy();
      }
      const before = (await live('backend')).Version.Index;
      const { code, stderr } = await world.scalectl(['rollback', '1']);
      expect(stderr).toBe(
        `error: release 1: needs the secret ${gone}, which is gone, and of secrets a release knows the name alone\n` +
          `  Make it again with: docker secret create ${gone} FILE\n`,
      );
      expect(code).toBe(2);
      expect((await live('backend')).Version.Index).toBe(before);
      expect(await states()).toHaveLength(3);
      const shown = await good('releases', 'show', '1', '-o', 'yaml');
      expect(shown.stdout).not.toContain('first');
      await good('rollback', '2');
    },
  );
});

describe.concurrent('the history', () => {
  scenario(
    'must hold ten releases, and tell what each changed',
    'annals-many',
    async ({ world, write, good, deploy, states, stack: name }) => {
      for (let round = 1; round <= 12; round++) {
        const extra = round === 12 ? "  added: {image: '${SHOP_IMAGE}', deploy: {replicas: 0}}\n" : '';
        write('stack.yml', stack('SHOP_IMAGE', IDLE, `      labels: {round: '${round}'}\n${extra}`));
        await deploy('--detach');
      }
      const objects = await world.engine.listConfigs({
        label: [RELEASE_LABEL, `${NAMESPACE_LABEL}=${name}`],
      });
      expect(objects).toHaveLength(10);
      const { stdout } = await good('releases');
      const [head = '', newest = '', ...others] = stdout.trimEnd().split('\n');
      expect(head).toMatch(/^RELEASE +STATE +AGE +ORIGIN +CHANGED +IMAGES$/);
      expect(newest).toMatch(/^ +12 +pending +\d+s +deploy stack\.yml +backend, \+added +shop:/);
      expect(others).toHaveLength(9);
      expect(others.at(-1)).toMatch(/^ +3 +pending +\d+m?s? +deploy stack\.yml +- +shop:/);

      // Who waits for the same finds the release good.
      await deploy();
      expect((await states())[0]).toBe('12 good');
      const { stdout: table } = await good('stacks');
      expect(table).toMatch(new RegExp(`^${name} +2 +2/2 +scalectl, release 12 +\\d+s$`, 'm'));

      const back = await world.scalectl(['rollback', '11']);
      expect(back.stderr).toContain(`Remove service ${name}_added? Nobody is there to answer`);
      expect(back.code).toBe(2);
      const agreed = await good('rollback', '11', '--yes', '-o', 'json');
      expect(JSON.parse(agreed.stdout)).toMatchObject({
        kind: 'Rollback',
        to: 11,
        release: 13,
        dryRun: false,
      });
      expect(await world.engine.listServices({ name: [`${name}_added`] })).toEqual([]);
    },
  );
});

describe.concurrent('a stack that was there before', () => {
  scenario(
    'must be what one can go back to',
    'annals-found',
    async ({ world, write, good, deploy, live, states, stack: name }) => {
      const labels = { [NAMESPACE_LABEL]: name };
      const image = world.env['HAPROXY_IMAGE'] ?? '';
      await world.engine.createNetwork({ Name: `${name}_default`, Driver: 'overlay', Labels: labels });
      await world.engine.createService({
        Name: `${name}_backend`,
        Labels: { ...labels, 'com.docker.stack.image': image },
        TaskTemplate: {
          ContainerSpec: {
            Image: image,
            Command: ['sleep'],
            Args: ['999'],
            Labels: labels,
            StopGracePeriod: 1e9,
          },
          Networks: [{ Target: `${name}_default`, Aliases: ['backend'] }],
        },
        Mode: { Replicated: { Replicas: 2 } },
      });
      expect((await good('stacks')).stdout).toMatch(new RegExp(`^${name} +1 +\\d/2 +docker +`, 'm'));
      const none = await good('releases');
      expect(none.stderr).toBe(`the stack ${name} has no releases: scalectl has not deployed it\n`);

      write('stack.yml', stack('SHOP_IMAGE', IDLE));
      await deploy();
      expect((await good('releases')).stdout).toMatch(/^ +1 +good +\d+s +found +- /m);
      await good('rollback');
      const { Spec } = await live('backend');
      expect(Spec.TaskTemplate.ContainerSpec).toMatchObject({
        Image: image,
        Command: ['sleep'],
        Args: ['999'],
      });
      expect(await states()).toEqual(['3 good', '2 good', '1 good']);
    },
  );
});
