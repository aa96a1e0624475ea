// The benchmarks are TypeScript; this starts them through tsx. They make a build of their own to measure.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsx = fileURLToPath(new URL('../node_modules/tsx/dist/cli.mjs', import.meta.url));

if (!existsSync(tsx)) {
  process.stderr.write('bench: dependencies are missing; run "npm ci" first\n');
  process.exit(1);
}

const child = spawn(
  process.execPath,
  [
    '--import',
    new URL('../node_modules/tsx/dist/loader.mjs', import.meta.url).href,
    `${root}bench/cli.ts`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);

// The terminal sends Ctrl-C to the whole group; the child decides how to end, we wait for it. A SIGTERM reaches
// only this process and is handed on.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
