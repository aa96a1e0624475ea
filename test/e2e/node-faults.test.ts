/** What may break in a Swarm of three nodes: nothing shrinks on what is not known, and each fault can be seen. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { burnCpu } from '../../scripts/load.js';
import type { Why } from '../../src/daemon/why.js';
import { ensurePackages } from '../lab/packages.js';
import { waitFor, type Running } from './harness.js';
import { killAtRandom } from './kill-at-random.js';
import { hasSaid, lastLines, openStage, PER_REPLICA, STACK, type Stage } from './three-managers.js';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage('faults');
}, 600_000);

afterAll(async () => {
  await stage.close();
}, 120_000);

type Wanted = (answer: Why) => boolean;

const told = (service: string, what: string, wanted: Wanted, name?: string): Promise<Why> =>
  waitFor(`${service} to be told of: ${what}`, () => stage.why(service, name), wanted, 60_000);
const value = ({ last }: Why): number | null => last?.decision.signals[0]?.value ?? null;
const note = ({ last }: Why): string => last?.decision.signals[0]?.note ?? '';
const sampled = ({ last }: Why): number | null => last?.decision.signals[0]?.coverage?.sampled ?? null;

const measured = (count: number): Promise<Why> =>
  told('web', `${count} tasks measured`, (answer) => sampled(answer) === count);

const count = (service: string, wanted: number, deadlineMs = 60_000): Promise<number> =>
  waitFor(
    `${wanted} of ${service}`,
    () => stage.desired(service),
    (now) => now === wanted,
    deadlineMs,
  );

/** Decisions by the daemon on a service since its start: each has a time of its own. */
async function furtherDecisions(service: string, more: number): Promise<Why> {
  const times = new Set<string>();
  return told(service, `${more} further decisions`, ({ last }) => {
    if (last !== null) times.add(last.at);
    return times.size > more;
  });
}

/** Lets the service shrink by its policy: what keeps it from that now is what is not known. */
async function allowed(min: number): Promise<void> {
  const { code, stderr } = await stage.world.scalectl(['policy', 'set', 'web', `min=${min}`]);
  expect(code, stderr).toBe(0);
}

describe('one of three nodes', () => {
  let daemon: Running;

  beforeAll(async () => {
    daemon = stage.startDaemon(1);
    await stage.jobs(3 * PER_REPLICA);
    await count('worker', 3);
    await measured(3);
  });
  afterAll(async () => {
    await daemon.stop();
  });
  afterEach(async () => {
    await allowed(3);
    await waitFor(
      'three tasks of web',
      async () => (await stage.world.service('web')).replicas,
      ({ desired, running }) => desired === 3 && running === 3,
      90_000,
    );
    await measured(3);
    expect(await stage.desired('worker')).toBe(3);
  });

  test('its agent killed: it must be named, and nothing shrink until it is back', async () => {
    const { stdout } = await stage.docker(['ps', '-q', '-f', 'name=agents_agent'], 3);
    await stage.docker(['kill', stdout.trim()], 3);
    expect(note(await measured(2))).toBe('1 on node3, whose agent does not answer');
    await allowed(1);
    const { last } = await furtherDecisions('web', 3);
    expect(last?.decision).toMatchObject({ from: 3, to: 3 });
    expect(last?.decision.adjustments.map(({ rule }) => rule)).toContain('coverage');
    expect(await stage.metrics()).toContain(`scalectl_coverage_sampled{service="${STACK}_web"} 2\n`);
    // Swarm starts it anew, and what is known again lets the service shrink.
    await count('web', 1);
  });

  test('cut off: it must be named while its task counts as running, and nothing shrink', async () => {
    await stage.lab.node(3).cut();
    try {
      expect(note(await measured(2))).toBe('1 on node3, whose agent does not answer');
      const { last } = await furtherDecisions('web', 1);
      expect(last?.decision).toMatchObject({ from: 3, to: 3 });
      expect(await stage.metrics()).toContain(`scalectl_coverage_sampled{service="${STACK}_web"} 2\n`);
    } finally {
      await stage.lab.node(3).heal();
    }
  });

  test('lost for good: its task must be told to be without a node, until there is one again', async () => {
    await stage.lab.node(3).stop();
    try {
      const { last } = await told('web', 'a task without a node', (answer) =>
        (answer.last?.standing?.pending?.message ?? '').includes('max replicas per node limit exceed'),
      );
      expect(last?.decision).toMatchObject({ from: 3, to: 3 });
      expect(await stage.metrics()).toContain(`scalectl_pending_tasks{service="${STACK}_web"} 1\n`);
    } finally {
      await stage.lab.node(3).start();
    }
  });
});

