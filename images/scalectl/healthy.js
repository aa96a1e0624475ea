/** The health check of the daemon: does it answer on its socket? A program of its own, because it runs so often. */

import { readdirSync } from 'node:fs';
import { get } from 'node:http';

const directory = `${process.env.SCALECTL_RUNTIME_DIR ?? '/run'}/scalectl`;
const name = readdirSync(directory).find((entry) => entry.endsWith('.sock'));

get({ socketPath: `${directory}/${name}`, path: '/healthz', timeout: 4000 }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
