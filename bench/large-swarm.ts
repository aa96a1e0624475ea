/**
 * A Swarm of 53 nodes with 1,000 services and 10,000 tasks, as a manager tells of it over its socket, and an agent on
 * every worker. Objects are as large as those of a real service with two networks, limits and a health check.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { USAGE_PATH } from '../src/signals/agent-answer.js';
import type { ServiceSpec, SwarmNode, SwarmService, SwarmTask, TaskSpec } from '../src/swarm/objects.js';
import { startFakeEngine, type Route } from '../test/support/fake-engine.js';

export const SERVICES = 1_000;
const PER_SERVICE = 10;
export const TASKS = SERVICES * PER_SERVICE;
const MANAGERS = 3;
const WORKERS = 50;
/** of its limit, by each container: services are at their target, and nothing is to be changed */
const USE = 0.6;
const LIMIT_NANO_CPUS = 500_000_000;
const SINCE = '2026-01-01T00:00:00.123456789Z';

export interface LargeSwarm {
  socketPath: string;
  /** of the agents, as SCALECTL_AGENTS wants them */
  agents: string;
  /** bytes of the largest answer: all tasks */
  taskBytes: number;
  /** `GET /tasks` -> how many since the last reset, whatever the filter or the id */
  calls(): Record<string, number>;
  resetCalls(): void;
  /** Called whenever all services are asked for, which is once in each round of whoever scales them. */
  onRound: (() => void) | null;
  close(): Promise<void>;
}

export async function startLargeSwarm(): Promise<LargeSwarm> {
  const services = Array.from({ length: SERVICES }, (_, n) => serviceOf(n));
  const tasks = services.flatMap((service, n) =>
    Array.from({ length: PER_SERVICE }, (_, slot) => taskOf(service, n, slot)),
  );
  const byId = new Map(services.map((service) => [service.ID, JSON.stringify(service)]));
  const tasksOf = new Map(
    services.map(({ ID }, n) => [ID, JSON.stringify(tasks.slice(n * PER_SERVICE, (n + 1) * PER_SERVICE))]),
  );
  const allTasks = Buffer.from(JSON.stringify(tasks));
  const allServices = Buffer.from(JSON.stringify(services));
  const nodes = Buffer.from(JSON.stringify(Array.from({ length: MANAGERS + WORKERS }, (_, n) => nodeOf(n))));
  const configs: object[] = [];

  const route: Route = ({ method, path, query, body }, response) => {
    const [, kind = '', id = ''] = path.replace(/^\/v\d+\.\d+(?=\/)/, '').split('/');
    const raw = (text: string | Buffer): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    };
    switch (`${method} ${kind}`) {
      case 'GET info':
        return INFO;
      case 'GET nodes':
        return raw(nodes);
      case 'GET services':
        if (id !== '') return raw(byId.get(id) ?? '{}');
        swarm.onRound?.();
        return raw(allServices);
      case 'GET tasks':
        return raw(tasksOf.get(serviceIn(query['filters'])) ?? allTasks);
      case 'GET configs':
        return configs;
      case 'POST configs': {
        // The lease, which nobody else wants.
        const ID = 'lease';
        configs.splice(0, 1, { ID, Version: { Index: 1 }, CreatedAt: SINCE, UpdatedAt: SINCE, Spec: body });
        return { ID };
      }
      case 'GET events':
        // Nothing ever happens.
        response.writeHead(200).flushHeaders();
        return undefined;
      default:
        throw new Error(`nobody should ask ${method} ${path}`);
    }
  };
  const engine = await startFakeEngine({}, route);
  const agents = await Promise.all(
    Array.from({ length: WORKERS }, (_, n) =>
      startAgent(
        nodeId(MANAGERS + n),
        tasks.filter(({ NodeID }) => NodeID === nodeId(MANAGERS + n)),
      ),
    ),
  );
  const swarm: LargeSwarm = {
    socketPath: engine.socketPath,
    agents: agents.map((agent) => `127.0.0.1:${(agent.address() as AddressInfo).port}`).join(','),
    taskBytes: allTasks.length,
    calls: () => {
      const calls: Record<string, number> = {};
      for (const { method, path } of engine.asked) {
        const [, kind = '', id] = path.replace(/^\/v\d+\.\d+(?=\/)/, '').split('/');
        const what = `${method} /${kind}${id === undefined ? '' : '/ID'}`;
        calls[what] = (calls[what] ?? 0) + 1;
      }
      return calls;
    },
    resetCalls: () => void engine.asked.splice(0),
    onRound: null,
    close: async () => {
      for (const agent of agents) {
        agent.closeAllConnections();
        agent.close();
      }
      await engine.close();
    },
  };
  return swarm;
}

