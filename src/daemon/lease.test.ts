import { describe, expect, it } from 'vitest';
import { FakeConfigStore } from '../../test/support/config-store.js';
import { EngineError } from '../swarm/engine.js';
import type { Clock } from './clock.js';
import { LEASE_NAME, readLease } from './lease-record.js';
import { leads, look, STANDBY, written, type LeaseRecord, type LeaseState } from './lease-state.js';
import { Lease, type LeaseNews, type LeaseStore } from './lease.js';

const other = { id: 'b', host: 'node2', pid: 2, since: '2026-01-01T00:00:00Z' };
const record = (version: number, holder: LeaseRecord['holder'] = other): LeaseRecord => ({
  objectId: 'x',
  version,
  renewed: '?',
  holder,
});
const seenAt = (at: number, version = 5): LeaseState => ({
  renewedAt: null,
  seen: { mark: `x@${version}`, at, holder: other },
});

describe('what follows from a look at the lease', () => {
  it.each<[what: string, LeaseState, LeaseRecord | null, now: number, move: string]>([
    ['nothing there', STANDBY, null, 0, 'create'],
    ['removed a moment after somebody was seen', seenAt(0), null, 9_999, 'wait'],
    ['gone for as long as a lease lasts', seenAt(0), null, 10_000, 'create'],
    ['free', STANDBY, record(5, null), 0, 'take'],
    ['free, and another was seen just now', seenAt(0), record(6, null), 1, 'take'],
    ['our own, e.g. after an answer that was lost', STANDBY, record(5, { ...other, id: 'a' }), 0, 'take'],
    ['another’s, seen for the first time', STANDBY, record(5), 99_999, 'wait'],
    ['another’s, unchanged for nearly as long as it lasts', seenAt(0), record(5), 9_999, 'wait'],
    ['another’s, unchanged for as long as it lasts', seenAt(0), record(5), 10_000, 'take'],
    ['another’s, renewed at the last moment', seenAt(0), record(6), 10_000, 'wait'],
    ['another object of the same version', seenAt(0), { ...record(5), objectId: 'y' }, 10_000, 'wait'],
    ['ours until another took it', written(0), record(9), 1, 'wait'],
  ])('%s', (_, state, found, now, move) => {
    expect(look(state, found, 'a', now).move.kind).toBe(move);
  });

  it.each<[LeaseState, now: number, boolean]>([
    [STANDBY, 0, false],
    [written(1_000), 1_000, true],
    [written(1_000), 7_999, true],
    [written(1_000), 8_000, false],
    [look(written(0), record(9), 'a', 1).state, 2, false],
  ])('leading in %j at %d: %s', (state, now, expected) => {
    expect(leads(state, now)).toBe(expected);
  });
});

/** One Swarm, and a clock for each process, which tests move by hand. */
function swarm() {
  const store = new FakeConfigStore();
  const member = (
    id: string,
    wallStart = Date.parse('2026-01-01T00:00:00Z'),
    through: LeaseStore = store,
  ) => {
    const time = { ms: 0, wallMs: wallStart };
    const clock: Clock = {
      monotonicMs: () => time.ms,
      wallMs: () => time.wallMs,
      sleep: () => Promise.resolve(),
      random: () => 0.5,
    };
    const news: LeaseNews[] = [];
    const lease = new Lease(through, {
      holder: { id, host: `host-${id}`, pid: 7 },
      clock,
      news: (one) => news.push(one),
    });
    return { lease, time, news, types: () => news.map(({ type }) => type) };
  };
  return { store, member };
}

describe('the lease', () => {
  it('is one daemon’s; another stands by and says so once', async () => {
    const { store, member } = swarm();
    const [a, b] = [member('a'), member('b')];
    await a.lease.step();
    await b.lease.step();
    await a.lease.step();
    await b.lease.step();
    expect([a.lease.leads(), b.lease.leads()]).toEqual([true, false]);
    expect(a.types()).toEqual(['leading']);
    expect(b.news).toEqual([
      { type: 'standing-by', host: 'host-a', pid: 7, since: '2026-01-01T00:00:00.000Z' },
    ]);
    expect(store.configs.map(({ Spec }) => Spec.Labels?.['com.docker.stack.namespace'])).toEqual([undefined]);
  });

  it('is taken over after 10 s without a renewal, and the first, coming back, stands by without a write', async () => {
    const { member } = swarm();
    const [a, b] = [member('a'), member('b')];
    await a.lease.step();
    await b.lease.step();
    b.time.ms = 9_999;
    await b.lease.step();
    expect(b.lease.leads()).toBe(false);
    b.time.ms = 10_000;
    await b.lease.step();
    expect(b.lease.leads()).toBe(true);
    a.time.ms = 10_000;
    expect(a.lease.leads()).toBe(false);
    await a.lease.step();
    expect(a.lease.leads()).toBe(false);
    expect(a.types()).toEqual(['leading', 'lease-lost', 'standing-by']);
  });

  it('does not care for wall clocks that jump by an hour', async () => {
    const { member } = swarm();
    const [a, b] = [member('a'), member('b', Date.parse('2030-01-01T00:00:00Z'))];
    await a.lease.step();
    await b.lease.step();
    b.time.wallMs += 3_600_000;
    a.time.wallMs -= 3_600_000;
    a.time.ms = b.time.ms = 3_000;
    await a.lease.step();
    await b.lease.step();
    expect([a.lease.leads(), b.lease.leads()]).toEqual([true, false]);
  });

  it('goes to exactly one of two that reach for it at once', async () => {
    const { member } = swarm();
    const both = [member('a'), member('b')];
    await Promise.all(both.map(({ lease }) => lease.step()));
    expect(both.filter(({ lease }) => lease.leads())).toHaveLength(1);
  });

  it('is handed over at once when it is released, and the object stays', async () => {
    const { store, member } = swarm();
    const [a, b] = [member('a'), member('b')];
    await a.lease.step();
    await b.lease.step();
    await a.lease.release();
    expect(a.lease.leads()).toBe(false);
    await b.lease.step();
    expect(b.lease.leads()).toBe(true);
    expect(store.configs.map(({ Spec }) => Spec.Name)).toEqual([LEASE_NAME]);
  });

  it('is not released from under somebody who has taken it over', async () => {
    const { store, member } = swarm();
    const [a, b] = [member('a'), member('b')];
    await a.lease.step();
    await b.lease.step();
    b.time.ms = 10_000;
    await b.lease.step();
    await a.lease.release();
    expect((await readLease(store))?.holder?.id).toBe('b');
  });

  it('lapses while the Engine does not answer, says so once, and is taken again when it is back', async () => {
    const { store, member } = swarm();
    let down = false;
    const flaky: LeaseStore = {
      listConfigs: (filters) =>
        down ? Promise.reject(new EngineError('unreachable', 'no answer')) : store.listConfigs(filters),
      createConfig: (spec) => store.createConfig(spec),
      updateConfig: (id, version, spec) => store.updateConfig(id, version, spec),
    };
    const a = member('a', undefined, flaky);
    await a.lease.step();
    down = true;
    a.time.ms = 6_999;
    await a.lease.step();
    expect(a.lease.leads()).toBe(true);
    a.time.ms = 7_000;
    await a.lease.step();
    await a.lease.step();
    expect(a.lease.leads()).toBe(false);
    down = false;
    await a.lease.step();
    expect(a.types()).toEqual(['leading', 'lease-lost', 'leading']);
  });
});
