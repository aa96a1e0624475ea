import { describe, expect, it } from 'vitest';
import { chainIds } from './layers.js';
import { mainArchive } from './mirror.js';
import { mountsBelow } from './mounts.js';
import { isInCgroup, type Process, worksIn } from './processes.js';

const base: Process = { pid: 7, argv: [], cgroups: '', netns: 'net:[1]' };

describe('a process is one of ours', () => {
  it('when it is an engine program that was given our directory', () => {
    expect(worksIn({ ...base, argv: ['dockerd', '--exec-root', '/run/lab/one'] }, '/run/lab/one')).toBe(true);
    expect(
      worksIn({ ...base, argv: ['containerd', '--config', '/run/lab/one/c.toml'] }, '/run/lab/one'),
    ).toBe(true);
  });

  it('not when it only mentions the directory, or has one that begins alike', () => {
    expect(worksIn({ ...base, argv: ['tail', '-f', '/run/lab/one/dockerd.log'] }, '/run/lab/one')).toBe(
      false,
    );
    expect(worksIn({ ...base, argv: ['dockerd', '--exec-root', '/run/lab/one-b'] }, '/run/lab/one')).toBe(
      false,
    );
  });

  it('when it runs in our control group, in either version', () => {
    expect(isInCgroup({ ...base, cgroups: '4:memory:/scalectl-x-1/abc\n' }, 'scalectl-x-1')).toBe(true);
    expect(isInCgroup({ ...base, cgroups: '0::/scalectl-x-1/abc\n' }, 'scalectl-x-1')).toBe(true);
    expect(isInCgroup({ ...base, cgroups: '4:memory:/scalectl-x-11/abc\n' }, 'scalectl-x-1')).toBe(false);
  });
});

it('mounts below a directory come deepest first, with their escapes undone', () => {
  const line = (path: string): string => `1 2 0:3 / ${path} rw - tmpfs tmpfs rw`;
  const mountinfo = ['/a', '/a/b', '/a/b/c\\040d', '/ab'].map(line).join('\n');
  expect(mountsBelow('/a', mountinfo)).toEqual(['/a/b/c d', '/a/b', '/a']);
});

it('the main archive is the first of Debian that is not the security one', () => {
  const targets = [
    'Other|http://other.test/',
    'Debian|http://mirror.test/debian-security/',
    'Debian|http://mirror.test/debian/',
  ];
  expect(mainArchive(targets.join('\n'))).toBe('http://mirror.test/debian/');
  expect(mainArchive('')).toBeUndefined();
});

it('layers are named by their own content and all that is below', () => {
  // From the image specification: ChainID(L1) = DiffID(L1), ChainID(L1|L2) = SHA256(ChainID(L1) + " " + DiffID(L2)).
  const [first, second] = chainIds(['sha256:aa', 'sha256:bb']);
  expect(first).toBe('sha256:aa');
  expect(second).toBe('sha256:b68ad689d6d1ec110ea1c13617437ad6f3766d4b3b309f6a603a222e07a0164f');
});
