/** `npm run lab`: a real Swarm on this machine. See docs/lab.md. */

import { runTypeScript } from './run-typescript.mjs';

runTypeScript('test/lab/cli.ts');
