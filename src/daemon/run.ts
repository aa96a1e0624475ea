/**
 * The daemon: evaluates, waits, evaluates.
 *
 *              .--- interval ---.
 *              v                |
 *   start -> tick ---- ok ------'
 *              |  ^
 *   Engine lost|  | backoff with jitter, at most 30 s; said once, and once when it is back
 *              v  |
 *            waiting
 *
 * An abort ends it in either state, after the update that is on its way.
 */

import type { History } from '../autoscale/types.js';
import { FailedError } from '../errors.js';
import { EngineError, isEngineError, type EventReader } from '../swarm/engine.js';
import { formatDurationMs } from '../text.js';
import { AskedTicks } from './asked-ticks.js';
import { systemClock } from './clock.js';
import { evaluateOnce, type EvaluateOptions } from './evaluate.js';
import { controlOf } from './control.js';
import { routesOf } from './http-api.js';
import { listenTcp, type Listener, type ListenOptions } from './http-listen.js';
import type { Route } from './http-server.js';
import { seekLead, type Leadership } from './leader.js';
import { Lookout } from './lookout.js';
import { DaemonRecord } from './record.js';
import { Reporter } from './report.js';
import { systemPlace, type RuntimePlace } from './runtime-dir.js';
import { AlreadyRunningError, openSocket, type DaemonSocket } from './socket-server.js';
import type { AutoscaleEngine, DaemonEvent, DaemonLog, DaemonSamples, Evaluation } from './types.js';
import { Wake } from './wake.js';

export const DEFAULT_INTERVAL_MS = 5_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** Between the two readings of the very first tick, so that it already knows CPU use. */
const FIRST_GAP_MS = 1_000;
/** A daemon whose last tick is older than so many intervals is not ready. */
const READY_INTERVALS = 3;

const WARNINGS: ReadonlySet<DaemonEvent['type']> = new Set(['engine-lost', 'not-listening', 'lease-lost']);

export interface DaemonOptions extends Omit<EvaluateOptions, 'histories' | 'settleMs' | 'signal'> {
  intervalMs?: number;
  /** where to hear of changes before the interval is over; absent: nowhere */
  events?: EventReader;
  log: DaemonLog;
  /** Ends the daemon. */
  signal: AbortSignal;
  pid?: number;
  place?: RuntimePlace;
  /** Keeps what happens. Absent: one in memory alone, which notifies nobody. */
  record?: DaemonRecord;
  /** Also answer on TCP. */
  listen?: ListenOptions | null;
}

/**
 * Runs until the signal aborts; then resolves. Throws AlreadyRunningError when another daemon looks after the same
 * Swarm on this machine, and EngineError when at the start the Engine is there and cannot be used (no permission,
 * not a manager). An Engine that is not there, then or later, is waited for.
 */
export async function runDaemon(engine: AutoscaleEngine, options: DaemonOptions): Promise<void> {
  const daemon = new Daemon(engine, options);
  try {
    await daemon.run();
  } finally {
    await daemon.close();
  }
}

class Daemon {
  readonly #engine: AutoscaleEngine;
  readonly #options: DaemonOptions;
  readonly #clock;
  readonly #intervalMs: number;
  readonly #pid: number;
  readonly #reporter: Reporter;
  readonly #histories = new Map<string, History>();
  readonly #record: DaemonRecord;
  readonly #routes: readonly Route[];
  readonly #asked: AskedTicks;
  #clusterId: string | null = null;
  #tcp: Listener | null = null;
  #socket: DaemonSocket | null = null;
  readonly #wake: Wake;
  readonly #lookout: Lookout;
  /** ends what goes on beside the ticks, however they end */
  readonly #over = new AbortController();
  #lead: Leadership | null = null;
  #listens = false;
  #lost: { sinceMs: number; attempts: number } | null = null;
  #last: { evaluation: Evaluation; atMs: number } | null = null;

  constructor(engine: AutoscaleEngine, options: DaemonOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#wake = new Wake(this.#clock);
    this.#lookout = new Lookout(options.loads, this.#clock, () => this.#wake.hint());
    this.#asked = new AskedTicks(() => this.#wake.hint());
    this.#intervalMs = options.intervalMs ?? DEFAULT_INTERVAL_MS;
    this.#pid = options.pid ?? process.pid;
    this.#record = options.record ?? new DaemonRecord({ clock: this.#clock });
    this.#reporter = new Reporter((event) => this.#tell(event));
    const control = controlOf({
      engine,
      clock: this.#clock,
      signal: options.signal,
      pid: this.#pid,
      intervalMs: this.#intervalMs,
      asked: this.#asked,
      tell: (event) => this.#emit(event),
      clusterId: () => this.#clusterId,
      samples: () => this.#samples(),
      trouble: () => this.#trouble(),
    });
    this.#routes = routesOf(control, this.#record, this.#clock.wallMs);
  }

