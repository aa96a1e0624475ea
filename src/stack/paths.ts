/** Paths as stack files write them: with slashes. */

export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/');
}

/** `directory` joined with `path`, without `.` and `..` where they can be worked out. */
export function resolvePath(directory: string, path: string): string {
  const whole = isAbsolutePath(path) || directory === '' ? path : `${directory}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !isAbsolutePath(whole)) parts.push(part);
  }
  const joined = parts.join('/');
  return isAbsolutePath(whole) ? `/${joined}` : joined === '' ? '.' : joined;
}

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
}
