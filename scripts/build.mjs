/** Bundles src/ into dist/: one small entry, and a chunk for whatever a command loads on demand. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/**
 * For those who want a build of their own, in another directory than dist/ and perhaps with further entries:
 * `node scripts/build.mjs DIRECTORY ENTRY.ts…`.
 */
const [outdir = `${root}dist`, ...entries] = process.argv.slice(2);

/**
 * Parts of dockerode that only building images, BuildKit sessions and docker-modem's own ssh use. scalectl does none
 * of these, and loading them takes longer than everything else together.
 */
const UNUSED =
  /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|cpu-features|protobufjs|tar-fs|@balena\/dockerignore)$/;

/** dockerode's objects, one per kind. scalectl calls the Engine through its modem alone, and reads no archives. */
const UNUSED_IN_DOCKERODE =
  /^(\.\/(container|image|volume|network|service|plugin|secret|config|task|node|exec|session)|zlib)$/;
const DOCKERODE = /node_modules[/\\]dockerode[/\\]lib[/\\](docker|util)\.js$/;

const leaveOut = {
  name: 'leave-out',
  setup(build) {
    build.onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onResolve({ filter: UNUSED_IN_DOCKERODE }, ({ path, importer }) =>
      DOCKERODE.test(importer) ? { path, namespace: 'left-out' } : undefined,
    );
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

/**
 * What libraries do on every start or every call, and scalectl has no use for. A text that is no longer there ends
 * the build: a new release of the library wants to be looked at.
 */
const EDITS = [
  {
    // Describes every request in full, sockets and signals included, also where nobody reads it.
    file: /docker-modem[/\\]lib[/\\]modem\.js$/,
    edits: [
      [/debug\('Sending: %s', util\.inspect\(options, \{[^}]*\}\)\);/, ''],
      // Else Node looks whether the host is an IPv6 address, for TLS, and building that expression takes milliseconds.
      ['optionsf.socketPath = socketPath;', "optionsf.socketPath = socketPath; optionsf.servername = '';"],
    ],
  },
  {
    // TLS takes longer to load than the rest of an HTTP client, and most Engines are behind a socket.
    file: /docker-modem[/\\]lib[/\\]http\.js$/,
    edits: [
      [
        "var nativeHttps = require('https'),",
        `var nativeHttps = {
          request: function () { return require('https').request.apply(null, arguments); },
        },`,
      ],
    ],
  },
  {
    // Only for commands that are programs of their own.
    file: /commander[/\\]lib[/\\]command\.js$/,
    edits: [
      [
        "const childProcess = require('node:child_process');",
        "const childProcess = { spawn: (...args) => require('node:child_process').spawn(...args) };",
      ],
    ],
  },
  {
    // Building the expression for emoji takes longer than a whole table without any. ora has a newer copy without it.
    optional: true,
    file: /node_modules[/\\]string-width[/\\]index\.js$/,
    edits: [
      [
        "string = string.replace(emojiRegex(), '  ');",
        'if (/^[ -~]*$/.test(string)) return string.length;\n$&',
      ],
    ],
  },
];

const edit = {
  name: 'edit',
  setup(build) {
    // What the environment variable DEBUG turns on in libraries; ours is SCALECTL_DEBUG. Exports as debug does.
    build.onResolve({ filter: /^debug$/ }, ({ path }) => ({ path, namespace: 'silent' }));
    build.onLoad({ filter: /.*/, namespace: 'silent' }, () => ({
      contents: `module.exports = () => Object.assign(() => {}, { enabled: false });
        module.exports.default = module.exports;`,
      loader: 'js',
    }));
    // As a module of its own, Node reads every property of it for the names to export, standard input included.
    build.onResolve({ filter: /^(node:)?process$/ }, ({ path }) => ({ path, namespace: 'global' }));
    build.onLoad({ filter: /.*/, namespace: 'global' }, () => ({ contents: 'module.exports = process;' }));
    // Node's own streams are what this package is a copy of.
    build.onResolve({ filter: /^readable-stream$/ }, () => ({ path: 'node:stream', external: true }));
    for (const { file, edits, optional = false } of EDITS) {
      build.onLoad({ filter: file }, ({ path }) => {
        let contents = readFileSync(path, 'utf8');
        for (const [from, to] of edits) {
          const edited = contents.replace(from, to);
          if (edited === contents && !optional)
            throw new Error(`${path} has changed: nothing in it is like ${from}`);
          contents = edited;
        }
        return { contents, loader: 'js' };
      });
    }
  },
};

rmSync(outdir, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: {
    main: 'src/main.ts',
    ...Object.fromEntries(entries.map((path) => [basename(path, '.ts'), path])),
  },
  outdir,
  bundle: true,
  splitting: true,
  // Not the names: errors go by theirs, stack traces are read, and having esbuild keep them costs 2 ms a start.
  minifyWhitespace: true,
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  metafile: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  define: { SCALECTL_VERSION: JSON.stringify(version) },
  // yaml offers Node its CommonJS build, which an on-demand import cannot take names from; the other is the same code.
  alias: { yaml: `${root}node_modules/yaml/browser/index.js` },
  plugins: [leaveOut, edit],
  logLevel: 'warning',
});

/**
 * Only ES modules can be split, and only CommonJS is loaded in one go: Node reads each ES module with several trips
 * through its thread pool, which for twenty small files is a quarter of a short command's time, and on a busy machine
 * more. So the split modules are turned into CommonJS.
 */
const scripts = Object.keys(result.metafile.outputs).filter((path) => path.endsWith('.js'));
await Promise.all(
  scripts.map(async (path) => {
    const file = resolve(root, path);
    const { code } = await transform(readFileSync(file, 'utf8'), {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: 'inline',
      define: { 'import.meta.url': '__filename' },
      supported: { 'dynamic-import': false },
    });
    writeFileSync(file, code);
  }),
);
writeFileSync(`${outdir}/package.json`, '{"type":"commonjs"}\n');

const bytes = Object.values(result.metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
console.error(
  `${outdir}: ${Object.keys(result.metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB`,
);
