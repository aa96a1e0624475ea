/** Bundles src/ into dist/: one small entry, and a chunk for whatever a command loads on demand. */

import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/**
 * Parts of dockerode that only BuildKit sessions and docker-modem's own ssh use. scalectl uses neither, and loading
 * them takes longer than everything else together.
 */
const UNUSED = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|cpu-features)$/;

const leaveOut = {
  name: 'leave-out',
  setup(build) {
    build.onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = new Proxy(function () {}, {
        get(_, name) { if (name === '__esModule') return false; return module.exports; },
        apply() { throw new Error('${path} is not part of scalectl'); },
        construct() { throw new Error('${path} is not part of scalectl'); },
      });`,
      loader: 'js',
    }));
  },
};

rmSync(`${root}dist`, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  metafile: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  define: { SCALECTL_VERSION: JSON.stringify(version) },
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  // yaml offers Node its CommonJS build, which an on-demand import cannot take names from; the other is the same code.
  alias: { yaml: `${root}node_modules/yaml/browser/index.js` },
  plugins: [leaveOut],
  logLevel: 'warning',
});
const bytes = Object.values(result.metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
console.error(`dist/: ${Object.keys(result.metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB`);
