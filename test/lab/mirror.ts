import { LabError } from './errors.js';
import { run } from './run.js';

/** Where this machine gets Debian from. */
export interface Mirror {
  uri: string;
  /** Proxy that apt goes through, as environment for other programs; empty without one. */
  proxy: Record<string, string>;
}

/** The first archive in `apt-get indextargets` output (lines `ORIGIN|REPO_URI`) that is Debian's main one. */
export function mainArchive(indexTargets: string): string | undefined {
  return indexTargets
    .split('\n')
    .map((line) => line.trim().split('|'))
    .find(([origin, uri]) => origin === 'Debian' && uri !== undefined && !/-security\/?$/.test(uri))?.[1];
}

/**
 * Reads the mirror from the machine's own apt configuration.
 * @throws LabError when apt knows no Debian archive
 */
export async function readMirror(signal?: AbortSignal): Promise<Mirror> {
  const format = ['indextargets', '--format', '$(ORIGIN)|$(REPO_URI)', 'Created-By: Packages'];
  let uri = mainArchive((await run('apt-get', format, { signal })).stdout);
  if (uri === undefined) {
    // A fresh machine has no package lists, and then apt does not know whose archive it is.
    await run('apt-get', ['update', '-q'], { signal });
    uri = mainArchive((await run('apt-get', format, { signal })).stdout);
  }
  if (uri === undefined)
    throw new LabError('apt has no Debian archive in its sources; add one (see sources.list(5))');
  const { stdout } = await run('apt-config', ['shell', 'PROXY', 'Acquire::http::Proxy'], { signal });
  const proxy = /^PROXY='(.+)'$/m.exec(stdout)?.[1];
  return { uri, proxy: proxy === undefined || proxy === 'DIRECT' ? {} : { http_proxy: proxy } };
}
