/**
 * Three managers, an agent on each node, and daemons that run beside the engines, where they can be killed, given
 * another clock or a second one beside them. Counts follow a queue, a rate of requests and the use of CPU.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, inject } from 'vitest';
import { Redis } from 'ioredis';
import type { Why } from '../../src/daemon/why.js';
import { connectEngine } from '../../src/swarm/dockerode.js';
import { resolveEndpoint } from '../../src/swarm/endpoint.js';
import type { Engine } from '../../src/swarm/engine.js';
import { startLab, type Lab } from '../lab/lab.js';
import { openWorld, startProcess, waitFor, type Result, type Running, type World } from './harness.js';

export const STACK = 'trouble';
export const NODES = [1, 2, 3] as const;
const REDIS_PORT = 6392;
const PROXY_PORT = 8082;
const STATS_PORT = 8405;
const AGENT_PORT = 9102;
const AGENT_DELAY_S = 12;
/** jobs per worker, and requests per second per replica of the api */
export const PER_REPLICA = 10;

const HAPROXY = `
global
  maxconn 1000
resolvers docker
  nameserver dns1 127.0.0.11:53
  accepted_payload_size 8192
  hold valid 1s
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend web
  bind :8080
  default_backend api
backend api
  server-template api 8 tasks.${STACK}_api:3000 resolvers docker resolve-prefer ipv4 init-addr none
frontend stats
  bind :8404
  stats enable
  stats uri /stats
`;

const followed = (replicas: number, labels: Record<string, string>) => ({
  replicas,
  endpoint_mode: 'dnsrr',
  labels: {
    'scalectl.autoscale': 'true',
    'scalectl.min': '1',
    'scalectl.max': '6',
    'scalectl.down.window': '0s',
    ...labels,
  },
});
const idle = { image: '${SHOP_IMAGE}', command: ['sleep', '3600'], init: true, stop_grace_period: '1s' };
/** What is looked for on the first node must be there. */
const onFirst = { endpoint_mode: 'dnsrr', placement: { constraints: ['node.hostname == node1'] } };

const stack = {
  services: {
    redis: {
      image: '${REDIS_IMAGE}',
      command: ['redis-server', '--save', '', '--protected-mode', 'no'],
      ports: [{ target: 6379, published: REDIS_PORT, mode: 'host' }],
      stop_grace_period: '1s',
      deploy: onFirst,
    },
    haproxy: {
      image: '${HAPROXY_IMAGE}',
      configs: [{ source: 'haproxy', target: '/usr/local/etc/haproxy/haproxy.cfg' }],
      ports: [
        { target: 8080, published: PROXY_PORT, mode: 'host' },
        { target: 8404, published: STATS_PORT, mode: 'host' },
      ],
      stop_grace_period: '1s',
      deploy: onFirst,
    },
    api: {
      image: '${SHOP_IMAGE}',
      command: ['node', '-e', "require('http').createServer((_, answer) => answer.end()).listen(3000)"],
      init: true,
      stop_grace_period: '1s',
      deploy: followed(1, {
        'scalectl.http.backend': 'api',
        'scalectl.http.url': `http://\${ADDRESS}:${STATS_PORT}/stats`,
        'scalectl.http.target': String(PER_REPLICA),
        'scalectl.http.forecast': 'false',
      }),
    },
    worker: {
      ...idle,
      deploy: followed(1, {
        'scalectl.queue.url': `redis://\${ADDRESS}:${REDIS_PORT}`,
        'scalectl.queue.key': 'jobs',
        'scalectl.queue.target': String(PER_REPLICA),
      }),
    },
    // Too idle for its target: only its minimum, or what is not measured, keeps it from shrinking.
    web: {
      ...idle,
      deploy: {
        ...followed(3, { 'scalectl.min': '3', 'scalectl.max': '3', 'scalectl.cpu.target': '50' }),
        placement: { max_replicas_per_node: 1 },
      },
    },
  },
  configs: { haproxy: { content: HAPROXY } },
};

const agents = {
  services: {
    agent: {
      image: '${SCALECTL_IMAGE}',
      command: ['agent'],
      user: '65534:65534',
      environment: {
        NODE_ID: '{{.Node.ID}}',
        SCALECTL_CGROUP_ROOT: '/host/cgroup',
        SCALECTL_TOKEN_FILE: '/run/secrets/token',
      },
      secrets: [{ source: 'token', target: 'token', uid: '65534', mode: 0o400 }],
      volumes: ['/sys/fs/cgroup:/host/cgroup:ro'],
      ports: [{ target: AGENT_PORT, published: AGENT_PORT, mode: 'host' }],
      stop_grace_period: '1s',
      // Long enough away for its absence to be seen.
      deploy: { mode: 'global', restart_policy: { delay: `${AGENT_DELAY_S}s` } },
    },
  },
  secrets: { token: { file: './token' } },
};

export interface Stage {
  lab: Lab;
  world: World;
  redis: Redis;
  /** where requests for the api go */
  url: string;
  docker(args: readonly string[], node?: number): Promise<Result>;
  engineOf(node: number): Engine;
  startDaemon(node: number, name?: string, env?: Record<string, string>): Running;
  /** the text of the metrics of the daemon by that name */
  metrics(name?: string): Promise<string>;
  /** what the daemon by that name says of a service */
  why(service: string, name?: string): Promise<Why>;
  desired(service: string): Promise<number>;
  /** Sets how many jobs wait. */
  jobs(count: number): Promise<void>;
  /** Every change of a count from now on, as `worker 1-3`, until the signal aborts. */
  watchCounts(signal: AbortSignal): string[];
  close(): Promise<void>;
}

