import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { withLock } from './lock.js';
import { run } from './run.js';

/** A program, and the Debian packages that bring it (the first one that exists). */
export type Needed = readonly [program: string, packages: readonly string[]];

const LAB_NEEDS: readonly Needed[] = [
  ['dockerd', ['docker.io']],
  ['containerd', ['containerd']],
  ['runc', ['runc']],
  ['docker', ['docker-cli', 'docker.io']],
  ['iptables', ['iptables']],
  ['ip', ['iproute2']],
  ['debootstrap', ['debootstrap']],
  ['docker-registry', ['docker-registry']],
];

const POLICY = '/usr/sbin/policy-rc.d';

const QUIETLY = { DEBIAN_FRONTEND: 'noninteractive' };

/**
 * Installs what is missing, and nothing when all is there. Never starts a service that a package brings.
 * @throws LabError unless this is root on a Linux with apt
 */
export async function ensurePackages(
  onProgress: (line: string) => void,
  signal?: AbortSignal,
  needed: readonly Needed[] = LAB_NEEDS,
): Promise<void> {
  if (process.platform !== 'linux')
    throw new LabError('the lab needs Linux; run it on a Linux machine or in a virtual one');
  if (process.getuid?.() !== 0)
    throw new LabError('the lab needs root for namespaces and engines; run it as root');
  if (missingPrograms(needed).length === 0) return;
  await withLock('packages', { signal }, async () => {
    const missing = missingPrograms(needed);
    if (missing.length === 0) return;
    if (!isProgram('apt-get')) {
      throw new LabError(
        `${missing.join(', ')} missing and no apt-get to install them; install them and try again`,
      );
    }
    onProgress(`installing what is missing: ${missing.join(', ')}`);
    await run('apt-get', ['update', '-q'], { env: QUIETLY, signal });
    const packages = await Promise.all(missing.map(async (program) => packageFor(program, needed)));
    await withoutServices(() =>
      run(
        'apt-get',
        [
          'install',
          '-y',
          '-q',
          '--no-install-recommends',
          '-o',
          'DPkg::Lock::Timeout=300',
          ...new Set(packages),
        ],
        { env: QUIETLY, signal },
      ),
    );
    const still = missingPrograms(needed);
    if (still.length > 0)
      throw new LabError(`still missing after installing: ${still.join(', ')}; install them by hand`);
  });
}

function missingPrograms(needed: readonly Needed[]): string[] {
  return needed.map(([program]) => program).filter((program) => !isProgram(program));
}

async function packageFor(program: string, needed: readonly Needed[]): Promise<string> {
  const candidates = needed.find(([name]) => name === program)?.[1] ?? [];
  for (const name of candidates) {
    const { stdout } = await run('apt-cache', ['policy', name]);
    if (/Candidate: (?!\(none\))/.test(stdout)) return name;
  }
  throw new LabError(
    `no package brings ${program}; the lab runs on Debian 12 or later (looked for ${candidates.join(', ')})`,
  );
}

/** Is there a program of this name on the usual paths? */
function isProgram(name: string): boolean {
  const dirs = [
    ...(process.env['PATH'] ?? '').split(':'),
    '/usr/local/bin',
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
  ];
  return dirs.some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return dir !== '';
    } catch {
      return false;
    }
  });
}

/** Debian's way to keep a package from starting its service; a policy that is already there is left alone. */
async function withoutServices(body: () => Promise<unknown>): Promise<void> {
  const ours = !existsSync(POLICY);
  if (ours) {
    await writeFile(POLICY, '#!/bin/sh\nexit 101\n');
    await chmod(POLICY, 0o755);
  }
  try {
    await body();
  } finally {
    if (ours) await rm(POLICY, { force: true });
  }
}
