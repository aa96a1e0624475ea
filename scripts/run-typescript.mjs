/** Runs a TypeScript program of this project without a build, and ends as it ends. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param entry path from the root; the arguments of this process are handed on */
export function runTypeScript(entry) {
  installDependencies();
  const loader = new URL('../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', loader, `${root}${entry}`, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // The terminal sends Ctrl-C to the whole group; the child decides how to end, we wait for it. A SIGTERM reaches
  // only this process and is handed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
