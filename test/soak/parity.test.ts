/** Thousands of stack files by chance: what the docker CLI would send to an Engine, and what scalectl would. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePath } from '../../src/deploy/materials.js';
import { UserError } from '../../src/errors.js';
import type { ComposeFileObject } from '../../src/stack/compose.js';
import { convertStack, type DesiredStack } from '../../src/stack/convert.js';
import { loadStack } from '../../src/stack/load.js';
import { objectName } from '../../src/stack/names.js';
import { startRecordingEngine, type Created, type RecordingEngine } from '../support/recording-engine.js';
import { chance, stackByChance } from './parity-dice.js';

const STACK = 'shop';
const FILES = Number(process.env['SCALECTL_SOAK_FILES'] ?? 3000);
const SEED = Number(process.env['SCALECTL_SOAK_SEED'] ?? Date.now() % 1e9);

const directory = mkdtempSync(join(tmpdir(), 'scalectl-parity-soak-'));
const env = { PATH: process.env['PATH'] ?? '', HOME: '/home/somebody', FROM_OUTSIDE: 'from outside' };
const file = join(directory, 'stack.yml');
let engine: RecordingEngine;

beforeAll(async () => {
  engine = await startRecordingEngine('1.47');
  writeFileSync(join(directory, 'data'), 'data');
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

function there(): boolean {
  try {
    execFileSync('docker', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** @returns null when the docker CLI refuses the file */
function byDocker(): Promise<Created[] | null> {
  const args = ['stack', 'deploy', '--resolve-image', 'never', '--detach=true', '-c', file, STACK];
  return new Promise((resolve) => {
    execFile('docker', args, { cwd: directory, env: { ...env, DOCKER_HOST: engine.host } }, (error) => {
      const created = engine.take();
      resolve(error === null ? created : null);
    });
  });
}

/** @throws anything but a UserError: that is a fault */
function byScalectl(text: string): DesiredStack | UserError {
  try {
    const loaded = loadStack([{ name: 'stack.yml', text }], { env, directory });
    const names = (kind: 'secrets' | 'configs') =>
      Object.fromEntries(
        Object.entries<ComposeFileObject>(loaded.file[kind] ?? {}).map(([key, it]) => [
          key,
          objectName(STACK, key, it),
        ]),
      );
    return convertStack(loaded, {
      stack: STACK,
      resolvePath: (path) => resolvePath(path, directory),
      secretNames: names('secrets'),
      configNames: names('configs'),
      env,
    });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Where zero and false are not the same as nothing. */
const TELLING = new Set([
  'StopGracePeriod',
  'MaxAttempts',
  'Window',
  'Replicas',
  'Parallelism',
  'Soft',
  'Hard',
  'Init',
]);
const TEXTS = new Set(['Labels', 'Options', 'Sysctls', 'DriverOpts']);
/** Ids are the Engine's; the others are what it fills in, or leaves out, by itself. */
const LEFT_OUT = new Set(['SecretID', 'ConfigID', 'Config', 'ForceUpdate', 'CheckDuplicate', 'Consistency']);

function bare(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => (typeof item === 'string' ? item : bare(item)));
    return items.length === 0 ? undefined : items;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([name]) => TEXTS.has(key) || !LEFT_OUT.has(name) || Array.isArray((value as never)[name]))
      .map(([name, item]) => [name, TEXTS.has(key) ? item : bare(item, name)] as const)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const always = key === 'Healthcheck' || key === 'DNSConfig' || key === 'RestartPolicy';
    return entries.length === 0 && !always ? undefined : Object.fromEntries(entries);
  }
  if (value === null || value === '') return undefined;
  return (value === 0 || value === false) && !TELLING.has(key) ? undefined : value;
}

interface Spec {
  Mode?: { Replicated?: { Replicas?: number } };
  EndpointSpec?: { Ports?: { Protocol?: string; PublishMode?: string }[] };
  TaskTemplate?: { ContainerSpec?: Record<'Secrets' | 'Configs', unknown[] | undefined> };
}

/**
 * As the Engine will take it: one replica where none is named, small letters in ports, the first choice for a protocol or
 * mode that it does not know, references without an order.
 */
function asTaken(spec: unknown): unknown {
  const copy = structuredClone(spec) as Spec;
  if (copy.Mode?.Replicated !== undefined) copy.Mode.Replicated.Replicas ??= 1;
  for (const port of copy.EndpointSpec?.Ports ?? []) {
    port.Protocol = firstUnless(['tcp', 'udp', 'sctp'], port.Protocol);
    port.PublishMode = firstUnless(['ingress', 'host'], port.PublishMode);
  }
  const container = copy.TaskTemplate?.ContainerSpec;
  for (const kind of ['Secrets', 'Configs'] as const) {
    container?.[kind]?.sort((a, b) => (JSON.stringify(bare(a)) < JSON.stringify(bare(b)) ? -1 : 1));
  }
  return bare(copy);
}

function firstUnless(choices: readonly [string, ...string[]], written = ''): string {
  return choices.includes(written.toLowerCase()) ? written.toLowerCase() : choices[0];
}

function byName(specs: readonly { Name?: unknown }[]): Record<string, unknown> {
  return Object.fromEntries(specs.map((spec) => [String(spec.Name), asTaken(spec)]));
}

describe.skipIf(!there())(`${FILES} stack files by chance, seed ${SEED}`, () => {
  it.each([
    ['right', 0],
    ['half wrong', 0.03],
  ])('must become what the docker CLI makes of them: %s', async (_, wrong) => {
    const random = chance(SEED);
    let equal = 0;
    for (let count = 0; count < FILES / 2; count++) {
      const text = stackByChance(random, wrong);
      writeFileSync(file, text);
      const created = await byDocker();
      const desired = byScalectl(text);
      if (created === null || desired instanceof UserError) continue;
      const made = (kind: Created['kind']) =>
        created.filter((it) => it.kind === kind).map(({ body }) => body);
      const specs = { services: byName(made('services')), networks: byName(made('networks')) };
      expect(
        {
          services: byName(desired.services.map(({ spec }) => spec)),
          networks: byName(desired.networks.filter(({ external }) => !external).map(({ spec }) => spec)),
        },
        text,
      ).toEqual(specs);
      equal += 1;
    }
    expect(equal).toBeGreaterThan(FILES / 20);
  });
});
