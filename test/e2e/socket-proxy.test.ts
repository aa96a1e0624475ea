/** What the daemon asks of the Engine is what the documentation says, and it works with no more than that. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEASE_NAME } from '../../src/daemon/lease-record.js';
import type { Evaluation } from '../../src/daemon/types.js';
import { parseNodeUsage } from '../../src/signals/agent-answer.js';
import { openWorld, ROOT, startProcess, waitFor, type World } from './harness.js';
import { proxyEngine } from './engine-proxy.js';

const STACK = 'proxied';

let world: World;

beforeAll(async () => {
  world = openWorld(STACK, { REPLICAS: '2' });
  const deployed = await world.scalectl(['deploy', '-c', join(ROOT, 'test/fixtures/idle.yml')]);
  expect(deployed.stderr).toContain(`${STACK}_web 2/2 up`);
});

afterAll(async () => {
  await world.scalectl(['down', '--yes']);
  world.close();
});

const replicas = async () => (await world.service('web')).replicas.desired;
const socket = () => (world.env['DOCKER_HOST'] ?? '').replace('unix://', '');

test('the daemon must ask for the documented routes, all of them and no others', async () => {
  const page = readFileSync(join(ROOT, 'docs/several-nodes.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `((?:GET|POST) \/[^`]+)` +\|/gm)].map(([, route]) => route);
  const proxy = await proxyEngine(socket(), 0);
  const id = (await world.engine.inspectService(`${STACK}_web`)).ID;
  // Somebody else is quicker once, so that the service is looked at again.
  proxy.before = {
    match: (method, path) => method === 'POST' && path.includes(`/services/${id}/update`),
    act: async () => {
      const { Spec, Version } = await world.engine.inspectService(id);
      const Labels = { ...Spec.Labels, elsewhere: 'yes' };
      await world.engine.updateService(id, Version.Index, { ...Spec, Labels });
    },
  };
  // The lease of an earlier daemon would be taken, not made.
  for (const { ID } of await world.engine.listConfigs({ name: [LEASE_NAME] }))
    await world.engine.removeConfig(ID);
  writeFileSync(join(world.directory, 'token'), 'no-agent-will-ever-see-this');
  const daemon = world.start(['autoscale', '--daemon', '--interval', '1s'], {
    DOCKER_HOST: proxy.address,
    SCALECTL_AGENTS: '127.0.0.1:1',
    SCALECTL_TOKEN_FILE: join(world.directory, 'token'),
  });
  try {
    await world.scalectl(['scale', 'web=1', '--detach']);
    await waitFor('the daemon to go back to 2', replicas, (count) => count === 2);
    await waitFor(
      'all routes to be asked for',
      () => Promise.resolve([...proxy.routes].sort()),
      (routes) => documented.every((route) => routes.includes(route ?? '')),
    );
  } finally {
    await daemon.stop();
    await proxy.goAway();
  }
  expect([...proxy.routes].sort()).toEqual([...documented].sort());
});

test('an agent that sees no control groups must ask the Engine, for the documented routes', async () => {
  const proxy = await proxyEngine(socket(), 0);
  writeFileSync(join(world.directory, 'token'), 'a-token-that-both-know');
  const shared = { SCALECTL_TOKEN_FILE: join(world.directory, 'token'), SCALECTL_CGROUP_ROOT: '/nowhere' };
  const agent = world.start(['agent', '--listen', '127.0.0.1:0'], { ...shared, DOCKER_HOST: proxy.address });
  try {
    const said = await waitFor(
      'the agent to listen',
      () => Promise.resolve(agent.output()),
      (text) => text.includes('listens on'),
    );
    expect(said).toContain(`reads the Engine at ${proxy.address}`);
    const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? '';
    const ask = async () => {
      const headers = { authorization: 'Bearer a-token-that-both-know' };
      const answer = await fetch(`http://127.0.0.1:${port}/v1/usage`, { headers });
      return parseNodeUsage(await answer.text());
    };
    const tasks = await world.engine.listTasks({ 'desired-state': ['running'] });
    const told = await waitFor('its answer', ask, (answer) => (answer?.containers.size ?? 0) > 0);
    expect(told?.nodeId).toBe((await world.engine.info()).Swarm.NodeID);
    // Tasks that are about to end may be there too.
    expect([...(told?.containers.keys() ?? [])]).toEqual(
      expect.arrayContaining(tasks.map(({ Status }) => Status.ContainerStatus?.ContainerID)),
    );
    expect([...proxy.routes].sort()).toEqual([
      'GET /containers/json',
      'GET /containers/{id}/stats',
      'GET /info',
    ]);
  } finally {
    await agent.stop();
    await proxy.goAway();
  }
});

test('behind the proxy of the documentation it must measure and scale, and get no further', async () => {
  const deployed = await world.scalectl(['deploy', '-c', 'stacks/socket-proxy.yml', 'socket-proxy'], {
    SCALECTL_STACK: '',
    SCALECTL_SOCKET: socket(),
  });
  expect(deployed.code, deployed.stderr).toBe(0);
  const address = 'tcp://tasks.socket-proxy_proxy:2375';
  const secret = await world.engine.createSecret({
    Name: 'password_of_a_redis',
    Data: Buffer.from('hunter2').toString('base64'),
  });
  const installed = await world.scalectl([
    ...['autoscale', '--install', '--interval', '1s', '--stack', STACK],
    ...['--network', 'socket-proxy_engine', '--socket-proxy', address],
    ...['--redis-password-secret', 'password_of_a_redis'],
  ]);
  try {
    expect(installed.code, installed.stderr).toBe(0);
    const docker = (args: string[]) =>
      startProcess('docker', args, { cwd: world.directory, env: world.env }).ended;
    const { stdout: id } = await docker(['ps', '-q', '-f', 'name=scalectl_daemon.']);
    const mounts = await docker(['inspect', '-f', '{{json .HostConfig.Mounts}} {{.Config.User}}', id.trim()]);
    expect(mounts.stdout).not.toContain('docker.sock');
    expect(mounts.stdout).toContain('65534:65534');

    const password = 'cat "$SCALECTL_REDIS_PASSWORD_FILE"';
    expect((await docker(['exec', id.trim(), 'sh', '-c', password])).stdout).toBe('hunter2');

    await world.scalectl(['scale', 'web=1', '--detach']);
    await waitFor('the daemon to go back to 2', replicas, (count) => count === 2);
    const inside = ['exec', id.trim(), 'scalectl'];
    const coverage = async (): Promise<unknown> => {
      const args = ['autoscale', '--dry-run', '--stack', STACK, '-o', 'json'];
      const { outcomes } = JSON.parse((await docker([...inside, ...args])).stdout) as Evaluation;
      return outcomes[0]?.decision.signals[0]?.coverage;
    };
    await waitFor(
      'both tasks to be measured',
      coverage,
      (found) => JSON.stringify(found) === '{"sampled":2,"running":2}',
    );
    const further = await docker([...inside, 'logs', `${STACK}_web`, '--stack', STACK]);
    expect(further.stderr).toMatch(/403/);
    const down = await docker([...inside, 'down', STACK, '--yes']);
    expect(down.code).toBe(1);
  } finally {
    await world.scalectl(['autoscale', '--uninstall', '--volumes', '--yes']);
    await world.engine.removeSecret(secret.id);
    await world.scalectl(['down', 'socket-proxy', '--yes'], { SCALECTL_STACK: '' });
  }
});
