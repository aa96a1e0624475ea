/**
 * What HAProxy counts for a backend, summed over every balancer. Rates come from the growth of counters between two
 * readings of the same balancer, whose counters begin at 0 when it starts.
 */

import { findInstances, type BalancerInstance, type ResolveName } from '../balancer/instances.js';
import { parseStats, type BackendStats } from '../balancer/stats.js';
import type { BackendSignal, RequestSignal } from '../policy/policy.js';
import type { AuthorizationSource } from './authorization.js';
import { RECENT_MS, sumBackend, type BackendSample, type BackendSpan } from './backend-sum.js';
import { startDeadline, valueOrNull } from './deadline.js';
import type { Measurement, ReadOptions, Source } from './types.js';

const READ_DEADLINE_MS = 2_000;

type BackendQuery = RequestSignal | BackendSignal;

/** Samples older than this are forgotten. */
const KEPT_MS = 60_000;

export interface HaproxyOptions {
  authorization: AuthorizationSource;
  /** asked where a signal names no address; one or more, as in the label */
  defaultUrls: readonly string[];
  resolve?: ResolveName;
  deadlineMs?: number;
  /** milliseconds of a clock that does not jump */
  clock?: () => number;
}

/** Oldest first. */
interface Samples {
  ticks: readonly BackendSample[];
  recent: readonly BackendSample[];
}

/** What one look at the balancers of some URLs brought. */
interface Look {
  asked: number;
  /** one for each balancer that answered, by backend */
  answered: ReadonlyMap<string, BackendSpan>[];
  /** why the others did not */
  failures: string[];
}

export class HaproxyBackends implements Source<BackendQuery, Measurement> {
  readonly #options: HaproxyOptions;
  readonly #clock: () => number;
  /** by balancer, by backend */
  readonly #samples = new Map<string, Map<string, Samples>>();

  constructor(options: HaproxyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  describe(query: BackendQuery): string {
    return `${query.kind} of backend "${query.backend}" at ${this.#urlsOf(query).join(', ')}`;
  }

  async read(queries: readonly BackendQuery[], options: ReadOptions = {}): Promise<Measurement[]> {
    const deadline = startDeadline(this.#options.deadlineMs ?? READ_DEADLINE_MS, options.signal);
    try {
      const looks = new Map<string, Promise<Look>>();
      const measured = await Promise.all(
        queries.map(async (query) => {
          const urls = this.#urlsOf(query);
          const key = urls.join(' ');
          const look = looks.get(key) ?? this.#look(urls, options.between === true, deadline.signal);
          looks.set(key, look);
          return this.#measure(query, await look);
        }),
      );
      this.#forget();
      return measured;
    } finally {
      deadline.clear();
    }
  }

  close(): Promise<void> {
    this.#samples.clear();
    return Promise.resolve();
  }

  #urlsOf({ urls }: BackendQuery): readonly string[] {
    return urls ?? this.#options.defaultUrls;
  }

  async #look(urls: readonly string[], between: boolean, signal: AbortSignal): Promise<Look> {
    const failures: string[] = [];
    const found = await Promise.all(
      urls.map(async (url) => {
        const search = findInstances(url, this.#options).catch((error: unknown) => {
          failures.push(`${url}: ${lineOf(error)}`);
          return [];
        });
        const instances = await valueOrNull(search, signal);
        if (instances === null) failures.push(`${url}: its name was not answered in time`);
        return instances ?? [];
      }),
    );
    const lost = failures.length;
    const instances = [...new Map(found.flat().map((instance) => [instance.name, instance])).values()];
    const answers = await Promise.all(
      instances.map(async (instance) => {
        const answer = await this.#ask(instance, between, signal);
        if (answer instanceof Map) return [answer];
        failures.push(`${instance.name}: ${answer}`);
        return [];
      }),
    );
    return { asked: instances.length + lost, answered: answers.flat(), failures };
  }

  /** The samples of one balancer, by backend; or why there are none. */
  async #ask(
    instance: BalancerInstance,
    between: boolean,
    signal: AbortSignal,
  ): Promise<Map<string, BackendSpan> | string> {
    let stats: Map<string, BackendStats>;
    try {
      stats = parseStats(await instance.statistics(signal));
    } catch (error) {
      return lineOf(error);
    }
    const atMs = this.#clock();
    const kept = this.#samples.get(instance.name) ?? new Map<string, Samples>();
    this.#samples.set(instance.name, kept);
    for (const backend of kept.keys()) if (!stats.has(backend)) kept.delete(backend);
    const spans = new Map<string, BackendSpan>();
    for (const [backend, counted] of stats) {
      const now = { ...counted, atMs };
      const { ticks, recent } = kept.get(backend) ?? { ticks: [], recent: [] };
      const before = ticks.filter((sample) => sample.atMs > atMs - KEPT_MS);
      const lately = recent.filter((sample) => sample.atMs > atMs - RECENT_MS);
      spans.set(backend, { now, before, recent: lately });
      kept.set(backend, { ticks: between ? before : [...before, now], recent: [...lately, now] });
    }
    return spans;
  }

  #measure(query: BackendQuery, { asked, answered, failures }: Look): Measurement {
    if (answered.length === 0) return { value: null, note: failures[0] ?? 'its name means no balancer' };
    const spans = answered.flatMap((backends) => backends.get(query.backend) ?? []);
    if (spans.length === 0) {
      const known = [...new Set(answered.flatMap((backends) => [...backends.keys()]))].sort();
      return { value: null, note: `there is no backend "${query.backend}"; there are: ${known.join(', ')}` };
    }
    const sum = sumBackend(query.kind, spans);
    if (failures.length === 0) return sum;
    const partial = `only ${answered.length} of ${asked} balancers answered (${failures[0] ?? ''})`;
    return { ...sum, partial };
  }

  /** Balancers that have gone, and come back as others with other addresses. */
  #forget(): void {
    const oldest = this.#clock() - KEPT_MS;
    for (const [name, backends] of this.#samples) {
      const newest = Math.max(
        ...[...backends.values()].map(({ recent }) => recent.at(-1)?.atMs ?? -Infinity),
      );
      if (newest < oldest) this.#samples.delete(name);
    }
  }
}

function lineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? 'unknown error';
}
