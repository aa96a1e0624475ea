/** What the daemon answers over HTTP. docs/why.md describes it. */

import { UserError } from '../errors.js';
import { LONGEST_PAUSE_MS } from '../policy/pause.js';
import { isEngineError } from '../swarm/engine.js';
import { parseDurationNs } from '../text.js';
import type { DaemonControl } from './control.js';
import { changesOf } from './changes.js';
import { HttpError, type Answer, type Asked, type Route } from './http-server.js';
import { isDecision, type DecisionEntry } from './journal-entry.js';
import { METRICS_TYPE } from './metrics-text.js';
import type { DaemonRecord } from './record.js';
import { whyOf } from './why.js';

const MOST_ENTRIES = 720;
const DEFAULT_ENTRIES = 100;
const DEFAULT_FOLDED = 10;

export function routesOf(control: DaemonControl, record: DaemonRecord, wallMs: () => number): Route[] {
  const get = (path: RegExp, answer: Route['answer']): Route => ({ method: 'GET', path, answer });
  const post = (path: RegExp, answer: Route['answer']): Route => ({ method: 'POST', path, answer });
  const { pid, intervalMs } = control;

  return [
    get(/^\/healthz$/, () => ok({ status: 'ok', pid, clusterId: control.clusterId() })),
    get(/^\/readyz$/, () => {
      const trouble = control.trouble();
      return trouble === null ? ok({ status: 'ok' }) : { status: 503, body: { error: trouble } };
    }),
    get(/^\/metrics$/, () => ({ status: 200, body: record.metrics.render(), type: METRICS_TYPE })),
    get(/^\/v1\/samples$/, () => {
      const samples = control.samples();
      return samples === null
        ? { status: 503, body: { error: 'the first evaluation has not ended yet' } }
        : ok(samples);
    }),
    get(/^\/v1\/decisions$/, ({ query }) => {
      const { limit, sinceMs } = limitsOf(query, DEFAULT_ENTRIES, wallMs());
      const entries = decisionsOf(query.get('service'), sinceMs);
      return ok({ ...kind('Decisions'), decisions: entries.reverse().slice(0, limit).map(outcomeOf) });
    }),
    get(/^\/v1\/history$/, ({ query }) => {
      const { limit, sinceMs } = limitsOf(query, DEFAULT_ENTRIES, wallMs());
      return ok({
        ...kind('History'),
        changes: changesSince(query.getAll('service'), sinceMs).slice(0, limit),
      });
    }),
    get(/^\/v1\/why$/, ({ query }) => why(query)),
    post(/^\/v1\/evaluate$/, async () => {
      const { at, outcomes, invalid } = await carryOut(() => control.evaluate());
      return ok({ ...kind('Evaluation'), at, outcomes, invalid });
    }),
    post(/^\/v1\/services\/([^/]+)\/pause$/, async ({ names: [service = ''], body }) => {
      const pause = await carryOut(() => control.pause(service, pauseMsOf(body)));
      return ok({ ...kind('Paused'), services: [{ service, ...pause }] });
    }),
    post(/^\/v1\/services\/([^/]+)\/resume$/, async ({ names: [service = ''] }) => {
      const wasPaused = await carryOut(() => control.resume(service));
      return ok({ ...kind('Resumed'), services: [{ service, wasPaused }] });
    }),
  ];

  /** Oldest first. */
  function decisionsOf(service: string | null, sinceMs: number | null): DecisionEntry[] {
    const { memory } = record.journal;
    const services = service === null ? memory.services() : [service];
    return services
      .flatMap((name) => memory.decisions(name))
      .filter(({ event }) => sinceMs === null || Date.parse(event.at) >= sinceMs)
      .sort((a, b) => Date.parse(a.event.at) - Date.parse(b.event.at));
  }

  /** Newest first. */
  function changesSince(services: readonly string[], sinceMs: number | null) {
    const { memory } = record.journal;
    return (services.length === 0 ? memory.services() : services)
      .flatMap((name) => changesOf(memory.decisions(name)))
      .filter(({ at }) => sinceMs === null || Date.parse(at) >= sinceMs)
      .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  }

  function why(query: URLSearchParams): Answer {
    const service = query.get('service');
    if (service === null || service === '')
      throw new HttpError(400, 'service=NAME is missing, its full name');
    const { limit, sinceMs } = limitsOf(query, DEFAULT_FOLDED, wallMs());
    const { memory } = record.journal;
    const decisions = memory.decisions(service);
    const last = decisions.at(-1);
    if (last === undefined) throw new HttpError(404, `no decision on ${service} is known`);
    return ok(
      whyOf({
        service,
        source: { kind: 'daemon', address: '', pid },
        nowMs: wallMs(),
        intervalMs,
        decisions,
        events: memory.events(service).filter((entry) => !isDecision(entry)),
        outlook: record.outlook(last.event.outcome.serviceId),
        lastScale: null,
        limits: { last: limit, sinceMs },
      }),
    );
  }
}

function outcomeOf({ event }: DecisionEntry) {
  return event.outcome;
}

function kind(name: string) {
  return { apiVersion: 'scalectl/v1', kind: name };
}

function ok(body: object): Answer {
  return { status: 200, body };
}

/** @throws HttpError for what is no number or no time */
function limitsOf(
  query: URLSearchParams,
  fallback: number,
  nowMs: number,
): { limit: number; sinceMs: number | null } {
  const limit = query.get('limit') ?? String(fallback);
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new HttpError(400, 'limit is a whole number from 1 on');
  const since = query.get('since');
  const sinceMs = since === null ? null : timeOf(since, nowMs);
  if (Number.isNaN(sinceMs)) throw new HttpError(400, 'since is a time (RFC 3339) or a duration like 10m');
  return { limit: Math.min(MOST_ENTRIES, Number(limit)), sinceMs };
}

function timeOf(text: string, nowMs: number): number {
  const ns = parseDurationNs(text);
  if (ns !== null) return nowMs - ns / 1e6;
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
}

/** `{"for": "30m"}`, or nothing for a pause without an end. */
function pauseMsOf(body: Asked['body']): number | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'the body is {"for": "30m"}, or nothing');
  }
  const stray = Object.keys(body).find((key) => key !== 'for');
  if (stray !== undefined) throw new HttpError(400, `"${stray}" is not known here: {"for": "30m"}`);
  const given = (body as { for?: unknown }).for;
  if (given === undefined || given === null) return null;
  const ns = typeof given === 'string' ? parseDurationNs(given) : null;
  if (ns === null || ns <= 0) throw new HttpError(400, '"for" is a duration above zero: 500ms, 30s or 1m30s');
  if (ns / 1e6 > LONGEST_PAUSE_MS) throw new HttpError(400, '"for" is longer than a year; leave it out');
  return ns / 1e6;
}

/** Errors of the Engine in the words that the command line has for them. */
async function carryOut<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (isEngineError(error, 'not-found')) throw new HttpError(404, message);
    throw new HttpError(error instanceof UserError ? 400 : 503, message);
  }
}