  async run(): Promise<void> {
    const { signal, dryRun = false, events } = this.#options;
    if (events !== undefined) void this.#wake.listen(events, AbortSignal.any([signal, this.#over.signal]));
    const { address } = this.#engine;
    this.#emit({ type: 'started', pid: this.#pid, address, intervalMs: this.#intervalMs, dryRun });
    await this.#serve();
    while (!signal.aborted) {
      const startedMs = this.#clock.monotonicMs();
      try {
        await this.#listen();
        await this.#seekLead();
        await this.#tick();
        this.#noteBack();
        await this.#lookout.during(
          this.#wake.sleep(startedMs + this.#intervalMs - this.#clock.monotonicMs(), startedMs, signal),
        );
      } catch (error) {
        if (isAborted(signal)) break;
        if (!this.#isWorthWaiting(error)) throw error;
        this.#asked.failed(error);
        await this.#wake.sleep(this.#noteLost(error.message, startedMs), startedMs, signal);
      }
    }
    this.#emit({ type: 'stopped', reason: 'asked to' });
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#asked.failed(new FailedError('the daemon ends'));
    await this.#lead?.close();
    this.#lead = null;
    await Promise.all([this.#socket?.close(), this.#tcp?.close()]);
    this.#socket = null;
    await this.#record.close();
  }

  async #tick(): Promise<void> {
    const { signal } = this.#options;
    const startedMs = this.#clock.monotonicMs();
    this.#asked.began();
    const evaluation = await evaluateOnce(this.#engine, {
      ...this.#options,
      clock: this.#clock,
      histories: this.#histories,
      onBasis: (id, basis) => {
        this.#record.decided(id, basis);
        this.#lookout.decided(id, basis);
      },
      mayWrite: () => this.#lead?.leads() ?? false,
      ...(this.#last === null ? { settleMs: FIRST_GAP_MS } : {}),
      signal,
    });
    if (isAborted(signal) && evaluation.outcomes.length === 0) return;
    const atMs = this.#clock.monotonicMs();
    this.#last = { evaluation, atMs };
    this.#reporter.report(evaluation, atMs);
    this.#record.tick(evaluation, atMs - startedMs);
    this.#asked.ended(evaluation);
  }

  /** Before anything is known of the Engine: whether the daemon is ready is a question that it must answer then too. */
  async #serve(): Promise<void> {
    const { listen } = this.#options;
    if (listen === undefined || listen === null) return;
    this.#tcp = await listenTcp(listen, this.#routes);
    this.#emit({ type: 'serving', address: this.#tcp.address });
  }

  /** Once, before the first tick: a second daemon must find out before it acts. */
  async #listen(): Promise<void> {
    if (this.#listens) return;
    const { Swarm } = await this.#engine.info({ signal: this.#options.signal });
    this.#listens = true;
    const clusterId = Swarm.Cluster?.ID;
    if (clusterId === undefined) return;
    this.#clusterId = clusterId;
    const place = this.#options.place ?? systemPlace();
    try {
      this.#socket = await openSocket({ clusterId, place, routes: this.#routes });
      this.#emit({ type: 'listening', socket: this.#socket.path });
    } catch (error) {
      if (error instanceof AlreadyRunningError) throw error;
      // Scaling does not need the socket; status then samples by itself.
      this.#emit({ type: 'not-listening', message: error instanceof Error ? error.message : String(error) });
    }
    // Only now: before, another daemon could have been the one that writes this journal.
    await this.#record.begin(clusterId);
  }

  /** After the socket: a daemon that is refused on its own machine reaches for nothing. A dry run needs no lease. */
  async #seekLead(): Promise<void> {
    if (this.#lead !== null || this.#options.dryRun === true) return;
    this.#lead = await seekLead(this.#engine, {
      pid: this.#pid,
      clock: this.#clock,
      news: (news) => {
        this.#record.metrics.leader = news.type === 'leading';
        this.#emit(news);
      },
    });
  }

  #samples(): DaemonSamples | null {
    const clusterId = this.#clusterId;
    if (this.#last === null || clusterId === null) return null;
    const { evaluation, atMs } = this.#last;
    return {
      apiVersion: 'scalectl/v1',
      kind: 'Samples',
      pid: this.#pid,
      clusterId,
      intervalMs: this.#intervalMs,
      sampledAt: evaluation.at,
      ageMs: Math.round(this.#clock.monotonicMs() - atMs),
      samples: evaluation.usage,
      decisions: evaluation.outcomes,
    };
  }

  /** Returns how long to wait before the next try, milliseconds. */
  #noteLost(message: string, startedMs: number): number {
    if (this.#lost === null) this.#emit({ type: 'engine-lost', message });
    this.#lost = { sinceMs: this.#lost?.sinceMs ?? startedMs, attempts: (this.#lost?.attempts ?? 0) + 1 };
    const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.#lost.attempts, 16));
    return longest / 2 + (longest / 2) * this.#clock.random();
  }

  #noteBack(): void {
    if (this.#lost === null) return;
    this.#emit({ type: 'engine-back', afterMs: Math.round(this.#clock.monotonicMs() - this.#lost.sinceMs) });
    this.#lost = null;
  }

  /** Any trouble with the Engine is, except at the start those that no waiting mends. */
  #isWorthWaiting(error: unknown): error is EngineError {
    if (!(error instanceof EngineError)) return false;
    return this.#last !== null || !(isEngineError(error, 'denied') || isEngineError(error, 'not-manager'));
  }

  #trouble(): string | null {
    if (this.#lost !== null) return 'the Engine is lost';
    if (this.#last === null) return 'the first evaluation has not ended yet';
    const ageMs = this.#clock.monotonicMs() - this.#last.atMs;
    return ageMs <= READY_INTERVALS * this.#intervalMs
      ? null
      : `the last evaluation ended ${formatDurationMs(ageMs)} ago`;
  }

  #emit(event: DistributiveOmit<DaemonEvent, 'level' | 'at'>): void {
    const level = WARNINGS.has(event.type) ? 'warn' : 'info';
    const at = new Date(this.#clock.wallMs()).toISOString();
    this.#tell({ level, at, ...event });
  }

  #tell(event: DaemonEvent): void {
    this.#options.log(event);
    this.#record.event(event);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The signal may have aborted during an await, which the compiler does not follow. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
