/** Input that cannot be right is refused in words that say where and what to do, and changes nothing in the Swarm. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectEngine } from '../../src/swarm/dockerode.js';
import { resolveEndpoint } from '../../src/swarm/endpoint.js';
import { openLab } from '../lab/lab.js';
import { ROOT, startProcess, type Result } from './harness.js';
import { BAD_INPUT, type BadInput } from './bad-input/cases.js';

const env = { PATH: process.env['PATH'] ?? '', ...openLab(inject('labName')).env() };
const engine = connectEngine(resolveEndpoint({ env }));
const TINY = join(ROOT, 'test/fixtures/tiny.yml');

async function scalectl({
  args,
  env: extra = {},
  files = {},
}: Pick<BadInput, 'args' | 'env' | 'files'>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'bad-input-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const { code, stdout, stderr } = await startProcess(
      process.execPath,
      [join(ROOT, 'bin/scalectl.js'), ...args],
      { cwd: directory, env: { ...env, HOME: directory, ...extra } },
    ).ended;
    return { code, stdout, stderr: stderr.replaceAll(directory, '{dir}') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Everything that a command could have written, with the version that every write raises. */
async function contents(): Promise<string[]> {
  const [services, networks, secrets, configs] = await Promise.all([
    engine.listServices(),
    engine.listNetworks(),
    engine.listSecrets(),
    engine.listConfigs(),
  ]);
  return [
    ...[...services, ...secrets, ...configs].map(
      ({ ID, Version, Spec }) => `${Spec.Name} ${ID} ${Version.Index}`,
    ),
    ...networks.map(({ Id, Name }) => `${Name} ${Id}`),
  ].sort();
}

beforeAll(async () => {
  const { code, stderr } = await scalectl({ args: ['deploy', '-c', TINY, '--stack', 'tiny'] });
  expect(code, stderr).toBe(0);
});

afterAll(async () => {
  const { code, stderr } = await scalectl({ args: ['down', '--stack', 'tiny', '--yes'] });
  expect(code, stderr).toBe(0);
});

describe.each(Object.entries(BAD_INPUT))('%s', (_, cases) => {
  let before: string[];
  beforeAll(async () => {
    before = await contents();
    expect(before.filter((line) => line.startsWith('tiny_'))).toHaveLength(5);
  });

  it.each(cases.map((one) => [one.name, one] as const))('must be refused: %s', async (_name, one) => {
    expect(await scalectl(one)).toEqual({
      code: one.code,
      stdout: '',
      stderr: `${one.stderr.join('\n')}\n`,
    });
  });

  it('must have changed nothing', async () => {
    expect(await contents()).toEqual(before);
  });
});

describe('a network of somebody else', () => {
  it('must not be taken over', async () => {
    const { id } = await engine.createNetwork({ Name: 'bad_default', Driver: 'overlay' });
    try {
      const files = { 'stack.yml': 'services: {web: {image: nginx}}\n' };
      const args = ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'];
      const before = await contents();
      expect(await scalectl({ args, files })).toEqual({
        code: 2,
        stdout: '',
        stderr:
          'error: stack.yml:1:12: network bad_default exists already and belongs to no stack\n' +
          '  Use it as it is with "external: true", choose another name, or remove the network.\n',
      });
      expect(await contents()).toEqual(before);
    } finally {
      await engine.removeNetwork(id);
    }
  });
});
