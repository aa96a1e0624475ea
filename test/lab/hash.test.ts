import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashDirectory, hashPath, hashText } from './hash.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-hash-'));
  await mkdir(join(dir, 'lib'));
  await writeFile(join(dir, 'Dockerfile'), 'FROM x\n');
  await writeFile(join(dir, 'lib', 'a.js'), '1\n');
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('the hash of a build context', () => {
  it('does not depend on times, nor on dependencies installed into it', async () => {
    const before = await hashDirectory(dir);
    await utimes(join(dir, 'Dockerfile'), 1, 1);
    await mkdir(join(dir, 'node_modules'));
    await writeFile(join(dir, 'node_modules', 'x.js'), 'x');
    expect(await hashDirectory(dir)).toBe(before);
  });

  it('changes with a content, a path and the right to execute', async () => {
    const seen = [await hashDirectory(dir)];
    await writeFile(join(dir, 'lib', 'a.js'), '2\n');
    seen.push(await hashDirectory(dir));
    await writeFile(join(dir, 'lib', 'b.js'), '');
    seen.push(await hashDirectory(dir));
    await chmod(join(dir, 'lib', 'b.js'), 0o755);
    seen.push(await hashDirectory(dir));
    expect(new Set(seen).size).toBe(4);
  });
});

it('tells apart texts that read alike when joined', () => {
  expect(hashText(['ab', 'c'])).not.toBe(hashText(['a', 'bc']));
  expect(hashText(['1:a'])).not.toBe(hashText(['a']));
});

describe('the hash of a part of a context', () => {
  it('is that of a directory, or of one file with its name', async () => {
    expect(await hashPath(dir)).toBe(await hashDirectory(dir));
    const file = join(dir, 'lib', 'a.js');
    const before = await hashPath(file);
    await writeFile(file, '2\n');
    expect(await hashPath(file)).not.toBe(before);
    await writeFile(join(dir, 'b.js'), '2\n');
    expect(await hashPath(join(dir, 'b.js'))).not.toBe(await hashPath(file));
  });
});
