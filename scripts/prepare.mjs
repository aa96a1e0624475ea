/** Installs the dependencies when the lockfile asks for others than are there, and bundles. Uses nothing but Node. */

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export function prepare() {
  installDependencies();
  run(process.execPath, ['scripts/build.mjs']);
}

export function installDependencies() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`building scalectl needs Node 20.19 or newer; this is ${process.version}`);
    process.exit(2);
  }
  if (isStale()) run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

function isStale() {
  const installed = `${root}node_modules/.package-lock.json`;
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(`${root}package-lock.json`).mtimeMs;
}

/** Ends this process when the command fails, saying which. */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // Talk: what somebody asked for is printed by what runs after this.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (status === 0) return;
  console.error(`failed: ${command} ${args.join(' ')}${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(status ?? 1);
}
