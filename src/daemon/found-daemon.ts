/** A daemon that can be asked, however it is reached. */

/** Set for the command that is run in a daemon's container, so that it does not look for itself. */
export const HERE_ONLY = 'SCALECTL_HERE_ONLY';

export interface DaemonAnswer {
  status: number;
  body: unknown;
}

/** One that answers over HTTP. */
export interface FoundDaemonToAsk {
  kind: 'daemon' | 'api';
  address: string;
  get: (path: string) => Promise<DaemonAnswer>;
}

export type FoundDaemon =
  | FoundDaemonToAsk
  /** runs scalectl beside it; resolves to what it wrote, as JSON */
  | { kind: 'container'; address: string; run: (args: readonly string[]) => Promise<unknown> };

export interface Search {
  found: FoundDaemon | null;
  /** why a daemon that there seems to be cannot be asked from here */
  note: string | null;
}
