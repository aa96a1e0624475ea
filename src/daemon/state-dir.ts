/** Where the journal lies, so that `why` on the same machine finds it also when no daemon runs. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { filesIn, systemPlace, type RuntimePlace } from './runtime-dir.js';

/**
 * `SCALECTL_STATE_DIR`, else `/var/lib/scalectl` for root, else `scalectl` in `XDG_STATE_HOME` or in `~/.local/state`;
 * in it `<id of the Swarm>.jsonl`.
 */
export function journalPath(clusterId: string, place: RuntimePlace = systemPlace()): string {
  return join(stateDirectory(place), `${clusterId}.jsonl`);
}

/** Journals of whatever Swarms; none where others could have written them. */
export async function journalPaths(place: RuntimePlace): Promise<string[]> {
  return filesIn(stateDirectory(place), place.uid, (name) => /^[^.]+\.jsonl$/.test(name));
}

function stateDirectory({ env, uid }: RuntimePlace): string {
  return (
    given(env['SCALECTL_STATE_DIR']) ??
    (uid === 0 ? '/var/lib/scalectl' : null) ??
    join(given(env['XDG_STATE_HOME']) ?? join(given(env['HOME']) ?? homedir(), '.local/state'), 'scalectl')
  );
}

function given(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
