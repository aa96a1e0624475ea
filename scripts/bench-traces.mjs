/** `npm run bench:traces`: policies against real loads. See docs/simulating.md. */

import { runTypeScript } from './run-typescript.mjs';

runTypeScript('bench/traces.ts');