/** Answers as an agent does, with counters that go on as time does. */
async function startAgent(node: string, tasks: readonly SwarmTask[]): Promise<Server> {
  const ids = tasks.flatMap(({ Status }) => Status.ContainerStatus?.ContainerID ?? []);
  const server = createServer(({ url }, response) => {
    if (url !== USAGE_PATH) return response.writeHead(404).end();
    const atMs = performance.now();
    const cpuNs = Math.round(atMs * 1e6 * USE * (LIMIT_NANO_CPUS / 1e9));
    const containers = Object.fromEntries(ids.map((id) => [id, [atMs, cpuNs, 50_000_000, 100_000, 1_000]]));
    const answer = { apiVersion: 'scalectl/v1', kind: 'NodeUsage', nodeId: node, run: 'bench', containers };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

/** One that is asked for alone; what else is filtered for holds for all of them here. */
function serviceIn(filters = '{}'): string {
  const { service } = JSON.parse(filters) as { service?: string[] | Record<string, boolean> };
  return (Array.isArray(service) ? service : Object.keys(service ?? {}))[0] ?? '';
}

function id(kind: string, n: number): string {
  return `${kind}${n.toString().padStart(25 - kind.length, '0')}`;
}

function nodeId(n: number): string {
  return id('node', n);
}

function specOf(n: number): ServiceSpec {
  const Name = `stack${Math.floor(n / 10)}_service${n}`;
  const Labels = { 'com.docker.stack.namespace': `stack${Math.floor(n / 10)}` };
  const TaskTemplate: TaskSpec = {
    ContainerSpec: {
      Image: `registry.example.test:5000/team/service-${n}:1.${n}@sha256:${'a1b796dceccc5065'.repeat(4)}`,
      Labels,
      Args: ['node', 'server.js', '--port', '8000'],
      Env: ['DATABASE_HOST=database', 'LOG_LEVEL=info', 'PORT=8000', 'TZ=Europe/Berlin', `NAME=service-${n}`],
      Privileges: { CredentialSpec: null, SELinuxContext: null },
      Healthcheck: {
        Test: ['CMD', 'curl', '-fsS', 'http://localhost:8000/health'],
        Interval: 10_000_000_000,
      },
      Isolation: 'default',
    },
    Resources: {
      Limits: { NanoCPUs: LIMIT_NANO_CPUS, MemoryBytes: 268_435_456 },
      Reservations: { NanoCPUs: 50_000_000, MemoryBytes: 33_554_432 },
    },
    RestartPolicy: { Condition: 'any', Delay: 5_000_000_000, MaxAttempts: 0, Window: 120_000_000_000 },
    Placement: {
      Constraints: ['node.role == worker'],
      Platforms: [{ Architecture: 'amd64', OS: 'linux' }],
    },
    Networks: [0, 1].map((which) => ({ Target: id(`net${which}`, n), Aliases: [`service-${n}`] })),
    ForceUpdate: 0,
  };
  return {
    Name,
    Labels: {
      ...Labels,
      'scalectl.autoscale': 'true',
      'scalectl.min': '2',
      'scalectl.max': '20',
      'scalectl.cpu.target': '60',
    },
    TaskTemplate,
    Mode: { Replicated: { Replicas: PER_SERVICE } },
    UpdateConfig: { Parallelism: 1, FailureAction: 'pause', MaxFailureRatio: 0, Order: 'start-first' },
    EndpointSpec: { Mode: 'dnsrr' },
  };
}

function serviceOf(n: number): SwarmService {
  return {
    ID: id('service', n),
    Version: { Index: 100 + n },
    CreatedAt: SINCE,
    UpdatedAt: SINCE,
    Spec: specOf(n),
  };
}

function taskOf({ ID, Spec }: SwarmService, n: number, slot: number): SwarmTask {
  const index = n * PER_SERVICE + slot;
  const attachments = [0, 1].map((which) => ({
    Network: {
      ID: id(`net${which}`, n),
      Version: { Index: 13 },
      CreatedAt: SINCE,
      UpdatedAt: SINCE,
      Spec: {
        Name: `stack${n}_net${which}`,
        Labels: { 'com.docker.stack.namespace': `stack${n}` },
        DriverConfiguration: { Name: 'overlay' },
        Scope: 'swarm',
      },
      DriverState: { Name: 'overlay', Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' } },
      IPAMOptions: {
        Driver: { Name: 'default' },
        Configs: [{ Subnet: '10.0.1.0/24', Gateway: '10.0.1.1' }],
      },
    },
    Addresses: [`10.0.1.${slot + 2}/24`],
  }));
  const task = {
    ID: id('task', index),
    Version: { Index: 10_000 + index },
    CreatedAt: SINCE,
    UpdatedAt: SINCE,
    Labels: {},
    Spec: Spec.TaskTemplate,
    ServiceID: ID,
    Slot: slot + 1,
    NodeID: nodeId(MANAGERS + (index % WORKERS)),
    Status: {
      Timestamp: SINCE,
      State: 'running' as const,
      Message: 'started',
      ContainerStatus: {
        ContainerID: index.toString(16).padStart(64, '0'),
        PID: 20_000 + index,
        ExitCode: 0,
      },
      PortStatus: {},
    },
    DesiredState: 'running' as const,
    NetworksAttachments: attachments,
  };
  return task;
}

function nodeOf(n: number): SwarmNode {
  return {
    ID: nodeId(n),
    Spec: { Role: n < MANAGERS ? 'manager' : 'worker', Availability: 'active', Labels: {} },
    Description: {
      Hostname: `node${n}`,
      Resources: { NanoCPUs: 128_000_000_000, MemoryBytes: 512 * 2 ** 30 },
    },
    Status: { State: 'ready' },
  };
}

const INFO = {
  ID: 'LARGE',
  Name: 'node0',
  ServerVersion: '26.1.5',
  NCPU: 8,
  MemTotal: 16 * 2 ** 30,
  Swarm: {
    NodeID: nodeId(0),
    LocalNodeState: 'active',
    ControlAvailable: true,
    Nodes: MANAGERS + WORKERS,
    Managers: MANAGERS,
    Cluster: { ID: 'large' },
  },
};
