/** Installs what the unit tests talk to. Without root they do without, and say which tests were skipped. */

import { ensurePackages } from './lab/packages.js';

if (process.getuid?.() === 0) {
  await ensurePackages((line) => process.stderr.write(`test: ${line}\n`), undefined, [
    ['redis-server', ['redis-server']],
  ]);
}
