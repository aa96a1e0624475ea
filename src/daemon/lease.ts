/** Holds the lease, or waits for it: looks, takes, renews and releases, on a timer of its own. */

import { isEngineError, type ConfigStore } from '../swarm/engine.js';
import type { Clock } from './clock.js';
import { leaseSpec, newLeaseSpec, readLease } from './lease-record.js';
import {
  leads,
  LEADS_FOR_MS,
  look,
  LOOK_EVERY_MS,
  RENEW_EVERY_MS,
  STANDBY,
  written,
  type LeaseHolder,
  type LeaseState,
} from './lease-state.js';

export type LeaseStore = Pick<ConfigStore, 'listConfigs' | 'createConfig' | 'updateConfig'>;

export type LeaseNews =
  | { type: 'leading' }
  | { type: 'standing-by'; host: string; pid: number; since: string }
  /** it was ours, and is not any more; why is for people */
  | { type: 'lease-lost'; message: string };

export interface LeaseOptions {
  holder: Omit<LeaseHolder, 'since'>;
  clock: Clock;
  news: (news: LeaseNews) => void;
}

/** An answer that takes longer would come too late to be of use. */
const CALL_DEADLINE_MS = 5_000;
const RELEASE_DEADLINE_MS = 2_000;

export class Lease {
  readonly #store: LeaseStore;
  readonly #options: LeaseOptions;
  #state: LeaseState = STANDBY;
  /** what was told last: a holder's id, or null while nothing was */
  #told: string | null = null;
  #since = '';

  constructor(store: LeaseStore, options: LeaseOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Whether one may write at this very moment. */
  leads(): boolean {
    return leads(this.#state, this.#options.clock.monotonicMs());
  }

  /** Looks after the lease until the signal aborts. Never throws: without the Engine it lapses by itself. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const startedAt = clock.monotonicMs();
      await this.step(signal);
      const every = this.leads() ? RENEW_EVERY_MS : LOOK_EVERY_MS;
      await clock.sleep(Math.max(100, every - (clock.monotonicMs() - startedAt)), signal);
    }
  }

  /** One look, and what follows from it. Never throws. */
  async step(signal?: AbortSignal): Promise<void> {
    const { clock, holder } = this.#options;
    const startedAt = clock.monotonicMs();
    try {
      const call = { signal: within(CALL_DEADLINE_MS, signal) };
      const record = await readLease(this.#store, call);
      const { state, move } = look(this.#state, record, holder.id, clock.monotonicMs());
      this.#state = state;
      if (move.kind === 'wait') {
        this.#noteOther(move.holder);
        return;
      }
      const now = new Date(clock.wallMs()).toISOString();
      if (!this.#isOurs()) this.#since = now;
      const own: LeaseHolder = { ...holder, since: this.#since };
      if (move.kind === 'create') await this.#store.createConfig(newLeaseSpec(own, now), call);
      else
        await this.#store.updateConfig(move.record.objectId, move.record.version, leaseSpec(own, now), call);
      this.#state = written(startedAt);
      this.#noteOwn();
    } catch (error) {
      // Somebody was quicker: who, the next look tells.
      const beaten = isEngineError(error, 'out-of-sequence') || isEngineError(error, 'conflict');
      this.#noteLapse(beaten ? 'somebody else was quicker' : messageOf(error));
    }
  }

  /** Marks it free, so that a standby need not wait for it to lapse. Acts no more from its beginning on. */
  async release(): Promise<void> {
    const { clock, holder } = this.#options;
    const held = this.#state.renewedAt !== null;
    this.#state = STANDBY;
    if (!held) return;
    try {
      const call = { signal: within(RELEASE_DEADLINE_MS) };
      const record = await readLease(this.#store, call);
      if (record?.holder?.id !== holder.id) return;
      // Not removed: a removal goes by no version, and might take away what another has taken meanwhile.
      const free = leaseSpec(null, new Date(clock.wallMs()).toISOString());
      await this.#store.updateConfig(record.objectId, record.version, free, call);
    } catch {
      // It lapses by itself.
    }
  }

  #isOurs(): boolean {
    return this.#told === this.#options.holder.id;
  }

  #noteOwn(): void {
    if (this.#isOurs()) return;
    this.#told = this.#options.holder.id;
    this.#options.news({ type: 'leading' });
  }

  #noteOther(other: LeaseHolder): void {
    const { news } = this.#options;
    const { id, host, pid, since } = other;
    if (this.#told === id) return;
    if (this.#isOurs()) news({ type: 'lease-lost', message: `${host} (process ${pid}) has taken it over` });
    this.#told = id;
    news({ type: 'standing-by', host, pid, since });
  }

  #noteLapse(message: string): void {
    if (!this.#isOurs() || this.leads()) return;
    this.#told = null;
    this.#state = STANDBY;
    const seconds = LEADS_FOR_MS / 1_000;
    this.#options.news({
      type: 'lease-lost',
      message: `it could not be renewed for ${seconds} s: ${message}`,
    });
  }
}

function within(ms: number, signal?: AbortSignal): AbortSignal {
  const deadline = AbortSignal.timeout(ms);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
