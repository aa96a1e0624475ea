/** The same files give the same Swarm objects as the docker CLI's, key by key; what that made can be taken over. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openLab } from '../lab/lab.js';
import { ROOT, waitFor } from './harness.js';
import { deployWithBoth, inTurns, type Both, type Given } from './parity/both.js';
import { COMPANIONS, ENVIRONMENT, FILE_CASES, SERVICE_CASES, TOP_LEVEL } from './parity/cases.js';

const AT_ONCE = 3;
const SERVICES_PER_STACK = 22;

const PUBLIC_STACKS = process.env['SCALECTL_PUBLIC_STACKS'] ?? join(ROOT, '../shared/stacks');
const dockerVersion = versionOfDocker();
const directory = mkdtempSync(join(tmpdir(), 'scalectl-parity-'));
const lab = openLab(inject('labName'));
const env = { PATH: process.env['PATH'] ?? '', HOME: directory, ...lab.env() };
const engine = {
  socketPath: (env as Record<string, string>)['DOCKER_HOST']?.replace('unix://', '') ?? '',
  env,
};

function versionOfDocker(): string | null {
  try {
    return execFileSync('docker', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

interface PublicStack {
  name: string;
  files: string[];
  env: Record<string, string>;
  external: ['networks' | 'secrets' | 'configs', string][];
  fixed_names: [string, string][];
  ports: string[];
}

interface Stack extends Given {
  title: string;
  /** names and ports that no two stacks can have at a time */
  claims: string[];
  external: PublicStack['external'];
}

function writeCase(stack: string, title: string, texts: readonly string[]): Stack {
  const files = texts.map((text, index) => {
    const file = `${stack}-${index}.yml`;
    writeFileSync(join(directory, file), text);
    return file;
  });
  return { title, stack, directory, files, env: { ...ENVIRONMENT, STACK: stack }, claims: [], external: [] };
}

const indent = (text: string, by: string) => text.replace(/^(?=.)/gm, by);

function serviceYaml({ keys }: { keys: string }, index: number): string {
  const image = /^image:/m.test(keys) ? '' : 'image: nginx\n';
  const replicas = /^deploy:/m.test(keys) ? '' : 'deploy: {replicas: 0}\n';
  return `  s${index}:\n${indent(`${image}${replicas}${keys}`, '    ')}\n`;
}

const batches = Array.from({ length: Math.ceil(SERVICE_CASES.length / SERVICES_PER_STACK) }, (_, number) => {
  const cases = SERVICE_CASES.slice(number * SERVICES_PER_STACK, (number + 1) * SERVICES_PER_STACK);
  return { stack: `parity-${number}`, cases };
});

const publicStacks: PublicStack[] = existsSync(PUBLIC_STACKS)
  ? readdirSync(PUBLIC_STACKS)
      .filter((name) => existsSync(join(PUBLIC_STACKS, name, 'stack.json')))
      .map((name) => ({
        ...(JSON.parse(readFileSync(join(PUBLIC_STACKS, name, 'stack.json'), 'utf8')) as PublicStack),
        name,
      }))
  : [];

/** Nothing is written beside somebody else's files. */
function copyOf(given: PublicStack): Stack {
  const copy = join(directory, given.name);
  cpSync(join(PUBLIC_STACKS, given.name), copy, { recursive: true });
  return {
    title: given.name,
    stack: `public-${given.name}`.slice(0, 40),
    directory: copy,
    files: given.files,
    env: given.env,
    external: given.external,
    claims: [
      ...given.ports.map((port) => `port ${port.split(':').at(-2) ?? port}`),
      ...given.fixed_names.map(([kind, name]) => `${kind} ${name}`),
      ...given.external.map(([kind, name]) => `${kind} ${name}`),
    ],
  };
}

const stacks: Stack[] = [
  ...batches.map(({ stack, cases }) =>
    writeCase(stack, stack, [`services:\n${cases.map(serviceYaml).join('')}${TOP_LEVEL}`]),
  ),
  ...Object.entries(FILE_CASES).map(([title, texts], index) =>
    writeCase(`parity-file-${index}`, title, texts),
  ),
  ...publicStacks.map(copyOf),
];
const fileStacks = stacks.slice(batches.length, stacks.length - publicStacks.length);

const outcomes = new Map<string, PromiseSettledResult<Both>>();

function outcome({ stack }: { stack: string }): Both {
  const result = outcomes.get(stack);
  if (result?.status === 'fulfilled') return result.value;
  throw new Error(`${stack} was not deployed with both`, { cause: result?.reason });
}

function docker(...args: string[]): string {
  const options = { env, input: 'some content', encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync('docker', args, options);
}

/** What the stack expects to be there. */
async function withExternals<T>({ external }: Stack, run: () => Promise<T>): Promise<T> {
  for (const [kind, name] of external) {
    if (kind === 'networks') docker('network', 'create', '--driver', 'overlay', '--attachable', name);
    else docker(kind.slice(0, -1), 'create', name, '-');
  }
  try {
    return await run();
  } finally {
    for (const [kind, name] of external) {
      docker(kind.slice(0, -1), 'rm', name);
      // The node lets go of a network after the Swarm has, and until then the next stack cannot have one of that name.
      const names = () =>
        Promise.resolve(docker(kind.slice(0, -1), 'ls', '--format', '{{.Name}}').split('\n'));
      await waitFor(`no ${name} among the ${kind}`, names, (left) => !left.includes(name), 60_000);
    }
  }
}

describe.skipIf(dockerVersion === null)(
  `beside ${dockerVersion ?? 'a docker CLI, which is not installed'}`,
  () => {
    beforeAll(async () => {
      for (const [name, text] of Object.entries(COMPANIONS)) writeFileSync(join(directory, name), text);
      const results = await inTurns(
        stacks.map((stack) => ({
          claims: stack.claims,
          run: () => withExternals(stack, () => deployWithBoth(stack, engine)),
        })),
        AT_ONCE,
      );
      stacks.forEach(({ stack }, index) => {
        const result = results[index];
        if (result !== undefined) outcomes.set(stack, result);
      });
    }, 600_000);

    afterAll(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    describe.each(batches)('the services of $stack', (batch) => {
      it.each(batch.cases.map(({ name }, index) => ({ name, service: `${batch.stack}_s${index}` })))(
        'must be what the docker CLI makes of: $name',
        ({ service }) => {
          const { docker: wanted, scalectl: made } = outcome(batch);
          expect(wanted.services[service]).toBeDefined();
          expect(made.services[service]).toEqual(wanted.services[service]);
        },
      );
    });

    describe.each(stacks)('$title', (stack) => {
      it('must become the objects that the docker CLI makes', () => {
        const { docker: wanted, scalectl: made } = outcome(stack);
        expect(Object.keys(wanted.services).length).toBeGreaterThan(0);
        expect(made).toEqual(wanted);
      });

      it('must be taken over from the docker CLI without a change', () => {
        expect(outcome(stack).takeOver).toEqual([]);
      });

      it('must stay as it is when it is deployed again', () => {
        const { again, versions } = outcome(stack);
        expect(again).toEqual([]);
        expect(versions[1]).toEqual(versions[0]);
      });
    });

    it('must have been tried with at least 150 cases', () => {
      expect(SERVICE_CASES.length + fileStacks.length).toBeGreaterThanOrEqual(150);
    });
  },
);

if (publicStacks.length === 0) it.skip(`public stacks: there are none in ${PUBLIC_STACKS}`, () => undefined);
