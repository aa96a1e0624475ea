import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { formatNodeUsage, parseNodeUsage } from './agent-answer.js';
import { parseAgents } from './agent-addresses.js';
import { Agents, type AgentsOptions } from './agents.js';
import type { UsageQuery } from './types.js';
import { UsageSampler } from './usage.js';

const TOKEN = 'correct-horse-battery';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

interface FakeAgent {
  nodeId: string;
  run?: string;
  /** by container id */
  cpuNs: Record<string, number>;
  atMs?: number;
  status?: number;
  silent?: boolean;
  body?: string;
}

/** Returns its address as a name would be resolved, and its port. */
async function start(agent: FakeAgent): Promise<number> {
  const server = createServer((request, response) => {
    if (agent.silent) return;
    const { status = request.headers.authorization === `Bearer ${TOKEN}` ? 200 : 401 } = agent;
    const rows = Object.entries(agent.cpuNs).map(
      ([id, cpuNs]) => [id, { atMs: agent.atMs ?? 0, cpuNs, memoryBytes: 50, throttling: null }] as const,
    );
    const { nodeId, run = 'r1' } = agent;
    response.writeHead(status).end(agent.body ?? formatNodeUsage({ nodeId, run, containers: new Map(rows) }));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function agents(ports: readonly number[], options: Partial<AgentsOptions> = {}): Agents {
  return new Agents({
    addresses: ports.map((port) => ({ host: '127.0.0.1', port })),
    token: () => Promise.resolve(TOKEN),
    nodeNames: () => Promise.resolve(new Map([1, 2, 3].map((n) => [`n${n}`, `node${n}`]))),
    deadlineMs: 300,
    ...options,
  });
}

const query = (nodeId: string, containerId: string): UsageQuery => ({
  taskId: `task-${containerId}`,
  serviceId: 's',
  nodeId,
  isLocal: false,
  containerId,
  pid: null,
  cores: 1,
  memoryLimitBytes: 100,
});

const never = { local: false, containerStats: () => Promise.reject(new Error('not asked')) };
const nobody = new AbortController().signal;

describe('the agents of all nodes', () => {
  it('each task is measured by the agent of its own node', async () => {
    const first: FakeAgent = { nodeId: 'n1', cpuNs: { a: 0 } };
    const second: FakeAgent = { nodeId: 'n2', cpuNs: { b: 0, a: 7e9 } };
    const reader = agents([await start(first), await start(second)]);
    let now = 0;
    const sampler = new UsageSampler(never, { agents: reader, clock: () => now });
    const queries = [query('n1', 'a'), query('n2', 'b')];
    expect((await sampler.read(queries)).map(({ cpuPercent }) => cpuPercent)).toEqual([null, null]);
    Object.assign(first, { atMs: 1000, cpuNs: { a: 5e8 } });
    Object.assign(second, { atMs: 1000, cpuNs: { b: 1e9, a: 7e9 } });
    now = 1000;
    const found = await sampler.read(queries);
    expect(found.map(({ cpuPercent, memoryPercent }) => [cpuPercent, memoryPercent])).toEqual([
      [50, 50],
      [100, 50],
    ]);
  });

  it('the answer of another node never counts', async () => {
    const reader = agents([await start({ nodeId: 'n2', cpuNs: { a: 5 } })]);
    await reader.begin([query('n1', 'a')], nobody);
    expect(reader.read(query('n1', 'a'))).toBeNull();
    expect(reader.whyNot(query('n1', 'a'))).toEqual({ node: 'node1', why: 'which has no agent' });
    expect(reader.whyNot(query('n2', 'b'))).toEqual({
      node: 'node2',
      why: 'whose agent does not know them yet',
    });
  });

  it('readings of two runs of an agent are not compared', async () => {
    const fake: FakeAgent = { nodeId: 'n1', cpuNs: { a: 1e9 } };
    let now = 0;
    const sampler = new UsageSampler(never, { agents: agents([await start(fake)]), clock: () => now });
    await sampler.read([query('n1', 'a')]);
    Object.assign(fake, { run: 'r2', atMs: 1000, cpuNs: { a: 15e8 } });
    now = 1000;
    expect((await sampler.read([query('n1', 'a')]))[0]!.cpuPercent).toBeNull();
    Object.assign(fake, { atMs: 2000, cpuNs: { a: 16e8 } });
    now = 2000;
    expect((await sampler.read([query('n1', 'a')]))[0]!.cpuPercent).toBeCloseTo(10);
  });

  it.each<[string, Partial<FakeAgent>]>([
    ['hangs', { silent: true }],
    ['fails', { status: 500 }],
    ['talks nonsense', { body: '<html>' }],
    ['says another kind of thing', { body: '{"apiVersion":"scalectl/v1","kind":"Samples"}' }],
  ])('one that %s is silent, and the others are not waited for', async (_, broken) => {
    const good = await start({ nodeId: 'n1', cpuNs: { a: 5 } });
    const reader = agents([good, await start({ nodeId: 'n2', cpuNs: { b: 5 }, ...broken })]);
    const began = performance.now();
    await reader.begin([query('n1', 'a'), query('n2', 'b')], nobody);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(reader.read(query('n1', 'a'))).toMatchObject({ cpuNs: 5 });
    expect(reader.read(query('n2', 'b'))).toBeNull();
    expect(reader.whyNot(query('n2', 'b'))).toEqual({ node: 'node2', why: 'whose agent does not answer' });
  });

  it('one that was there is missed by name, also when its address is gone', async () => {
    const ports = [await start({ nodeId: 'n1', cpuNs: {} }), await start({ nodeId: 'n2', cpuNs: { b: 1 } })];
    let known = ['127.0.0.1', '127.0.0.2'];
    const reader = agents([], {
      addresses: [{ host: 'tasks.agent', port: ports[1]! }],
      resolve: () => Promise.resolve(known),
    });
    await reader.begin([query('n2', 'b')], nobody);
    expect(reader.read(query('n2', 'b'))).not.toBeNull();
    known = [];
    await reader.begin([query('n2', 'b'), query('n3', 'c')], nobody);
    expect(reader.whyNot(query('n2', 'b'))).toEqual({ node: 'node2', why: 'whose agent does not answer' });
    expect(reader.whyNot(query('n3', 'c'))).toEqual({ node: 'node3', why: 'which has no agent' });
  });

  it('a token that is refused, cannot be read, or a name that means nothing is told as such', async () => {
    const port = await start({ nodeId: 'n1', cpuNs: { a: 5 } });
    const why = async (options: Partial<AgentsOptions>, ports = [port]) => {
      const reader = agents(ports, options);
      await reader.begin([query('n1', 'a')], nobody);
      expect(reader.read(query('n1', 'a'))).toBeNull();
      return reader.whyNot(query('n1', 'a')).why;
    };
    expect(await why({ token: () => Promise.resolve('another-token-entirely') })).toBe(
      'whose agent refuses the token (SCALECTL_TOKEN_FILE)',
    );
    expect(await why({ token: () => Promise.reject(new Error('no file /t')) })).toBe(
      'whose agent cannot be asked: no file /t',
    );
    const resolve = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
    expect(await why({ addresses: [{ host: 'tasks.agent', port: 1 }], resolve })).toBe(
      'whose agent cannot be found (tasks.agent: ENOTFOUND)',
    );
  });

  it('a node keeps its id where no name is to be had', async () => {
    const reader = agents([], { nodeNames: () => Promise.reject(new Error('no')) });
    await reader.begin([query('n9', 'a')], nobody);
    expect(reader.whyNot(query('n9', 'a')).node).toBe('n9');
  });
});

it('what an agent told is gone with its round', async () => {
  const reader = agents([await start({ nodeId: 'n1', cpuNs: { a: 7 } })]);
  await reader.begin([query('n1', 'a')], nobody);
  expect(reader.read(query('n1', 'a'))).toMatchObject({ reader: 'agent n1 r1', cpuNs: 7 });
  reader.end();
  expect(reader.read(query('n1', 'a'))).toBeNull();
});

describe('the answer of an agent', () => {
  const whole = { apiVersion: 'scalectl/v1', kind: 'NodeUsage', nodeId: 'n', run: 'r', containers: {} };
  it.each([
    ['no node', { ...whole, nodeId: '' }],
    ['no run', { ...whole, run: undefined }],
    ['no containers', { ...whole, containers: [] }],
    ['another version', { ...whole, apiVersion: 'scalectl/v2' }],
    ['a list', []],
    ['nothing', null],
  ])('with %s is none', (_, answer) => {
    expect(parseNodeUsage(JSON.stringify(answer))).toBeNull();
  });
  it('a row that is not whole is left out', () => {
    const containers = {
      a: [1, 2, 3, 4, 5],
      b: [1, -2, 3, 4, 5],
      c: ['1', 2],
      d: [1, 2, null, null, null],
      e: 7,
    };
    const found = parseNodeUsage(JSON.stringify({ ...whole, containers }))?.containers;
    expect([...(found ?? [])]).toEqual([
      ['a', { atMs: 1, cpuNs: 2, memoryBytes: 3, throttling: { periods: 4, throttled: 5 } }],
      ['d', { atMs: 1, cpuNs: 2, memoryBytes: null, throttling: null }],
    ]);
  });
});

describe('SCALECTL_AGENTS', () => {
  it.each([
    ['', []],
    [' , ', []],
    ['tasks.scalectl_agent:9102', [{ host: 'tasks.scalectl_agent', port: 9102 }]],
    [
      '10.0.0.1:1, [fd00::1]:2',
      [
        { host: '10.0.0.1', port: 1 },
        { host: 'fd00::1', port: 2 },
      ],
    ],
  ])('%j', (text, expected) => {
    expect(parseAgents(text)).toEqual(expected);
  });
  it.each(['agent', 'agent:', 'agent:0', 'agent:99999', 'http://agent:1', 'a b:1', ':9102'])(
    'refuses %j',
    (text) => {
      expect(() => parseAgents(text)).toThrow(`"${text}" is no address of agents`);
    },
  );
});
