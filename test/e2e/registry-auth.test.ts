/** A registry that asks who is there: nodes pull from it with what docker login has stored, when they are given it. */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CACHE } from '../lab/paths.js';
import { LOCKED_REGISTRY_PORT } from '../lab/registry.js';
import { openWorld, waitFor, type World } from './harness.js';

const STACK = 'locked';
/** bcrypt, as registries have it, of "lab-secret" */
const USERS = 'lab:$2b$05$abcdefghijklmnopqrstuuPtNTphIlilWp9q1wz4rhnWoBpMvGZkq\n';
const LOGIN = { auth: Buffer.from('lab:lab-secret').toString('base64') };

let world: World;
let registry: ChildProcess;
let image: string;
let host: string;

beforeAll(async () => {
  world = openWorld(STACK);
  const open = world.env['SHOP_IMAGE'] ?? '';
  const address = open.split(':')[0] ?? '';
  host = `${address}:${LOCKED_REGISTRY_PORT}`;
  image = open.replace(/^[^/]+/, host);
  const path = (name: string) => join(world.directory, name);
  writeFileSync(path('users'), USERS);
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: {
      filesystem: { rootdirectory: join(CACHE, 'registry') },
      maintenance: { uploadpurging: { enabled: false }, readonly: { enabled: true } },
    },
    http: { addr: host },
    auth: { htpasswd: { realm: 'lab', path: path('users') } },
  };
  writeFileSync(path('registry.json'), JSON.stringify(config));
  registry = spawn('docker-registry', ['serve', path('registry.json')], { stdio: 'ignore' });
  mkdirSync(path('.docker'));
  writeFileSync(path('.docker/config.json'), JSON.stringify({ auths: { [host]: LOGIN } }));
  await waitFor(
    'the registry to ask who is there',
    () =>
      fetch(`http://${host}/v2/`).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 401,
    20_000,
  );
});

afterAll(async () => {
  await world.scalectl(['down', '--yes']);
  registry.kill();
  world.close();
});

async function deploy(args: readonly string[], env: Record<string, string> = {}) {
  writeFileSync(
    join(world.directory, 'stack.yml'),
    `services: {web: {image: "${image}", command: [sleep, infinity], init: true, stop_grace_period: 1s}}\n`,
  );
  return world.scalectl(['deploy', '-c', 'stack.yml', '--timeout', '60s', ...args], env);
}

test('its image must not be had without credentials, nor its digest be told', async () => {
  const { code, stderr } = await deploy([], { DOCKER_CONFIG: '/nowhere' });
  expect(stderr).toContain(`no registry told the digest of ${image}`);
  expect(stderr).toMatch(/no basic auth credentials|no such image|unauthorized/i);
  expect(code).toBe(1);
  await world.scalectl(['down', '--yes']);
});

test('its digest must be told to those who have credentials, which must stay here all the same', async () => {
  const { stderr, stdout } = await deploy(['--dry-run']);
  expect(stdout).toContain('+ create service locked_web');
  expect(stderr).not.toContain('no registry told');
});

test('its image must be had with --with-registry-auth, and nobody must see with what', async () => {
  const { code, stderr, stdout } = await deploy(['--with-registry-auth']);
  expect(code, stderr).toBe(0);
  const { Spec } = await world.engine.inspectService(`${STACK}_web`);
  expect(Spec.TaskTemplate.ContainerSpec?.Image).toMatch(/@sha256:[0-9a-f]{64}$/);
  const told = JSON.stringify(await world.engine.listConfigs()) + JSON.stringify(Spec) + stderr + stdout;
  for (const secret of ['lab-secret', LOGIN.auth]) expect(told).not.toContain(secret);

  const again = await deploy([], { DOCKER_CONFIG: '/nowhere' });
  expect(again.stderr).toContain(`stack ${STACK}: nothing to change`);
});
