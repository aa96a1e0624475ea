/**
 * `npm test`: everything that must hold, cheapest first. `--keep` leaves the lab up for a look afterwards;
 * `--soak` runs the long scenarios instead.
 */

import { prepare, run } from './prepare.mjs';

const args = process.argv.slice(2);
const bin = (name) => `node_modules/.bin/${name}`;
const keep = args.includes('--keep') ? { SCALECTL_KEEP: '1' } : {};

prepare();
if (args.includes('--soak')) {
  const { SCALECTL_FUZZ_FILES: files = '100000', SCALECTL_FUZZ_SEED: seed = String(Date.now() % 2 ** 31) } =
    process.env;
  run(bin('vitest'), ['run', '--project', 'fuzz', '--maxWorkers', '2'], {
    SCALECTL_FUZZ_FILES: files,
    SCALECTL_FUZZ_SEED: seed,
  });
  run(bin('vitest'), ['run', '--project', 'soak'], keep);
} else {
  run(bin('prettier'), ['--check', '--log-level', 'warn', '.']);
  run(bin('eslint'), ['.', '--max-warnings', '0']);
  run(bin('tsc'), ['--noEmit']);
  run(bin('knip'), []);
  run(process.execPath, ['--import', 'tsx', 'test/install.ts']);
  run('npm', [
    'ci',
    '--prefix',
    'test/libraries',
    '--omit=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  run(bin('vitest'), ['run', '--project', 'unit']);
  run(bin('vitest'), ['run', '--project', 'fuzz', '--maxWorkers', '2']);
  run('npm', ['ci', '--prefix', 'examples/shop', '--no-audit', '--no-fund', '--loglevel=error']);
  run('npm', ['test', '--prefix', 'examples/shop']);
  run(bin('vitest'), ['run', '--project', 'e2e'], keep);
}
