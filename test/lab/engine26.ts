import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LabError } from './errors.js';
import { withLock } from './lock.js';
import { readMirror } from './mirror.js';
import { CACHE } from './paths.js';
import { run } from './run.js';

const SUITE = 'trixie';

/** Taken from Debian 13; runc is not, because that of Debian 13 needs a newer C library than Debian 12 has. */
const PROGRAMS = [
  'usr/sbin/dockerd',
  'usr/sbin/docker-proxy',
  'usr/bin/containerd',
  'usr/bin/containerd-shim-runc-v2',
];

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The directory with Engine 26's programs, fetched from the machine's own mirror unless the cache has them.
 * @throws LabError when a package does not contain what is needed
 */
export async function ensureEngine26(
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const dir = join(CACHE, 'engine26');
  await mkdir(CACHE, { recursive: true });
  await withLock(
    'engine26',
    { signal, onWait: () => onProgress('waiting for another lab that fetches Engine 26') },
    async () => {
      if (existsSync(dir)) return;
      onProgress('fetching Engine 26');
      const work = join(CACHE, 'engine26.tmp');
      await rm(work, { recursive: true, force: true });
      await fetchInto(work, signal);
      await mkdir(join(work, 'bin'));
      for (const program of PROGRAMS) {
        const found = join(work, 'root', program);
        if (!existsSync(found))
          throw new LabError(`Debian ${SUITE}'s packages have no ${program}; use --engine 20`);
        await copyFile(found, join(work, 'bin', basename(program)));
      }
      await rename(join(work, 'bin'), dir);
      await rm(work, { recursive: true, force: true });
    },
  );
  return dir;
}

/** Downloads with apt, checked by its keys, but with lists and state of its own: the machine's stay as they are. */
async function fetchInto(work: string, signal: AbortSignal | undefined): Promise<void> {
  const { uri } = await readMirror(signal);
  for (const dir of ['lists/partial', 'cache/archives/partial', 'debs', 'root'])
    await mkdir(join(work, dir), { recursive: true });
  await writeFile(join(work, 'sources.list'), `deb [signed-by=${KEYRING}] ${uri} ${SUITE} main\n`);
  await writeFile(join(work, 'status'), '');
  const options = [
    `Dir::Etc::sourcelist=${join(work, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    'Dir::Etc::preferencesparts=-',
    `Dir::State::lists=${join(work, 'lists')}`,
    `Dir::State::status=${join(work, 'status')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    // Downloads go to a directory that apt's unprivileged user may not write to.
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, 'update', '-q'], { signal });
  await run('apt-get', [...options, 'download', '-q', 'docker.io', 'containerd'], {
    cwd: join(work, 'debs'),
    signal,
  });
  for (const deb of await readdir(join(work, 'debs'))) {
    await run('dpkg', ['-x', join(work, 'debs', deb), join(work, 'root')], { signal });
  }
}
