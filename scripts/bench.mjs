/** `npm run bench`: the benchmarks. They make a build of their own to measure. See docs/performance.md. */

import { runTypeScript } from './run-typescript.mjs';

runTypeScript('bench/cli.ts');
