/** Load for demonstrations and tests: a steady rate of requests, bounded in time and in what is under way. */

import { setTimeout as delay } from 'node:timers/promises';

const MOST_UNDER_WAY = 64;
const REQUEST_DEADLINE_MS = 10_000;

export interface LoadResult {
  answered: number;
  failed: number;
  /** how long each of those that were answered took, milliseconds */
  tookMs: number[];
}

export interface LoadOptions {
  perSecond: number;
  forMs: number;
  signal?: AbortSignal;
  /** Requests that would be one more under way are left out. 64 unless told. */
  mostUnderWay?: number;
}

/** Asks `perSecond` times a second whatever the answers take, for `forMs` or until the signal aborts. */
export async function burnCpu(
  url: string,
  { perSecond, forMs, signal, mostUnderWay = MOST_UNDER_WAY }: LoadOptions,
): Promise<LoadResult> {
  const result: LoadResult = { answered: 0, failed: 0, tookMs: [] };
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let sent = 0; signal?.aborted !== true && performance.now() - startedAt < forMs; sent++) {
    if (underWay.size < mostUnderWay) {
      const one = ask(url, result).finally(() => underWay.delete(one));
      underWay.add(one);
    }
    const dueAt = startedAt + ((sent + 1) * 1000) / perSecond;
    await delay(Math.max(0, dueAt - performance.now()));
  }
  await Promise.all(underWay);
  return result;
}

async function ask(url: string, result: LoadResult): Promise<void> {
  const startedAt = performance.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
    await response.arrayBuffer();
    if (!response.ok) {
      result.failed++;
      return;
    }
    result.answered++;
    result.tookMs.push(performance.now() - startedAt);
  } catch {
    result.failed++;
  }
}

/** @throws Error with the answer when it is not one of success */
export async function postJson(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as unknown;
}
