/** Gathers what is known of a service's scaling, from whoever knows most: a daemon, its journal, a decision made now. */

import { whatWouldAct } from '../autoscale/outlook.js';
import type { DecisionBasis } from '../autoscale/thresholds.js';
import { FailedError } from '../errors.js';
import { explainSettings } from '../policy/explain.js';
import { decodeService } from '../policy/labels.js';
import { readLastScale } from '../policy/last-scale.js';
import { pauseText, readPause } from '../policy/pause.js';
import type { Engine } from '../swarm/engine.js';
import type { EngineInfo, SwarmService } from '../swarm/objects.js';
import { evaluateOnce, type EvaluateOptions } from './evaluate.js';
import { findDaemon } from './find-daemon.js';
import type { FoundDaemon, FoundDaemonToAsk } from './found-daemon.js';
import { isDecision, serviceOf, type JournalEntry } from './journal-entry.js';
import { readJournal } from './journal-file.js';
import { systemPlace, type RuntimePlace } from './runtime-dir.js';
import { journalPath } from './state-dir.js';
import type { AutoscaleEngine } from './types.js';
import { whyOf, type Why, type WhyInputs, type WhySource } from './why.js';

/** Between the two readings of a decision made for this alone. */
const SETTLE_MS = 500;

export interface GatherOptions {
  env: RuntimePlace['env'];
  limits: WhyInputs['limits'];
  /** what was said on the command line for `since`, for a daemon that reads it itself */
  since: string | null;
  signal: AbortSignal;
  /** where a decision made now would take its measurements from; closed afterwards */
  openSources: () => Promise<
    Pick<EvaluateOptions, 'usage' | 'loads' | 'workRates' | 'environment'> & { close: () => Promise<void> }
  >;
}

/**
 * @throws UserError for an address or a token that cannot be right, FailedError when a daemon that is there gives no
 * answer, EngineError
 */
export async function gatherWhy(engine: Engine, service: SwarmService, options: GatherOptions): Promise<Why> {
  const { env, signal } = options;
  const place = { ...systemPlace(), env };
  const info = await engine.info({ signal });
  const { found, note } = await findDaemon(engine, info, place, signal);
  const told = found === null ? null : await fromDaemon(found, service, options);
  const remembered = told ?? (found === null ? await fromJournal(service, info, place, options) : null);
  const why = remembered ?? (await byDeciding(engine, service, options));
  const silent =
    found !== null && told === null ? `the daemon (${found.address}) has not decided on it` : note;
  return withPresent(why, service, silent);
}

/** What the service itself tells is newer than anything that was remembered. */
function withPresent(why: Why, { Spec }: SwarmService, note: string | null): Why {
  const decoded = decodeService(Spec);
  const off = decoded.kind === 'none' && explainSettings(Spec.Labels).length > 0;
  const state =
    decoded.kind === 'policy' ? 'on' : decoded.kind === 'invalid' ? 'invalid' : off ? 'off' : 'none';
  // A policy may also come from the environment of a daemon, which then has decided on it.
  const byOther = state === 'none' && why.last !== null && why.source.kind !== 'journal';
  const pause = readPause(Spec.Labels, Date.now());
  return {
    ...why,
    note,
    policy: {
      state: byOther ? 'on' : state,
      problems: decoded.kind === 'invalid' ? decoded.problems : [],
    },
    desired: Spec.Mode.Replicated === undefined ? null : (Spec.Mode.Replicated.Replicas ?? 1),
    paused: pause === null ? null : pauseText(pause),
    lastScale: readLastScale(Spec.Labels) ?? why.lastScale,
  };
}

/** Null when the daemon knows nothing of the service. */
async function fromDaemon(
  found: FoundDaemon,
  { Spec }: SwarmService,
  { limits, since }: GatherOptions,
): Promise<Why | null> {
  if (found.kind === 'container') {
    const args = [
      'why',
      Spec.Name,
      '--last',
      String(limits.last),
      ...(since === null ? [] : ['--since', since]),
    ];
    const why = asWhy(await found.run(args), found.address);
    const { source } = why;
    if (source.kind !== 'daemon') return null;
    return { ...why, source: { ...source, kind: 'container', address: found.address } };
  }
  return askWhy(found, Spec.Name, limits);
}

/** Null when the daemon knows nothing of the service. */
export async function askWhy(
  found: FoundDaemonToAsk,
  service: string,
  limits: WhyInputs['limits'],
): Promise<Why | null> {
  const query = new URLSearchParams({ service, limit: String(limits.last) });
  if (limits.sinceMs !== null) query.set('since', new Date(limits.sinceMs).toISOString());
  const body = await answerOf(found, `/v1/why?${query.toString()}`);
  if (body === null) return null;
  const why = asWhy(body, found.address);
  const pid = why.source.kind === 'daemon' ? why.source.pid : 0;
  return { ...why, source: { kind: found.kind, address: found.address, pid } };
}

