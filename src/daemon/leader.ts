/** The daemon's part in the lease: from its start to its release, with what happens told as events. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from './clock.js';
import { Lease, type LeaseNews, type LeaseStore } from './lease.js';

/** Whether this process may write now. */
export interface Leadership {
  leads(): boolean;
  close(): Promise<void>;
}

export interface LeaderOptions {
  pid: number;
  clock: Clock;
  news: (news: LeaseNews) => void;
  host?: string;
}

/**
 * Reaches for the lease once, so that the first tick knows who acts, then looks after it in the background until
 * `close`, which releases it.
 */
export async function seekLead(store: LeaseStore, options: LeaderOptions): Promise<Leadership> {
  const { pid, clock, news, host = hostname() } = options;
  const stop = new AbortController();
  const lease = new Lease(store, { holder: { id: randomUUID(), host, pid }, clock, news });
  await lease.step(stop.signal);
  const running = lease.run(stop.signal);
  return {
    leads: () => lease.leads(),
    close: async () => {
      stop.abort();
      await running;
      await lease.release();
    },
  };
}
