/** Asks a daemon on this machine. Whatever goes wrong, the answer is null: the caller can do without. */

import { request } from 'node:http';
import { isPrivate, socketPath, systemPlace, type RuntimePlace } from './runtime-dir.js';
import type { DaemonSamples } from './types.js';

const LARGEST_ANSWER = 8 * 1024 * 1024;

/** Samples older than this many ticks are no news. */
const STALE_TICKS = 3;
const STALE_AT_LEAST_MS = 30_000;

/** The last samples of the daemon that looks after this Swarm, or null when none runs here or its samples are old. */
export async function readDaemonSamples(
  clusterId: string,
  options: { deadlineMs?: number; place?: RuntimePlace } = {},
): Promise<DaemonSamples | null> {
  const place = options.place ?? systemPlace();
  const path = socketPath(clusterId, place);
  if (!(await isPrivate(path, place.uid))) return null;
  const answer = await ask(path, '/v1/samples', options.deadlineMs ?? 200);
  if (!isSamples(answer) || answer.clusterId !== clusterId) return null;
  return answer.ageMs > Math.max(STALE_AT_LEAST_MS, STALE_TICKS * answer.intervalMs) ? null : answer;
}

/** Process id of the daemon behind a socket; 0 when somebody is there and does not say; null when nobody is. */
export async function daemonPid(path: string, deadlineMs: number): Promise<number | null> {
  const answer = await ask(path, '/healthz', deadlineMs);
  if (answer === NOBODY) return null;
  return typeof answer === 'object' && answer !== null && 'pid' in answer && typeof answer.pid === 'number'
    ? answer.pid
    : 0;
}

const NOBODY = Symbol('nobody listens');

/** The parsed answer; `NOBODY` when no connection came about; null for anything else that is no answer. */
function ask(path: string, url: string, deadlineMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    let connected = false;
    const call = request({ socketPath: path, path: url, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LARGEST_ANSWER) call.destroy();
        else chunks.push(chunk);
      });
      response.on('end', () => settle(response.statusCode === 200 ? parse(Buffer.concat(chunks)) : null));
      response.on('error', () => settle(null));
    });
    const timer = setTimeout(() => call.destroy(), deadlineMs);
    const settle = (answer: unknown): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    call.on('socket', (socket) => socket.on('connect', () => (connected = true)));
    call.on('error', () => settle(connected ? null : NOBODY));
    call.on('close', () => settle(connected ? null : NOBODY));
    call.end();
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

function isSamples(value: unknown): value is DaemonSamples {
  if (typeof value !== 'object' || value === null) return false;
  const answer = value as Partial<Record<keyof DaemonSamples, unknown>>;
  return (
    answer.apiVersion === 'scalectl/v1' &&
    answer.kind === 'Samples' &&
    typeof answer.ageMs === 'number' &&
    typeof answer.intervalMs === 'number' &&
    typeof answer.sampledAt === 'string' &&
    Array.isArray(answer.samples)
  );
}
