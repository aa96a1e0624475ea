import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerStats, SwarmTask } from '../swarm/objects.js';
import { CgroupReader } from './cgroup-reader.js';
import { sampleOnce, summariseUsage } from './service-usage.js';
import type { UsageQuery } from './types.js';
import { usageQueries, UsageSampler } from './usage.js';

const ID = 'c0ffee'.repeat(10);
const query = (more: Partial<UsageQuery> = {}): UsageQuery => ({
  taskId: 't',
  serviceId: 's',
  nodeId: 'here',
  isLocal: true,
  containerId: ID,
  pid: 7,
  cores: 1,
  memoryLimitBytes: 100,
  ...more,
});

function stats(atMs: number, cpuNs: number, memory: ContainerStats['memory_stats'] = {}): ContainerStats {
  return {
    read: new Date(atMs).toISOString(),
    cpu_stats: { cpu_usage: { total_usage: cpuNs } },
    memory_stats: memory,
  };
}

/** An Engine that answers with these, in turn. */
function engine(...answers: (ContainerStats | Error | 'never')[]) {
  return {
    local: false,
    containerStats: (): Promise<ContainerStats> => {
      const answer = answers.shift() ?? new Error('no more answers');
      if (answer === 'never') return new Promise(() => undefined);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

/** Reads `times` times; our clock goes the way of `clockMs`. */
async function cpuOf(
  source: ReturnType<typeof engine>,
  clockMs: number[],
  cores = 1,
): Promise<(number | null)[]> {
  const sampler = new UsageSampler(source, { clock: () => clockMs.shift() ?? 0, deadlineMs: 50 });
  const found: (number | null)[] = [];
  for (let left = clockMs.length; left > 0; left--) {
    found.push((await sampler.read([query({ cores })]))[0]!.cpuPercent);
  }
  return found;
}

describe('CPU between two readings of the Engine', () => {
  const T = 1_700_000_000_000;
  it.each<[string, (ContainerStats | Error)[], number[], number, (number | null)[]]>([
    ['half a core of one', [stats(T, 0), stats(T + 2_000, 1e9)], [0, 2_000], 1, [null, 50]],
    [
      'half a core of a limit of half a core',
      [stats(T, 0), stats(T + 2_000, 1e9)],
      [0, 2_000],
      0.5,
      [null, 100],
    ],
    ['idle is a real zero', [stats(T, 5), stats(T + 2_000, 5)], [0, 2_000], 1, [null, 0]],
    ['a counter that went back', [stats(T, 9e9), stats(T + 2_000, 1e9)], [0, 2_000], 1, [null, null]],
    ['the same reading again', [stats(T, 1), stats(T, 1)], [0, 2_000], 1, [null, null]],
    ['a clock that jumped ahead', [stats(T, 0), stats(T + 3_600_000, 1e9)], [0, 2_000], 1, [null, null]],
    ['a clock that jumped back', [stats(T, 0), stats(T - 3_600_000, 1e9)], [0, 2_000], 1, [null, null]],
    [
      'a stopped container',
      [stats(T, 5e9), { ...stats(T, 0), read: '0001-01-01T00:00:00Z' }],
      [0, 2_000],
      1,
      [null, null],
    ],
    [
      'a lost reading in between',
      [stats(T, 0), new Error('gone'), stats(T + 4_000, 1e9)],
      [0, 4_000, 4_000],
      1,
      [null, null, 25],
    ],
  ])('%s', async (_name, answers, clockMs, cores, expected) => {
    expect(await cpuOf(engine(...answers), clockMs, cores)).toEqual(expected);
  });

  it('is unknown for one that does not answer, within the deadline, and known for the others', async () => {
    const source = {
      local: false,
      containerStats: (id: string) =>
        id === 'slow'
          ? new Promise<ContainerStats>(() => undefined)
          : Promise.resolve(stats(T, 1, { usage: 50 })),
    };
    const began = performance.now();
    const found = await new UsageSampler(source, { deadlineMs: 50 }).read([
      query({ containerId: 'slow' }),
      query(),
    ]);
    expect(performance.now() - began).toBeLessThan(500);
    expect(found.map(({ memoryPercent }) => memoryPercent)).toEqual([null, 50]);
  });
});

describe('memory', () => {
  it.each<[string, ContainerStats['memory_stats'], number | null, number | null]>([
    ['cgroup v2', { usage: 80, stats: { inactive_file: 30 } }, 100, 50],
    ['cgroup v1', { usage: 80, stats: { total_inactive_file: 30, inactive_file: 99 } }, 100, 50],
    ['more cache than use', { usage: 80, stats: { inactive_file: 90 } }, 100, 80],
    ['without a limit', { usage: 80 }, null, null],
    ['unknown', {}, 100, null],
  ])('%s', async (_name, memory, memoryLimitBytes, expected) => {
    const sampler = new UsageSampler(engine(stats(1e12, 1, memory)));
    expect((await sampler.read([query({ memoryLimitBytes })]))[0]!.memoryPercent).toBe(expected);
  });
});

describe('throttling', () => {
  type Throttling = { periods: number; throttled: number } | null;
  it.each<[string, Throttling, Throttling, number | null]>([
    ['a quarter of the periods', { periods: 100, throttled: 10 }, { periods: 140, throttled: 20 }, 25],
    ['never', { periods: 100, throttled: 10 }, { periods: 140, throttled: 10 }, 0],
    ['not running', { periods: 100, throttled: 10 }, { periods: 100, throttled: 10 }, 0],
    ['counters that began anew', { periods: 100, throttled: 10 }, { periods: 3, throttled: 0 }, null],
    ['not told', null, null, null],
  ])('%s', async (_, before, now, expected) => {
    let turn = 0;
    const reader = {
      read: () =>
        Promise.resolve({
          reader: 'cgroup',
          atMs: turn * 1_000,
          cpuNs: turn,
          memoryBytes: 1,
          throttling: turn === 0 ? before : now,
        }),
      keepOnly: () => undefined,
    };
    const sampler = new UsageSampler(engine(), { readers: [reader], clock: () => turn * 1_000 });
    expect((await sampler.read([query()]))[0]!.throttledPercent).toBeNull();
    turn = 5;
    expect((await sampler.read([query()]))[0]!.throttledPercent).toBe(expected);
  });
});

describe('the kernel', () => {
  let root: string;
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'scalectl-cgroup-'))));
  afterEach(() => rm(root, { recursive: true }));

  async function write(files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }
  const reader = () =>
    new CgroupReader({ procRoot: join(root, 'proc'), cgroupRoot: join(root, 'cg'), clock: () => 42 });
  const read = (source = reader(), more: Partial<UsageQuery> = {}) => source.read(query(more));

  const V1 = {
    'proc/7/cgroup': `12:memory:/docker/${ID}\n4:cpu,cpuacct:/docker/${ID}\n0::/docker/${ID}\n`,
    [`cg/cpuacct/docker/${ID}/cpuacct.usage`]: '123456789\n',
    [`cg/cpu/docker/${ID}/cpu.stat`]: 'nr_periods 40\nnr_throttled 10\nthrottled_time 5\n',
    [`cg/memory/docker/${ID}/memory.usage_in_bytes`]: '5000\n',
    [`cg/memory/docker/${ID}/memory.stat`]: 'cache 1\ninactive_file 7\ntotal_inactive_file 2000\ntotal_x 1\n',
  };
  const V2 = {
    'proc/7/cgroup': `0::/system.slice/docker-${ID}.scope\n`,
    [`cg/system.slice/docker-${ID}.scope/cpu.stat`]:
      'usage_usec 123456\nuser_usec 1\nnr_periods 40\nnr_throttled 10\n',
    [`cg/system.slice/docker-${ID}.scope/memory.current`]: '5000\n',
    [`cg/system.slice/docker-${ID}.scope/memory.stat`]: 'anon 1\ninactive_file 2000\n',
  };

  const outside = {
    [`docker/${ID}/cpu.stat`]: 'usage_usec 1\n',
    [`docker/${ID}/memory.current`]: '1\n',
    [`docker/${ID}/memory.stat`]: 'inactive_file 0\n',
  };

  it('v1, with a unified hierarchy beside it', async () => {
    await write(V1);
    expect(read()).toEqual({
      reader: 'cgroup',
      atMs: 42,
      cpuNs: 123456789,
      memoryBytes: 3000,
      throttling: { periods: 40, throttled: 10 },
    });
  });

  it('v2', async () => {
    await write(V2);
    expect(read()).toEqual({
      reader: 'cgroup',
      atMs: 42,
      cpuNs: 123456000,
      memoryBytes: 3000,
      throttling: { periods: 40, throttled: 10 },
    });
  });

  it.each([
    ['a process of another container', { 'proc/7/cgroup': `0::/docker/${'beef'.repeat(16)}\n` }, 7],
    ['a process outside our cgroup namespace', { 'proc/7/cgroup': `0::/../docker/${ID}\n`, ...outside }, 7],
    ['no process', {}, 8],
    ['no process id', {}, null],
  ])('is not read for %s', async (_name, files, pid) => {
    await write({ ...V2, ...files });
    expect(read(reader(), { pid })).toBeNull();
  });

  it('is not asked for what runs on another node, and neither is the Engine', async () => {
    await write(V2);
    expect(read(reader(), { isLocal: false })).toBeNull();
    const source = engine(stats(1e12, 1, { usage: 50 }));
    const [found] = await new UsageSampler(source).read([query({ isLocal: false })]);
    expect(found).toMatchObject({ memoryBytes: null });
  });

  it('is looked for anew when its files are gone', async () => {
    await write(V2);
    const source = reader();
    expect(read(source)).not.toBeNull();
    await rm(join(root, 'cg'), { recursive: true });
    expect(read(source)).toBeNull();
    await write(V1);
    expect(read(source)).toMatchObject({ cpuNs: 123456789 });
  });

  it('gives way to the Engine, and readings of the two are not compared', async () => {
    await write(V2);
    const source = { ...engine(stats(1e12, 5e9)), local: true };
    const kernel = reader();
    const fallback = new UsageSampler(source).read([query({ pid: null })]);
    expect((await fallback)[0]!.cpuPercent).toBeNull();
    let turn = 0;
    const changing = {
      read: () =>
        Promise.resolve({
          reader: turn++ === 0 ? 'cgroup' : 'engine',
          atMs: turn * 1_000,
          cpuNs: turn,
          memoryBytes: 1,
          throttling: null,
        }),
      keepOnly: () => undefined,
    };
    const sampler = new UsageSampler(source, { readers: [changing], clock: () => turn * 1_000 });
    await sampler.read([query()]);
    expect((await sampler.read([query()]))[0]!.cpuPercent).toBeNull();
    expect((await sampler.read([query()]))[0]!.cpuPercent).not.toBeNull();
    kernel.keepOnly(new Set());
  });
});

