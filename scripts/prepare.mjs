/** Installs the dependencies when the lockfile asks for others than are there, and bundles. Uses nothing but Node. */

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Preparing is talk: stdout is for what was asked for. */
const STDERR = 2;

const root = fileURLToPath(new URL('..', import.meta.url));

export function prepare() {
  installDependencies();
  run(process.execPath, ['scripts/build.mjs'], {}, STDERR);
}

export function installDependencies() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`building scalectl needs Node 20.19 or newer; this is ${process.version}`);
    process.exit(2);
  }
  if (isStale()) run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {}, STDERR);
}

function isStale() {
  const installed = `${root}node_modules/.package-lock.json`;
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(`${root}package-lock.json`).mtimeMs;
}

/** Ends this process when the command fails, saying which. */
export function run(command, args, env = {}, stdout = 'inherit') {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', stdout, 'inherit'],
    env: { ...process.env, ...env },
  });
  if (status === 0) return;
  console.error(`failed: ${command} ${args.join(' ')}${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(status ?? 1);
}
