import { createHash } from 'node:crypto';
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

/** Directories that are made from the rest of a build context. */
export const NOT_CONTENT = ['node_modules', '.git'];

/** How many hexadecimal digits make a tag: enough that two contents never share one by chance. */
const DIGITS = 16;

/** A hash over texts that differs when any of them, or their grouping, differs. */
export function hashText(parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex').slice(0, DIGITS);
}

/** A hash over a directory, or over one file. */
export async function hashPath(path: string): Promise<string> {
  if ((await stat(path)).isDirectory()) return hashDirectory(path);
  return hashText([
    basename(path),
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  ]);
}

/**
 * A hash over a directory's files: their paths, contents and whether they may be executed; not their times, so that
 * a fresh clone has the same hash. Dependencies that are installed into it do not count.
 */
export async function hashDirectory(dir: string): Promise<string> {
  const parts: string[] = [];
  for (const path of await filesBelow(dir)) {
    const full = join(dir, path);
    const { mode } = await stat(full);
    const content = createHash('sha256').update(await readFile(full));
    parts.push(path, (mode & 0o111) === 0 ? '-' : 'x', content.digest('hex'));
  }
  return hashText(parts);
}

async function filesBelow(dir: string, top = dir): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const full = join(dir, entry.name);
    if (NOT_CONTENT.includes(entry.name)) continue;
    if (entry.isDirectory()) found.push(...(await filesBelow(full, top)));
    else if (entry.isFile() || (entry.isSymbolicLink() && (await readlink(full)) !== ''))
      found.push(relative(top, full));
  }
  return found.sort();
}
