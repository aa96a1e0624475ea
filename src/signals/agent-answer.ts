/** What an agent tells of its node, as it goes over the wire: numbers and ids, nothing else. */

import type { Counters } from './usage-reader.js';

/** The path of the one route that tells numbers. */
export const USAGE_PATH = '/v1/usage';

export interface NodeUsage {
  nodeId: string;
  /** one process of an agent: its clock and no other's is what `atMs` is read from */
  run: string;
  /** by container id */
  containers: ReadonlyMap<string, Counters>;
}

/** Compact, since it is asked for every few seconds: milliseconds, nanoseconds, bytes, periods, throttled periods. */
type Row = readonly [number, number, number | null, number | null, number | null];

export function formatNodeUsage({ nodeId, run, containers }: NodeUsage): string {
  const rows: Record<string, Row> = {};
  for (const [id, { atMs, cpuNs, memoryBytes, throttling }] of containers) {
    const at = Math.round(atMs * 1000) / 1000;
    rows[id] = [at, cpuNs, memoryBytes, throttling?.periods ?? null, throttling?.throttled ?? null];
  }
  return `${JSON.stringify({ apiVersion: 'scalectl/v1', kind: 'NodeUsage', nodeId, run, containers: rows })}\n`;
}

/** null for what no agent of this version says; a row that is not whole is left out. */
export function parseNodeUsage(text: string): NodeUsage | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(answer) || answer['apiVersion'] !== 'scalectl/v1' || answer['kind'] !== 'NodeUsage')
    return null;
  const { nodeId, run, containers } = answer;
  if (typeof nodeId !== 'string' || nodeId === '' || typeof run !== 'string' || !isRecord(containers))
    return null;
  const found = new Map<string, Counters>();
  for (const id of Object.keys(containers)) {
    const counters = countersOf(containers[id]);
    if (counters !== null) found.set(id, counters);
  }
  return { nodeId, run, containers: found };
}

function countersOf(row: unknown): Counters | null {
  if (!Array.isArray(row)) return null;
  const [atMs, cpuNs, memoryBytes, periods, throttled] = row as unknown[];
  if (!isCount(atMs) || !isCount(cpuNs)) return null;
  return {
    atMs,
    cpuNs,
    memoryBytes: isCount(memoryBytes) ? memoryBytes : null,
    throttling: isCount(periods) && isCount(throttled) ? { periods, throttled } : null,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
