/** What HAProxy tells of a backend, from labels. */

import type { LabelReader } from './label-reader.js';
import type { BackendSignal, RequestSignal, SignalPolicy } from './policy.js';
import { parseBalancerUrls } from './urls.js';
import {
  parseBoolean,
  parseDurationMs,
  parsePercent,
  parsePositive,
  type Field,
  type ProblemSink,
} from './values.js';

type Parse = (field: Field, sink: ProblemSink) => number | null;

const positive =
  (what: string): Parse =>
  (field, sink) =>
    parsePositive(field, sink, what);

const parseResponseMs: Parse = (field, sink) => {
  const ms = parseDurationMs(field, sink);
  return ms === 0 ? sink.reject(field, 'is no time to answer in', `Write ${field.assign('250ms')}.`) : ms;
};

const TARGETS: readonly (readonly [kind: BackendSignal['kind'], label: string, parse: Parse])[] = [
  ['queued', 'http.queued', positive('queued requests per replica')],
  ['sessions', 'sessions.target', positive('open connections per replica')],
  ['response', 'http.response', parseResponseMs],
  ['errors', 'http.errors', parsePercent],
];

export function decodeBackend(reader: LabelReader): (RequestSignal | BackendSignal)[] {
  const perReplica = reader.value('http.target', positive('requests per second per replica'));
  const forecast = reader.value('http.forecast', parseBoolean) ?? true;
  const backend = reader.text('http.backend', 'backend', 'app');
  const urls = reader.value('http.url', parseBalancerUrls);
  const aims = TARGETS.flatMap(([kind, label, parse]) => {
    const target = reader.value(label, parse);
    return target === null ? [] : [{ kind, target }];
  });
  const labels = ['http.target', 'http.forecast', ...TARGETS.map(([, label]) => label), 'http.url'];
  const orphan = labels.find((label) => reader.has(label));
  if (orphan !== undefined) reader.requires(orphan, { 'http.backend': 'app' });
  if (backend === null) return [];

  const at = { backend, ...(urls === null ? {} : { urls }) };
  // Connections that stay open, as of websockets, make few requests, which would tell little.
  const byRequests =
    reader.has('http.target') || reader.has('http.forecast') || !reader.has('sessions.target');
  return [
    ...(byRequests ? [{ kind: 'requests' as const, ...at, perReplica, forecast }] : []),
    ...aims.map(({ kind, target }) => ({ kind, ...at, target })),
  ];
}

/** Without a target, what a replica serves is learned from its CPU use. */
export function checkLearnable(reader: LabelReader, signals: readonly SignalPolicy[]): void {
  const requests = signals.find((signal) => signal.kind === 'requests');
  if (requests === undefined || requests.perReplica !== null) return;
  if (signals.some(({ kind }) => kind === 'cpu')) return;
  reader.problem(
    'http.backend',
    'stands with neither scalectl.http.target nor a CPU target, so that what a replica can serve is not known',
    'Add scalectl.http.target: "50" (requests per second per replica), or scalectl.cpu.target: "80" to learn it.',
  );
}
