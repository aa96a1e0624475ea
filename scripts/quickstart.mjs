/** `npm run quickstart`: makes what is missing (dependencies, the bundle), then starts the tour in quickstart.ts. */

import { spawn } from 'node:child_process';
import { prepare } from './prepare.mjs';

prepare();
const child = spawn(
  process.execPath,
  ['--import', 'tsx', 'scripts/quickstart.ts', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
// Ctrl-C reaches the child by itself; it decides how to end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
