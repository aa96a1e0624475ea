/** Gathers changes of replica counts from whoever knows most of them. */

import { readLastScale } from '../policy/last-scale.js';
import type { Engine } from '../swarm/engine.js';
import type { SwarmService } from '../swarm/objects.js';
import { changesOf, type Change } from './changes.js';
import { findDaemon } from './find-daemon.js';
import type { FoundDaemonToAsk } from './found-daemon.js';
import { answerOf } from './gather-why.js';
import { isDecision, type DecisionEntry } from './journal-entry.js';
import { readJournal } from './journal-file.js';
import { systemPlace, type RuntimePlace } from './runtime-dir.js';
import { journalPath } from './state-dir.js';

export interface ChangeHistory {
  apiVersion: 'scalectl/v1';
  kind: 'History';
  /** `labels`: nobody has kept more than each service's own word of its last change */
  source: { kind: 'daemon' | 'api' | 'container' | 'journal' | 'labels'; address: string | null };
  note: string | null;
  /** newest first */
  changes: readonly Change[];
}

export interface HistoryLimits {
  last: number;
  sinceMs: number | null;
}

/** @throws UserError, FailedError and EngineError as gatherWhy does */
export async function gatherHistory(
  engine: Engine,
  services: readonly SwarmService[],
  options: {
    env: RuntimePlace['env'];
    limits: HistoryLimits;
    signal: AbortSignal;
  },
): Promise<ChangeHistory> {
  const { limits, env, signal } = options;
  const place = { ...systemPlace(), env };
  const info = await engine.info({ signal });
  const { found, note } = await findDaemon(engine, info, place, signal);
  const names = services.map(({ Spec }) => Spec.Name);
  const of = (source: ChangeHistory['source'], changes: readonly Change[]): ChangeHistory => ({
    ...historyOf(source, changes, limits),
    note,
  });
  if (found !== null) {
    if (found.kind === 'container') {
      const since = limits.sinceMs === null ? [] : ['--since', new Date(limits.sinceMs).toISOString()];
      const args = ['history', ...names, '--last', String(limits.last), ...since];
      return of({ kind: found.kind, address: found.address }, changesIn(await found.run(args)));
    }
    return { ...(await askHistory(found, names, limits)), note };
  }
  const clusterId = info.Swarm.Cluster?.ID;
  const path = clusterId === undefined ? null : journalPath(clusterId, place);
  const decisions = path === null ? [] : (await readJournal(path, place.uid)).filter(isDecision);
  if (path !== null && decisions.length > 0) {
    return { ...historyInJournal(path, decisions, names, limits), note };
  }
  return of({ kind: 'labels', address: null }, services.flatMap(lastChange));
}

function historyOf(
  source: ChangeHistory['source'],
  changes: readonly Change[],
  limits: HistoryLimits,
): ChangeHistory {
  return {
    apiVersion: 'scalectl/v1',
    kind: 'History',
    source,
    note: null,
    changes: changes
      .filter(({ at }) => limits.sinceMs === null || Date.parse(at) >= limits.sinceMs)
      .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
      .slice(0, limits.last),
  };
}

export async function askHistory(
  found: FoundDaemonToAsk,
  names: readonly string[],
  limits: HistoryLimits,
): Promise<ChangeHistory> {
  const query = new URLSearchParams({ limit: String(limits.last) });
  if (limits.sinceMs !== null) query.set('since', new Date(limits.sinceMs).toISOString());
  for (const name of names) query.append('service', name);
  const changes = changesIn(await answerOf(found, `/v1/history?${query.toString()}`));
  return historyOf({ kind: found.kind, address: found.address }, changes, limits);
}

export function historyInJournal(
  path: string,
  decisions: readonly DecisionEntry[],
  names: readonly string[],
  limits: HistoryLimits,
): ChangeHistory {
  const changes = names.flatMap((name) =>
    changesOf(decisions.filter(({ event }) => event.outcome.service === name)),
  );
  return historyOf({ kind: 'journal', address: path }, changes, limits);
}

function changesIn(answer: unknown): Change[] {
  const { changes } = (answer ?? {}) as { changes?: unknown };
  return Array.isArray(changes) ? (changes as Change[]) : [];
}

function lastChange({ Spec }: SwarmService): Change[] {
  const last = readLastScale(Spec.Labels);
  if (last === null) return [];
  const { at, from, to, reason } = last;
  return [{ at, service: Spec.Name, from, to, by: 'autoscaler', result: 'done', reason }];
}