describe('what a decision goes by', () => {
  let daemon: Running;

  beforeAll(() => {
    daemon = stage.startDaemon(1);
  });
  afterAll(async () => {
    await daemon.stop();
  });

  test('Redis stopped: workers must stay, and shrink when it says that nothing waits', async () => {
    await stage.jobs(3 * PER_REPLICA);
    await count('worker', 3);
    await stage.world.scalectl(['scale', 'redis=0', '--force']);
    await told('worker', 'no value', (answer) => value(answer) === null);
    const { last } = await furtherDecisions('worker', 3);
    expect(last?.decision).toMatchObject({ from: 3, to: 3 });
    expect(last?.decision.reasons.join()).toContain('queue jobs is unknown');
    const metrics = await stage.metrics();
    expect(metrics).toContain(`scalectl_signal_known{service="${STACK}_worker",signal="queue jobs"} 0\n`);
    expect(metrics).not.toContain(`scalectl_signal_value{service="${STACK}_worker"`);
    await stage.world.scalectl(['scale', 'redis=1', '--force']);
    await count('worker', 1);
  });

  test('HAProxy stopped: what it balances for must stay, and shrink when nobody asks any more', async () => {
    const load = new AbortController();
    const asking = burnCpu(stage.url, { perSecond: 25, forMs: 120_000, signal: load.signal });
    await count('api', 3);
    load.abort();
    await stage.world.scalectl(['scale', 'haproxy=0', '--force']);
    const desired = await stage.desired('api');
    await told('api', 'no value', (answer) => value(answer) === null);
    expect(await stage.desired('api')).toBe(desired);
    const { last } = await furtherDecisions('api', 3);
    expect(last?.decision).toMatchObject({ from: desired, to: desired });
    expect(await stage.metrics()).toMatch(
      new RegExp(`^scalectl_signal_known\\{service="${STACK}_api",signal="[^"]+"\\} 0$`, 'm'),
    );
    await stage.world.scalectl(['scale', 'haproxy=1', '--force']);
    await count('api', 1);
    await asking;
  });
});

