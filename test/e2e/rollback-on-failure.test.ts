import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, waitFor, type World } from './harness.js';

const STACK = 'returns';
const PORT = 8097;

const HAPROXY = `
resolvers docker
  nameserver dns 127.0.0.11:53
  accepted_payload_size 8192
  timeout resolve 1s
  hold valid 1s
  hold obsolete 0s
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
frontend front
  bind :8080
  default_backend web
backend web
  balance roundrobin
  option httpchk GET /
  default-server check inter 500ms fall 1 rise 1 resolvers docker resolve-prefer ipv4 init-addr none
  server-template web 8 tasks.${STACK}_web:3000
`;

const stack = (version: string, command: string): string => `
services:
  haproxy:
    image: \${HAPROXY_IMAGE}
    configs: [{ source: haproxy_cfg, target: /usr/local/etc/haproxy/haproxy.cfg }]
    ports: [{ target: 8080, published: ${PORT}, mode: host }]
    stop_grace_period: 1s
    deploy: { endpoint_mode: dnsrr }
  web:
    image: \${SHOP_IMAGE}
    command: ${JSON.stringify(['node', '-e', command])}
    environment: { VERSION: '${version}' }
    healthcheck: { test: 'test -e /tmp/fine', interval: 1s, retries: 2 }
    stop_grace_period: 5s
    deploy:
      replicas: 3
      endpoint_mode: dnsrr
      restart_policy: { delay: 1s }
      update_config: { order: start-first, parallelism: 1 }
configs:
  haproxy_cfg: { file: haproxy.cfg }
`;

/** Answers with its version. Goes on answering for a while when it is told to stop, until the balancer has noticed. */
const serves = (health: string): string => `
  require('http').createServer((_, answer) => answer.end(process.env.VERSION)).listen(3000, () => { ${health} });
  process.on('SIGTERM', () => setTimeout(() => process.exit(0), 3000));`;
const FINE = "require('fs').writeFileSync('/tmp/fine', '')";

let world: World;

beforeAll(async () => {
  world = openWorld(STACK);
  writeFileSync(join(world.directory, 'haproxy.cfg'), HAPROXY);
  writeFileSync(join(world.directory, 'stack.yml'), stack('1', serves(FINE)));
  const deployed = await world.scalectl(['deploy', '-c', 'stack.yml']);
  expect(deployed.stderr).toContain(`stack ${STACK} is up after`);
  await waitFor(
    'the balancer to find the tasks',
    () => Promise.all(Array.from({ length: 6 }, ask)),
    (answers) => answers.every((answer) => answer === '1'),
  );
});

afterAll(async () => {
  await world.scalectl(['down', '--volumes', '--yes']);
  world.close();
});

async function ask(): Promise<string> {
  try {
    const response = await fetch(`http://${world.address}:${PORT}/`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? await response.text() : `status ${response.status}`;
  } catch (error) {
    return String(error);
  }
}

/** Asks the balancer again and again while something goes on; how often it was answered what. */
async function polled<T>(meanwhile: Promise<T>): Promise<{ result: T; answers: Record<string, number> }> {
  const answers: Record<string, number> = {};
  const client = { asks: true };
  const asking = Promise.all(
    [1, 2, 3].map(async () => {
      while (client.asks) {
        const answer = await ask();
        answers[answer] = (answers[answer] ?? 0) + 1;
        await delay(10);
      }
    }),
  );
  try {
    return { result: await meanwhile, answers };
  } finally {
    client.asks = false;
    await asking;
  }
}

describe('deploy --rollback-on-failure of a version that does not work', () => {
  test.each([
    ['it crashes', 'console.error("no schema"); process.exit(4)', /exit code 4[^]*\| no schema/],
    ['it is never healthy', serves(''), /ended with exit code 0, stopped because its health check failed/],
  ])('%s: the old version must serve throughout', async (_, command, reason) => {
    writeFileSync(join(world.directory, 'stack.yml'), stack('2', command));
    const { result, answers } = await polled(
      world.scalectl(['deploy', '-c', 'stack.yml', '--rollback-on-failure']),
    );
    expect(result.stderr).toMatch(reason);
    expect(result.stderr).toMatch(/rolled back to release \d+/);
    expect(result.code).toBe(1);
    expect(Object.keys(answers)).toEqual(['1']);
    expect(answers['1']).toBeGreaterThan(100);
    const tasks = await world.engine.listTasks({ service: [`${STACK}_web`], 'desired-state': ['running'] });
    expect(tasks.map(({ Spec, Status }) => [Spec.ContainerSpec?.Env, Status.State])).toEqual(
      [1, 2, 3].map(() => [['VERSION=1'], 'running']),
    );
  });
});
