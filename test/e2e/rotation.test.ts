/** A config whose content changes is another config: services move to it, and what nobody needs goes. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from './harness.js';

const STACK = 'rotation';
const ROUNDS = 10;

let world: World;
beforeAll(() => {
  world = openWorld(STACK);
});
afterAll(async () => {
  await world.scalectl(['down', '--yes']);
  world.close();
});

const FILE = `
services:
  web:
    image: \${SHOP_IMAGE}
    command: [sh, -c, 'sleep infinity']
    init: true
    stop_grace_period: 1s
    configs: [{source: page, target: /page}]
    secrets: [{source: key}]
    healthcheck: {test: [CMD, test, -s, /page], interval: 500ms, retries: 10}
    deploy: {update_config: {order: start-first, monitor: 1s}}
configs: {page: {file: ./page}}
secrets: {key: {environment: CONTENT}}
`;

async function objects() {
  const filters = { label: [`com.docker.stack.namespace=${STACK}`] };
  const [configs, secrets] = await Promise.all([
    world.engine.listConfigs(filters),
    world.engine.listSecrets(filters),
  ]);
  const names = [...configs, ...secrets].map(({ Spec }) => Spec.Name);
  return {
    pages: names.filter((name) => name.startsWith(`${STACK}_page`)),
    keys: names.filter((name) => name.startsWith(`${STACK}_key`)),
    releases: names.filter((name) => name.includes('release')),
  };
}

async function deploy(content: string) {
  writeFileSync(join(world.directory, 'stack.yml'), FILE);
  writeFileSync(join(world.directory, 'page'), `${content}\n`);
  const result = await world.scalectl(['deploy', '-c', 'stack.yml'], { CONTENT: content });
  expect(result.code, result.stderr).toBe(0);
  return result.stderr;
}

test(`a content that changes ${ROUNDS} times must be served each time, and leave the present and the one before`, async () => {
  await deploy('round-0');
  for (let round = 1; round <= ROUNDS; round++) {
    const stderr = await deploy(`round-${round}`);
    expect(stderr).toContain('    config page: new content (restarts tasks)\n');
    expect(stderr).toContain('    secret key: new content (restarts tasks)\n');
    expect(stderr).not.toContain(`round-${round}`);
    const { pages, keys } = await objects();
    expect([pages.length, keys.length]).toEqual([2, 2]);
  }
  const { configs } = await world.engine.inspectService(`${STACK}_web`).then(({ Spec }) => ({
    configs: Spec.TaskTemplate.ContainerSpec?.Configs?.map(({ ConfigName }) => ConfigName),
  }));
  const { pages, releases } = await objects();
  expect(pages).toContain(configs?.[0]);
  expect(releases).toHaveLength(10);

  const back = await world.scalectl(['rollback']);
  expect(back.code, back.stderr).toBe(0);
  const content = (await world.engine.listConfigs()).find(
    ({ Spec }) => Spec.Name === pages.find((name) => name !== configs?.[0]),
  );
  expect(Buffer.from(content?.Spec.Data ?? '', 'base64').toString()).toBe(`round-${ROUNDS - 1}\n`);
}, 600_000);
