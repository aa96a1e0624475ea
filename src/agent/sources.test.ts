import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineSource, KernelSource } from './sources.js';

const [OWN, WEB, OTHER, NESTED] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
];

let root: string;
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'scalectl-agent-'))));
afterEach(() => rm(root, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

const source = () =>
  new KernelSource({ root: join(root, 'cg'), procRoot: join(root, 'proc'), clock: () => 42 });

/** A container in version 1, using so many nanoseconds. */
const v1 = (path: string, cpuNs: number): Record<string, string> => ({
  [`cg/cpuacct${path}/cpuacct.usage`]: `${cpuNs}\n`,
  [`cg/cpu${path}/cpu.stat`]: 'nr_periods 40\nnr_throttled 10\nthrottled_time 5\n',
  [`cg/memory${path}/memory.usage_in_bytes`]: '5000\n',
  [`cg/memory${path}/memory.stat`]: 'total_inactive_file 2000\n',
});
const v2 = (path: string, cpuUs: number): Record<string, string> => ({
  [`cg${path}/cpu.stat`]: `usage_usec ${cpuUs}\nnr_periods 40\nnr_throttled 10\n`,
  [`cg${path}/memory.current`]: '5000\n',
  [`cg${path}/memory.stat`]: 'anon 1\ninactive_file 2000\n',
});
const V2 = { 'cg/cgroup.controllers': 'cpu memory\n' };

const counters = (cpuNs: number) => ({
  atMs: 42,
  cpuNs,
  memoryBytes: 3000,
  throttling: { periods: 40, throttled: 10 },
});

describe('what the kernel tells an agent', () => {
  it.each([
    [
      'v1, Docker alone',
      `9:memory:/docker/${OWN}\n2:cpuacct:/docker/${OWN}\n1:cpu:/docker/${OWN}\n`,
      '/docker',
    ],
    [
      'v1, an Engine with a parent of its own, beside another Engine',
      `9:memory:/engine-1/${OWN}\n4:cpu,cpuacct:/engine-1/${OWN}\n0::/engine-1/${OWN}\n`,
      '/engine-1',
    ],
  ])('%s: its siblings, and nobody else', async (_, proc, parent) => {
    await write({
      'proc/self/cgroup': proc,
      ...v1(`${parent}/${OWN}`, 1),
      ...v1(`${parent}/${WEB}`, 2),
      ...v1(`/engine-2/${OTHER}`, 3),
      ...v1(`${parent}/${WEB}/docker/${NESTED}`, 4),
    });
    expect(Object.fromEntries(await source().read())).toEqual({ [OWN]: counters(1), [WEB]: counters(2) });
    expect(source().description).toBe(`cgroup v1 at ${join(root, 'cg')} below ${parent}`);
  });

  it.each([
    ['in a cgroup namespace', '9:memory:/\n2:cpuacct:/\n'],
    ['outside of a container', '9:memory:/user.slice\n2:cpuacct:/user.slice\n'],
    ['where the tree is another', `9:memory:/x/${OWN}\n2:cpuacct:/x/${OWN}\n`],
  ])('v1 %s: every container of the machine', async (_, proc) => {
    await write({
      'proc/self/cgroup': proc,
      ...v1(`/docker/${WEB}`, 2),
      ...v1(`/docker/${WEB}/docker/${NESTED}`, 4),
      ...v1(`/deep/er/${OTHER}`, 3),
      ...v1('/docker', 99),
    });
    expect(Object.fromEntries(await source().read())).toEqual({ [WEB]: counters(2), [OTHER]: counters(3) });
  });

  it.each([
    ["systemd's driver", `/system.slice/docker-${WEB}.scope`, `/system.slice/docker-${OTHER}.scope`],
    ["Docker's own", `/docker/${WEB}`, `/docker/${OTHER}`],
  ])('v2, %s', async (_, web, other) => {
    await write({ ...V2, 'proc/self/cgroup': '0::/\n', ...v2(web, 2), ...v2(other, 3) });
    await write({ 'cg/system.slice/ssh.service/cpu.stat': 'usage_usec 7\n' });
    expect(Object.fromEntries(await source().read())).toEqual({
      [WEB]: counters(2000),
      [OTHER]: counters(3000),
    });
  });

  it('v2 without a namespace: its siblings', async () => {
    await write({
      ...V2,
      'proc/self/cgroup': `0::/system.slice/docker-${OWN}.scope\n`,
      ...v2(`/system.slice/docker-${OWN}.scope`, 1),
      ...v2(`/system.slice/docker-${WEB}.scope`, 2),
      ...v2(`/other.slice/docker-${OTHER}.scope`, 3),
    });
    expect([...(await source().read()).keys()].sort()).toEqual([OWN, WEB]);
  });

  it('sees containers come and go', async () => {
    await write({
      'proc/self/cgroup': '2:cpuacct:/\n',
      ...v1(`/docker/${WEB}`, 1),
      ...v1(`/docker/${OTHER}`, 1),
    });
    const kernel = source();
    expect([...(await kernel.read()).keys()].sort()).toEqual([WEB, OTHER]);
    for (const controller of ['cpuacct', 'cpu', 'memory'])
      await rm(join(root, 'cg', controller, 'docker', OTHER), { recursive: true });
    await write(v1(`/docker/${NESTED}`, 5));
    expect([...(await kernel.read()).keys()].sort()).toEqual([WEB, NESTED]);
  });

  it('leaves out what ends while it is read', async () => {
    await write({ 'proc/self/cgroup': '', ...v1(`/docker/${WEB}`, 1) });
    await rm(join(root, `cg/memory/docker/${WEB}`), { recursive: true });
    expect(await source().read()).toEqual(new Map());
  });
});

describe('what the Engine tells an agent', () => {
  const stats = (total: number) => ({
    read: '2026-01-01T00:00:00Z',
    cpu_stats: { cpu_usage: { total_usage: total } },
    memory_stats: { usage: 10 },
  });
  it('is asked for tasks only, all at once; one that fails is left out', async () => {
    const asked: unknown[] = [];
    const read = await new EngineSource({
      address: 'unix:///x',
      listContainers: (filters) => {
        asked.push(filters);
        return Promise.resolve([WEB, OTHER].map((Id) => ({ Id, State: 'running', Labels: {} })));
      },
      containerStats: (id, options) => {
        asked.push([id, options?.oneShot]);
        return id === WEB ? Promise.resolve(stats(5)) : Promise.reject(new Error('gone'));
      },
    }).read();
    expect(asked).toEqual([{ label: ['com.docker.swarm.task.id'] }, [WEB, true], [OTHER, true]]);
    expect(Object.fromEntries(read)).toEqual({
      [WEB]: { atMs: Date.parse('2026-01-01T00:00:00Z'), cpuNs: 5, memoryBytes: 10, throttling: null },
    });
  });
});
