/** The agent of one node: tells the counters of the node's containers to whoever has the token, and does nothing else. */

import { randomBytes } from 'node:crypto';
import { formatNodeUsage } from '../signals/agent-answer.js';
import { serveUsage, type UsageServer } from './server.js';
import type { NodeSource } from './sources.js';

/** So old may a reading be that is told again: many who ask cost no more than one. */
const SHARED_FOR_MS = 400;

export interface AgentOptions {
  nodeId: string;
  token: string;
  source: NodeSource;
  host: string;
  port: number;
  /** milliseconds of a clock that does not jump */
  clock?: () => number;
}

/** Serves until it is closed. Throws the error of `listen`, as when the port is taken. */
export function startAgent(options: AgentOptions): Promise<UsageServer> {
  const { nodeId, source, token, host, port } = options;
  const run = randomBytes(6).toString('hex');
  const usage = shared(
    async () => formatNodeUsage({ nodeId, run, containers: await source.read() }),
    options.clock ?? (() => performance.now()),
  );
  return serveUsage({ host, port, token, usage });
}

/** One call at a time, and none for a moment after its answer. */
function shared(read: () => Promise<string>, clock: () => number): () => Promise<string> {
  let last: { text: Promise<string>; endedMs: number | null } | null = null;
  return () => {
    if (last !== null && (last.endedMs === null || clock() - last.endedMs < SHARED_FOR_MS)) return last.text;
    const mine: NonNullable<typeof last> = { text: read(), endedMs: null };
    last = mine;
    mine.text.then(
      () => (mine.endedMs = clock()),
      () => (mine.endedMs = -Infinity),
    );
    return mine.text;
  };
}
