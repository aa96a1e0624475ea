/** The history of a stack, and the ways back in it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NAMESPACE_LABEL, RELEASE_LABEL } from '../../src/stack/names.js';
import type { SwarmService } from '../../src/swarm/objects.js';
import { openWorld, waitFor, type Result, type World } from './harness.js';

const STACK = 'annals';

let world: World;

beforeAll(() => {
  world = openWorld(STACK);
});

afterEach(async () => {
  const { code, stderr } = await world.scalectl(['down', '--volumes', '--yes']);
  expect(code, stderr).toBe(0);
});

afterAll(() => world.close());

function write(name: string, text: string): void {
  writeFileSync(join(world.directory, name), text);
}

async function good(...args: string[]): Promise<Result> {
  const result = await world.scalectl(args);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

const deploy = (...args: string[]) => good('deploy', '-c', 'stack.yml', ...args);

async function live(name: string): Promise<SwarmService> {
  return world.engine.inspectService(`${STACK}_${name}`);
}

async function configs(): Promise<{ name: string; text: string }[]> {
  const found = await world.engine.listConfigs({ label: [`${NAMESPACE_LABEL}=${STACK}`] });
  return found
    .filter(({ Spec }) => Spec.Labels?.[RELEASE_LABEL] === undefined)
    .map(({ Spec }) => ({ name: Spec.Name, text: Buffer.from(Spec.Data ?? '', 'base64').toString() }));
}

async function states(): Promise<string[]> {
  const { stdout } = await good('releases', '-o', 'json');
  const { releases } = JSON.parse(stdout) as { releases: { number: number; state: string }[] };
  return releases.map(({ number, state }) => `${number} ${state}`);
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

describe('what the autoscaler decided', () => {
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

  test('must outlast a deploy with a new image, and the rollback to the old one', async () => {
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
    expect(back.stderr).toContain(`stack ${STACK} is back at release 1, up after `);
    expect(back.stderr).toContain('as release 3');
    const third = await live('backend');
    expect(imageOf(third)).toBe(imageOf(first));
    expect(replicasOf(third)).toBe(7);
    expect(third.Spec.Labels['scalectl.max']).toBe('7');
    expect(third.Spec.Labels['scalectl.last-scale']).toBe(note);
    expect(await states()).toEqual(['3 good', '2 good', '1 good']);
  });
});

describe('the content of a config', () => {
  const WITH_CONFIG = stack(
    'SHOP_IMAGE',
    IDLE,
    '    configs: [settings]\nconfigs: {settings: {file: ./app.conf}}\n',
  );

  test('must come back from the release, though the Swarm has forgotten it', async () => {
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
    expect(again.stderr).toContain(`stack ${STACK} is as release 1 has it; nothing was changed`);
    // The last one that is good and something else.
    await good('rollback');
    expect((await live('backend')).Spec.TaskTemplate.ContainerSpec?.Configs?.[0]?.ConfigName).toBe(names[2]);
  });
});

describe('a secret', () => {
  test('that is gone must be named before anything is written', async () => {
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
  });
});

describe('the history', () => {
  test('must hold ten releases, and tell what each changed', async () => {
    for (let round = 1; round <= 12; round++) {
      const extra = round === 12 ? "  added: {image: '${SHOP_IMAGE}', deploy: {replicas: 0}}\n" : '';
      write('stack.yml', stack('SHOP_IMAGE', IDLE, `      labels: {round: '${round}'}\n${extra}`));
      await deploy('--detach');
    }
    const objects = await world.engine.listConfigs({ label: [RELEASE_LABEL, `${NAMESPACE_LABEL}=${STACK}`] });
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
    expect(table).toMatch(new RegExp(`^${STACK} +2 +2/2 +scalectl, release 12 +\\d+s$`, 'm'));

    const back = await world.scalectl(['rollback', '11']);
    expect(back.stderr).toContain(`Remove service ${STACK}_added? Nobody is there to answer`);
    expect(back.code).toBe(2);
    const agreed = await good('rollback', '11', '--yes', '-o', 'json');
    expect(JSON.parse(agreed.stdout)).toMatchObject({ kind: 'Rollback', to: 11, release: 13, dryRun: false });
    expect(await world.engine.listServices({ name: [`${STACK}_added`] })).toEqual([]);
  });
});

describe('a stack that was there before', () => {
  test('must be what one can go back to', async () => {
    const labels = { [NAMESPACE_LABEL]: STACK };
    const image = world.env['HAPROXY_IMAGE'] ?? '';
    await world.engine.createNetwork({ Name: `${STACK}_default`, Driver: 'overlay', Labels: labels });
    await world.engine.createService({
      Name: `${STACK}_backend`,
      Labels: { ...labels, 'com.docker.stack.image': image },
      TaskTemplate: {
        ContainerSpec: {
          Image: image,
          Command: ['sleep'],
          Args: ['999'],
          Labels: labels,
          StopGracePeriod: 1e9,
        },
        Networks: [{ Target: `${STACK}_default`, Aliases: ['backend'] }],
      },
      Mode: { Replicated: { Replicas: 2 } },
    });
    expect((await good('stacks')).stdout).toMatch(new RegExp(`^${STACK} +1 +\\d/2 +docker +`, 'm'));
    const none = await good('releases');
    expect(none.stderr).toBe(`the stack ${STACK} has no releases: scalectl has not deployed it\n`);

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
  });
});
