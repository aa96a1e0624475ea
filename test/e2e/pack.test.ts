import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, ROOT, startProcess, type World } from './harness.js';

let world: World;
let elsewhere: string;

beforeAll(() => {
  world = openWorld('packed');
  elsewhere = mkdtempSync(join(tmpdir(), 'scalectl-pack-'));
});

afterAll(() => {
  world.close();
  rmSync(elsewhere, { recursive: true, force: true });
});

test('the packed package must install elsewhere without any other, and run', async () => {
  const npm = (args: string[], cwd: string) => {
    const done = spawnSync('npm', args, { cwd, encoding: 'utf8' });
    expect(done.status, done.stderr).toBe(0);
  };
  npm(['pack', '--pack-destination', elsewhere], ROOT);
  const [archive = ''] = readdirSync(elsewhere);
  npm(['install', '--prefix', elsewhere, '--offline', '--no-audit', join(elsewhere, archive)], elsewhere);
  expect(readdirSync(join(elsewhere, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    'scalectl',
  ]);

  const installed = join(elsewhere, 'node_modules/.bin/scalectl');
  const run = (...args: string[]) => startProcess(installed, args, { cwd: elsewhere, env: world.env }).ended;
  expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await run('doctor')).stdout).toContain('ok   Swarm: active, and this node is a manager');
  const stackFile = join(elsewhere, 'node_modules/scalectl/stacks/ecommerce.yml');
  const planned = await run('deploy', '-c', stackFile, '--dry-run');
  expect(planned.stdout).toContain('+ create service packed_backend: not found');
  expect(planned.code).toBe(0);
  const install = await run('autoscale', '--install', '--dry-run');
  expect(install.stdout).toContain('+ create service scalectl_agent: not found');
});