/** Null for "not known"; whatever else is no answer is an error, in words that name the daemon. */
export async function answerOf(found: FoundDaemonToAsk, path: string): Promise<unknown> {
  let answer;
  try {
    answer = await found.get(path);
  } catch (error) {
    throw new FailedError(`the daemon at ${found.address} does not answer: ${(error as Error).message}`, {
      hint: found.kind === 'api' ? 'Check SCALECTL_API.' : 'Look at its log.',
      cause: error,
    });
  }
  if (answer.status === 200) return answer.body;
  if (answer.status === 404) return null;
  const { error } = (answer.body ?? {}) as { error?: unknown };
  const said = typeof error === 'string' ? `: ${error}` : '';
  throw new FailedError(`the daemon at ${found.address} answers ${answer.status}${said}`, {
    ...(answer.status === 401 ? { hint: 'Set SCALECTL_TOKEN_FILE to a file with its token.' } : {}),
  });
}

function asWhy(value: unknown, address: string): Why {
  const { kind, apiVersion } = (value ?? {}) as Partial<Why>;
  if (kind === 'Why' && apiVersion === 'scalectl/v1') return value as Why;
  throw new FailedError(`what answers at ${address} is no daemon of scalectl`);
}

/** Null where no daemon of this machine has ever written of the service. */
async function fromJournal(
  { Spec }: SwarmService,
  { Swarm }: EngineInfo,
  place: RuntimePlace,
  { limits }: GatherOptions,
): Promise<Why | null> {
  const clusterId = Swarm.Cluster?.ID;
  if (clusterId === undefined) return null;
  const path = journalPath(clusterId, place);
  return whyInJournal(path, await readJournal(path, place.uid), Spec.Name, limits);
}

/** Null where the journal has no decision on the service. */
export function whyInJournal(
  path: string,
  entries: readonly JournalEntry[],
  service: string,
  limits: WhyInputs['limits'],
): Why | null {
  const decisions = entries.filter(isDecision).filter(({ event }) => event.outcome.service === service);
  const last = entries.at(-1);
  if (decisions.length === 0 || last === undefined) return null;
  const source: WhySource = { kind: 'journal', address: path, lastWordAt: last.event.at };
  const events = entries.filter(
    (entry) => !isDecision(entry) && [service, null].includes(serviceOf(entry.event)),
  );
  return whyOf({ ...blank(service, limits), source, decisions, events });
}

/** One evaluation of this service alone, which writes nothing. */
async function byDeciding(engine: Engine, service: SwarmService, options: GatherOptions): Promise<Why> {
  const { limits, signal } = options;
  const { Name } = service.Spec;
  const sources = await options.openSources();
  try {
    const bases: DecisionBasis[] = [];
    const { outcomes } = await evaluateOnce(onlyOne(engine, service), {
      ...sources,
      dryRun: true,
      settleMs: SETTLE_MS,
      onBasis: (_, decided) => bases.push(decided),
      signal,
    });
    const [outcome] = outcomes;
    if (outcome === undefined) return whyOf({ ...blank(Name, limits), source: { kind: 'none' } });
    const event = { type: 'decision', level: 'info', at: outcome.at, outcome } as const;
    const [basis] = bases;
    const outlook = basis === undefined ? null : whatWouldAct(basis);
    const why = whyOf({
      ...blank(Name, limits),
      source: { kind: 'dry-run' },
      decisions: [{ event, repeats: 0 }],
      outlook,
    });
    return { ...why, earlier: [] };
  } finally {
    await sources.close();
  }
}

function blank(service: string, limits: WhyInputs['limits']): Omit<WhyInputs, 'source'> {
  const nothing = { intervalMs: null, outlook: null, lastScale: null };
  return { service, nowMs: Date.now(), limits, decisions: [], events: [], ...nothing };
}

function onlyOne(engine: Engine, service: SwarmService): AutoscaleEngine {
  return {
    local: engine.local,
    address: engine.address,
    info: (options) => engine.info(options),
    listServices: () => Promise.resolve([service]),
    inspectService: (id, options) => engine.inspectService(id, options),
    updateService: (id, version, spec, options) => engine.updateService(id, version, spec, options),
    listTasks: (filters, options) => engine.listTasks(filters, options),
    listNodes: (options) => engine.listNodes(options),
    listConfigs: (filters, options) => engine.listConfigs(filters, options),
    createConfig: (spec, options) => engine.createConfig(spec, options),
    updateConfig: (id, version, spec, options) => engine.updateConfig(id, version, spec, options),
    containerStats: (id, options) => engine.containerStats(id, options),
  };
}