/** @param suffix of the name of the lab, so that files do not share one */
export async function openStage(suffix: string): Promise<Stage> {
  const engine = process.env['SCALECTL_E2E_ENGINE'] === '26' ? '26' : '20';
  const lab = await startLab({ name: `${inject('labName')}-${suffix}`, nodes: NODES.length, engine });
  // This Redis has no password.
  const world = openWorld(STACK, { SCALECTL_REDIS_PASSWORD_FILE: '' }, lab.name);
  const { directory, address } = world;
  expect(world.env['SCALECTL_IMAGE'], 'there is no image of scalectl: npm run build first').toBeDefined();
  world.env['ADDRESS'] = address;
  const token = join(directory, 'token');
  writeFileSync(token, randomBytes(16).toString('hex'));
  writeFileSync(join(directory, 'stack.yml'), JSON.stringify(stack));
  writeFileSync(join(directory, 'agents.yml'), JSON.stringify(agents));
  const hostOf = (node: number): string => lab.node(node).dockerHost;
  const docker = (args: readonly string[], node = 1): Promise<Result> =>
    startProcess('docker', args, {
      cwd: directory,
      env: { PATH: world.env['PATH'] ?? '', DOCKER_HOST: hostOf(node) },
    }).ended;
  const promoted = await docker(['node', 'promote', 'node2', 'node3']);
  expect(promoted.code, promoted.stderr).toBe(0);
  for (const [file, name] of [
    ['agents.yml', 'agents'],
    ['stack.yml', STACK],
  ] as const) {
    const deployed = await world.scalectl(['deploy', '-c', file, '--stack', name]);
    expect(deployed.code, deployed.stderr).toBe(0);
  }
  const redis = new Redis({
    host: address,
    port: REDIS_PORT,
    maxRetriesPerRequest: null,
    retryStrategy: () => 500,
  });
  redis.on('error', () => undefined);
  const engineOf = (node: number): Engine =>
    connectEngine(resolveEndpoint({ env: { ...world.env, DOCKER_HOST: hostOf(node) } }));
  const placeOf = (name: string): Record<string, string> => ({
    SCALECTL_RUNTIME_DIR: join(directory, name),
    SCALECTL_STATE_DIR: join(directory, `${name}-state`),
  });
  // The second: the first one is demoted, and the third is cut off and lost.
  const observer = engineOf(2);
  return {
    lab,
    world,
    redis,
    url: `http://${address}:${PROXY_PORT}/`,
    docker,
    engineOf,
    startDaemon: (node, name = `daemon${node}`, env = {}) =>
      world.start(['autoscale', '--daemon', '--interval', '1s', '--log-format', 'json'], {
        ...placeOf(name),
        DOCKER_HOST: hostOf(node),
        SCALECTL_AGENTS: lab.nodes.map((one) => `${one.address}:${AGENT_PORT}`).join(','),
        SCALECTL_TOKEN_FILE: token,
        SCALECTL_DEBUG: '1',
        ...env,
      }),
    metrics: (name = 'daemon1') => readMetrics(join(directory, name, 'scalectl')),
    why: async (service, name = 'daemon1') => {
      const env = { ...placeOf(name), DOCKER_HOST: hostOf(Number(name.at(6))) };
      const { code, stdout, stderr } = await world.scalectl(['why', service, '-o', 'json'], env);
      if (code !== 0) throw new Error(`scalectl why ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as Why;
    },
    desired: async (service) => {
      const { Spec } = await observer.inspectService(`${STACK}_${service}`);
      return Spec.Mode.Replicated?.Replicas ?? -1;
    },
    jobs: async (count) => {
      const transaction = redis.multi().del('jobs');
      if (count > 0) transaction.rpush('jobs', ...Array.from({ length: count }, String));
      await transaction.exec();
    },
    watchCounts: (signal) => {
      const seen: string[] = [];
      void (async () => {
        for await (const { Actor } of observer.events({ type: ['service'], event: ['update'] }, { signal })) {
          const { name, 'replicas.old': from, 'replicas.new': to } = Actor.Attributes ?? {};
          if (from !== undefined) seen.push(`${name?.replace(`${STACK}_`, '') ?? '?'} ${from}-${to ?? '?'}`);
        }
      })().catch((error: unknown) => {
        if (!signal.aborted) seen.push(`events ended: ${String(error)}`);
      });
      return seen;
    },
    close: async () => {
      redis.disconnect();
      world.close();
      await lab.down();
    },
  };
}

async function readMetrics(socketDirectory: string): Promise<string> {
  const name = readdirSync(socketDirectory).find((one) => one.endsWith('.sock')) ?? 'none.sock';
  const asked = request({ socketPath: join(socketDirectory, name), path: '/metrics' }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return text(answer);
}

const said = (running: Running): string => running.output();

/** What its log says of the present, for errors. */
export const lastLines = (running: Running): string => said(running).split('\n').slice(-4).join('\n');

export const hasSaid = (running: Running, text: string, deadlineMs = 60_000): Promise<unknown> =>
  waitFor(
    text,
    () => Promise.resolve({ found: said(running).includes(text), last: lastLines(running) }),
    ({ found }) => found,
    deadlineMs,
  );