function task(
  id: string,
  more: {
    node?: string;
    state?: SwarmTask['Status']['State'];
    resources?: SwarmTask['Spec']['Resources'];
  } = {},
): SwarmTask {
  return {
    ID: id,
    Version: { Index: 1 },
    CreatedAt: '',
    UpdatedAt: '',
    Spec: more.resources === undefined ? {} : { Resources: more.resources },
    ServiceID: 's',
    NodeID: more.node ?? 'here',
    DesiredState: 'running',
    Status: {
      Timestamp: '',
      State: more.state ?? 'running',
      ContainerStatus: { ContainerID: `c-${id}`, PID: 0 },
    },
  };
}

describe('what is measured', () => {
  it('is what runs, here or elsewhere, against its limit, its reservation or one core', () => {
    const queries = usageQueries(
      [
        task('limit', {
          resources: { Limits: { NanoCPUs: 5e8, MemoryBytes: 64 }, Reservations: { NanoCPUs: 1e8 } },
        }),
        task('reservation', { resources: { Limits: { MemoryBytes: 0 }, Reservations: { NanoCPUs: 2e8 } } }),
        task('none'),
        task('elsewhere', { node: 'there' }),
        task('starting', { state: 'starting' }),
      ],
      'here',
    );
    expect(
      queries.map(({ taskId, isLocal, cores, memoryLimitBytes }) => [
        taskId,
        isLocal,
        cores,
        memoryLimitBytes,
      ]),
    ).toEqual([
      ['limit', true, 0.5, 64],
      ['reservation', true, 0.2, null],
      ['none', true, 1, null],
      ['elsewhere', false, 1, null],
    ]);
  });

  it('is summed up per service with its coverage, and nothing measured is unknown', () => {
    const tasks = [task('a'), task('b'), task('c', { node: 'there' }), task('d', { state: 'preparing' })];
    const usage = ['a', 'b'].map((taskId, index) => ({
      taskId,
      serviceId: 's',
      cpuPercent: index * 50,
      memoryPercent: null,
      memoryBytes: 1,
      throttledPercent: null,
    }));
    expect(summariseUsage(tasks, usage).get('s')).toMatchObject({
      cpuPercent: 25,
      memoryPercent: null,
      sampled: 2,
      running: 3,
    });
    expect(summariseUsage(tasks, []).get('s')).toMatchObject({ cpuPercent: null, sampled: 0, running: 3 });
  });
});

describe('a one-time sample', () => {
  it('takes two readings', async () => {
    const began = performance.now();
    const source = {
      local: false,
      containerStats: () =>
        Promise.resolve(stats(1e12 + performance.now(), (performance.now() - began) * 5e5)),
    };
    const found = (await sampleOnce(source, [task('a')], 'here', { gapMs: 150 })).get('s');
    expect(found?.cpuPercent).toBeGreaterThan(40);
    expect(found?.cpuPercent).toBeLessThan(60);
  });

  it('keeps to its budget with an Engine that waits, and says what it has', async () => {
    let calls = 0;
    const source = {
      local: false,
      containerStats: async () => {
        await delay(calls++ === 0 ? 100 : 5_000, undefined, { ref: false });
        return stats(1e12, 1, { usage: 50 });
      },
    };
    const limited = task('a', { resources: { Limits: { MemoryBytes: 100 } } });
    const began = performance.now();
    const found = (await sampleOnce(source, [limited], 'here', { gapMs: 100, budgetMs: 400 })).get('s');
    expect(performance.now() - began).toBeLessThan(700);
    expect(found).toMatchObject({ cpuPercent: null, memoryPercent: 50, sampled: 0, running: 1 });
  });
});
