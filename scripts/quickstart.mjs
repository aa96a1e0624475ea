/** `npm run quickstart`: makes what is missing (dependencies, the bundle), then starts the tour. */

import { prepare } from './prepare.mjs';
import { runTypeScript } from './run-typescript.mjs';

prepare();
runTypeScript('scripts/quickstart.ts');
