/** All sources of numbers for a service as a whole, as one: each signal is asked for where it is to be had. */

import type {
  BackendSignal,
  JsonSignal,
  LoadSignal,
  PrometheusSignal,
  QueueSignal,
  RequestSignal,
} from '../policy/policy.js';
import type { Measurement, ReadOptions, Source } from './types.js';

export interface LoadSources {
  redis: Source<QueueSignal, Measurement>;
  rabbitmq: Source<QueueSignal, Measurement>;
  haproxy: Source<RequestSignal | BackendSignal, Measurement>;
  prometheus: Source<PrometheusSignal, Measurement>;
  json: Source<JsonSignal, Measurement>;
}

/** A source with those of the signals that are its own, asked or described. */
interface Route {
  source: Source<never, Measurement>;
  read: (signals: readonly LoadSignal[], options: ReadOptions) => Promise<Measurement[]>;
  describe: (signal: LoadSignal) => string;
}

export class Loads implements Source<LoadSignal, Measurement> {
  readonly #routes: Readonly<Record<keyof LoadSources, Route>>;

  constructor(sources: LoadSources) {
    this.#routes = {
      redis: route(sources.redis, isQueue),
      rabbitmq: route(sources.rabbitmq, isQueue),
      haproxy: route(sources.haproxy, isBackend),
      prometheus: route(sources.prometheus, isPrometheus),
      json: route(sources.json, isJson),
    };
  }

  describe(signal: LoadSignal): string {
    return this.#routes[routeOf(signal)].describe(signal);
  }

  async read(signals: readonly LoadSignal[], options: ReadOptions = {}): Promise<Measurement[]> {
    const measured = new Map<LoadSignal, Measurement>();
    const names = Object.keys(this.#routes) as (keyof LoadSources)[];
    await Promise.all(
      names.map(async (name) => {
        const own = signals.filter((signal) => routeOf(signal) === name);
        // Asked even about nothing, so that a source lets go of connections that nobody needs any more. A look between
        // two ticks does not tell what is needed.
        if (own.length === 0 && options.between === true) return;
        const answers = await this.#routes[name].read(own, options);
        own.forEach((signal, index) => {
          const answer = answers[index];
          if (answer !== undefined) measured.set(signal, answer);
        });
      }),
    );
    return signals.map((signal) => measured.get(signal) ?? { value: null, note: 'not read' });
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#routes).map(({ source }) => source.close()));
  }
}

function route<S extends LoadSignal>(
  source: Source<S, Measurement>,
  isOwn: (signal: LoadSignal) => signal is S,
): Route {
  return {
    source,
    read: (signals, options) => source.read(signals.filter(isOwn), options),
    describe: (signal) => (isOwn(signal) ? source.describe(signal) : ''),
  };
}

function routeOf(signal: LoadSignal): keyof LoadSources {
  switch (signal.kind) {
    case 'queue':
      return signal.queue === 'rabbitmq' ? 'rabbitmq' : 'redis';
    case 'prometheus':
    case 'json':
      return signal.kind;
    default:
      return 'haproxy';
  }
}

const isQueue = (signal: LoadSignal): signal is QueueSignal => signal.kind === 'queue';
const isPrometheus = (signal: LoadSignal): signal is PrometheusSignal => signal.kind === 'prometheus';
const isJson = (signal: LoadSignal): signal is JsonSignal => signal.kind === 'json';
const isBackend = (signal: LoadSignal): signal is RequestSignal | BackendSignal =>
  !isQueue(signal) && !isPrometheus(signal) && !isJson(signal);

/** What is asked for, whatever is aimed at: two signals with the same id have the same number. */
export function loadId(signal: LoadSignal): string {
  switch (signal.kind) {
    case 'queue': {
      const { queue, url, key, group, processing, prefix } = signal;
      return JSON.stringify([queue, url, key, group, processing, prefix]);
    }
    case 'prometheus':
      return JSON.stringify([signal.kind, signal.url, signal.query]);
    case 'json':
      return JSON.stringify([signal.kind, signal.url, signal.pointer]);
    default:
      return JSON.stringify([signal.kind, signal.backend, signal.urls]);
  }
}