describe('a clock that jumps', () => {
  const library = '/usr/$LIB/faketime/libfaketimeMT.so.1';
  let offset: string;
  let daemon: Running;

  /** Only what shows the time of day: the clock that never jumps is another. */
  const start = (): Running =>
    stage.startDaemon(1, 'daemon1', {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
  const hourFrom = (at: string | undefined): number =>
    Math.round((Date.parse(at ?? '') - Date.now()) / 3_600_000);
  const jump = async (hours: number): Promise<Why> => {
    writeFileSync(offset, `${hours >= 0 ? '+' : ''}${hours * 3_600}s`);
    return told('worker', `decisions ${hours} h away`, ({ last }) => hourFrom(last?.at) === hours);
  };

  beforeAll(async () => {
    await ensurePackages(() => undefined, undefined, [['faketime', ['faketime']]]);
  }, 300_000);
  beforeEach(() => {
    offset = join(stage.world.directory, 'offset');
    writeFileSync(offset, '+0s');
  });
  afterEach(async () => {
    await daemon.stop();
  });

  test('an hour on and two back: nothing must change by it, and what is asked for must be done', async () => {
    daemon = start();
    await hasSaid(daemon, '"type":"leading"');
    await stage.jobs(2 * PER_REPLICA);
    await count('worker', 2);
    await furtherDecisions('worker', 2);
    let needed = 2;
    for (const hours of [1, -1]) {
      const { last } = await jump(hours);
      expect(last?.decision).toMatchObject({ from: needed, to: needed });
      const later = await furtherDecisions('worker', 2);
      expect(later.last?.decision).toMatchObject({ from: needed, to: needed });
      expect(later.last?.decision.signals[0]?.ageMs).toBeLessThan(5_000);
      needed++;
      await stage.jobs(needed * PER_REPLICA);
      await count('worker', needed, 10_000);
    }
    expect(daemon.output()).not.toContain('lease-lost');
  });

  test('a daemon that starts when the last change lies in an hour must not wait for that hour', async () => {
    daemon = start();
    await hasSaid(daemon, '"type":"leading"');
    await jump(1);
    await stage.jobs(4 * PER_REPLICA);
    await count('worker', 4);
    await daemon.stop();
    writeFileSync(offset, '+0s');
    daemon = start();
    await stage.jobs(2 * PER_REPLICA);
    await count('worker', 2, 30_000);
    await stage.jobs(3 * PER_REPLICA);
    await count('worker', 3, 30_000);
  });
});

describe('two daemons', () => {
  test('the leader demoted: the other must follow, each change be made once, and the first stand by when it is back', async () => {
    const watch = new AbortController();
    await stage.jobs(0);
    const first = stage.startDaemon(1);
    try {
      await hasSaid(first, '"type":"leading"');
      await count('worker', 1);
      const second = stage.startDaemon(2);
      try {
        await hasSaid(second, '"type":"standing-by"');
        const seen = stage.watchCounts(watch.signal);
        const changed = (): string[] => seen.filter((one) => !one.startsWith('web'));
        await stage.jobs(2 * PER_REPLICA);
        await count('worker', 2);
        expect(await stage.metrics()).toContain('scalectl_leader 1\n');
        expect(await stage.metrics('daemon2')).toContain('scalectl_leader 0\n');

        const demoted = await stage.docker(['node', 'demote', 'node1'], 2);
        expect(demoted.code, demoted.stderr).toBe(0);
        await stage.jobs(4 * PER_REPLICA);
        await hasSaid(first, '"type":"engine-lost"');
        await hasSaid(second, '"type":"leading"', 20_000);
        await count('worker', 4);
        expect(await stage.metrics()).toContain('scalectl_engine_up 0\n');
        expect(await stage.metrics('daemon2')).toContain('scalectl_leader 1\n');
        const { earlier, last } = await stage.why('worker', 'daemon2');
        expect(last?.decision.to).toBe(4);
        expect(earlier.some((one) => one.kind === 'event' && one.type === 'leading')).toBe(true);

        const promoted = await stage.docker(['node', 'promote', 'node1'], 2);
        expect(promoted.code, promoted.stderr).toBe(0);
        await waitFor(
          'the first to stand by',
          () => Promise.resolve(lastLines(first)),
          () => first.output().split('"type":"standing-by"').length === 2,
        );
        await stage.jobs(PER_REPLICA);
        await count('worker', 1);
        await waitFor(
          'the changes to be seen',
          () => Promise.resolve(changed()),
          (now) => now.length >= 3,
        );
        expect(changed()).toEqual(['worker 1-2', 'worker 2-4', 'worker 4-1']);
      } finally {
        await second.stop();
      }
    } finally {
      watch.abort();
      await first.stop();
    }
  });

  test('killed at random points while it scales: each change must be made once, and whole', async () => {
    const { before, after } = await killAtRandom(stage, 3, Math.random);
    expect(before + after).toBe(3);
  });
});
