import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashText } from './hash.js';
import { readMirror } from './mirror.js';
import { removeTree } from './mounts.js';
import { CACHE } from './paths.js';
import { run } from './run.js';

/** The Debian release the images are based on. */
const SUITE = 'trixie';

/** What a container does not need, as the official slim images leave it out. */
const LEFT_OUT = [
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/doc/*',
  '/usr/share/lintian/*',
];

const DPKG_RULES = [
  ...LEFT_OUT.map((path) => `path-exclude ${path}`),
  'path-include /usr/share/doc/*/copyright',
  '',
].join('\n');

const APT_RULES = [
  'Acquire::Languages "none";',
  'Acquire::GzipIndexes "true";',
  'APT::Install-Recommends "false";',
  'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };',
  '',
].join('\n');

const SLIM_SCRIPT = `set -e
cd "$1"
find usr/share/man usr/share/info usr/share/locale usr/share/lintian -mindepth 1 -delete 2>/dev/null || true
find usr/share/doc -mindepth 1 ! -type d ! -name copyright -delete
find usr/share/doc -mindepth 1 -type d -empty -delete
rm -rf var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/*-old var/log/* debootstrap dev/* run/*
rm -f etc/machine-id etc/hostname etc/resolv.conf
printf '#!/bin/sh\\nexit 101\\n' > usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
`;

/** The base image, as a file and as an identity for what is built on it. */
export interface Base {
  tar: string;
  id: string;
}

/**
 * The base image's file system, made with debootstrap from the machine's own mirror unless it is in the cache. The
 * caller holds the lock on the cache.
 */
export async function ensureBase(onProgress: (line: string) => void, signal?: AbortSignal): Promise<Base> {
  const recipe = hashText([SUITE, process.arch, DPKG_RULES, APT_RULES, SLIM_SCRIPT]);
  const tar = join(CACHE, `base-${recipe}.tar`);
  const idFile = join(CACHE, `base-${recipe}.id`);
  if (existsSync(tar) && existsSync(idFile)) return { tar, id: (await readFile(idFile, 'utf8')).trim() };

  for (const entry of await readdir(CACHE))
    if (entry.startsWith('base-')) await removeTree(join(CACHE, entry));
  const dir = join(CACHE, `base-${recipe}.tmp`);
  const mirror = await readMirror(signal);
  onProgress(`making the base image (Debian ${SUITE}) with debootstrap, about half a minute`);
  try {
    // In namespaces of its own that end with us, so that neither a mount nor a process of it can outlive a crash.
    await run(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
        ...['debootstrap', '--variant=minbase', SUITE, dir, mirror.uri],
      ],
      { env: mirror.proxy, signal },
    );
    await mkdir(join(dir, 'etc/dpkg/dpkg.cfg.d'), { recursive: true });
    await writeFile(join(dir, 'etc/dpkg/dpkg.cfg.d/slim'), DPKG_RULES);
    await writeFile(join(dir, 'etc/apt/apt.conf.d/slim'), APT_RULES);
    await run('sh', ['-c', SLIM_SCRIPT, 'sh', dir], { signal });
    await run('tar', ['--numeric-owner', '-C', dir, '-cf', `${tar}.tmp`, '.'], { signal });
  } finally {
    await removeTree(dir);
  }
  const id = (await run('sha256sum', [`${tar}.tmp`], { signal })).stdout.slice(0, 16);
  await rename(`${tar}.tmp`, tar);
  await writeFile(idFile, `${id}\n`);
  return { tar, id };
}
