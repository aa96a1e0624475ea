/** What is loaded before a command runs decides how long `scalectl --help` takes; so the list is asserted, not a clock. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** Writes down every module that Node loads. */
const HOOK = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  }`;
const REGISTER = `
  import { register } from 'node:module';
  register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(HOOK))});`;

let directory: string;

// The same entry and splitting as the real bundle, but with packages left as they are, so that their names can be seen.
beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  directory = mkdtempSync(join(CACHE, 'startup-'));
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/main.ts', import.meta.url))],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Packages that are loaded while scalectl runs with these arguments, sorted. */
function packagesLoaded(...args: string[]): string[] {
  const loaded = join(directory, `loaded-${args.join('_')}`);
  writeFileSync(loaded, '');
  const start = `const { main } = await import(${JSON.stringify(pathToFileURL(join(directory, 'main.mjs')).href)});
    await main(${JSON.stringify(args)});`;
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(REGISTER)}`, '--input-type=module', '-e', start],
    {
      env: { PATH: process.env['PATH'], LOADED: loaded, DOCKER_HOST: 'unix:///nowhere.sock' },
      encoding: 'utf8',
    },
  );
  const urls = readFileSync(loaded, 'utf8').trim().split('\n');
  expect(
    urls.some((url) => url.endsWith('/main.mjs')),
    stderr,
  ).toBe(true);
  const names = urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^./@][^/]*)\//.exec(url)?.[1] ?? []);
  return [...new Set(names)].sort();
}

describe('packages', () => {
  it.each([[['--help']], [['--version']], [['scale', '--help']], [['deploy', '--no-such-flag']]])(
    'for %j must be commander alone',
    (args) => {
      expect(packagesLoaded(...args)).toEqual(['commander']);
    },
  );

  it('for a command must be loaded when it runs, and only those that it needs', () => {
    const loaded = packagesLoaded('status', '--no-stats');
    expect(loaded).toContain('dockerode');
    expect(loaded).not.toContain('ioredis');
    expect(loaded).not.toContain('yaml');
    expect(loaded).not.toContain('ora');
  });

  it('for an agent must be commander alone: one runs on every node', () => {
    expect(packagesLoaded('agent', '--listen', '127.0.0.1:0')).toEqual(['commander']);
  });
});
