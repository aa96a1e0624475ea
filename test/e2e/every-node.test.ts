/** The installed autoscaler on three nodes: what it measures, what it may do, and that nothing of it stays. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { DaemonSamples, Evaluation } from '../../src/daemon/types.js';
import { startLab, type Lab } from '../lab/lab.js';
import { openWorld, ROOT, startProcess, waitFor, type Result, type World } from './harness.js';

const STACK = 'spread';
const INSTALL = ['autoscale', '--install', '--interval', '1s', '--log-format', 'json'];

let lab: Lab;
let world: World;

beforeAll(async () => {
  const engine = process.env['SCALECTL_E2E_ENGINE'] === '26' ? '26' : '20';
  lab = await startLab({ name: `${inject('labName')}-nodes`, nodes: 3, engine });
  world = openWorld(STACK, { REPLICAS: '3', MAX_PER_NODE: '1' }, lab.name);
  expect(world.env['SCALECTL_IMAGE'], 'there is no image of scalectl: npm run build first').toBeDefined();
  const deployed = await world.scalectl(['deploy', '-c', join(ROOT, 'test/fixtures/idle.yml')]);
  expect(deployed.stderr).toContain('spread_web 3/3 up');
  const installed = await world.scalectl([...INSTALL, '--network', 'spread_default']);
  expect(installed.code, installed.stderr).toBe(0);
  expect(installed.stderr).toContain('scalectl_agent 3/3 up');
}, 600_000);

afterAll(async () => {
  world.close();
  await lab.down();
});

function docker(args: readonly string[], node = 1): Promise<Result> {
  const env = { PATH: world.env['PATH'] ?? '', DOCKER_HOST: lab.node(node).dockerHost };
  return startProcess('docker', args, { cwd: world.directory, env }).ended;
}

async function container(service: string, node = 1): Promise<string> {
  const { stdout } = await docker(['ps', '-q', '--no-trunc', '-f', `name=${service}.`], node);
  const [id = ''] = stdout.split('\n');
  expect(id, `a container of ${service} on node${node}`).not.toBe('');
  return id;
}

async function inDaemon(command: readonly string[], env: Record<string, string> = {}): Promise<Result> {
  const flags = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return docker(['exec', ...flags, await container('scalectl_daemon'), ...command]);
}

/** What the installed daemon last measured and decided, as its socket tells. */
async function samples(): Promise<DaemonSamples | null> {
  const ask = `
    const { readdirSync } = require('node:fs');
    const directory = '/run/scalectl/scalectl/';
    const socketPath = directory + readdirSync(directory).find((name) => name.endsWith('.sock'));
    require('node:http').get({ socketPath, path: '/v1/samples' }, (answer) => answer.pipe(process.stdout));`;
  const { stdout } = await inDaemon(['node', '-e', ask]);
  const answer = JSON.parse(stdout) as DaemonSamples | { error: string };
  return 'error' in answer ? null : answer;
}

interface Look {
  sampled: number | undefined;
  note: string | null | undefined;
  to: number | undefined;
  reasons: readonly string[];
}

async function decisionOnWeb(): Promise<Look> {
  const outcome = (await samples())?.decisions.find(({ service }) => service === 'spread_web');
  const [cpu] = outcome?.decision.signals ?? [];
  return {
    sampled: cpu?.coverage?.sampled,
    note: cpu?.note,
    to: outcome?.decision.to,
    reasons: outcome?.decision.reasons ?? [],
  };
}

const measured = (count: number) =>
  waitFor(`${count} tasks to be measured`, decisionOnWeb, ({ sampled }) => sampled === count, 90_000);

describe('every node is measured', () => {
  test('a task on each of three nodes: coverage must be 3 of 3, in the daemon, its log and status', async () => {
    expect((await measured(3)).note).toBeNull();
    const web = (await samples())?.samples.find(({ service }) => service === 'spread_web');
    expect(web).toMatchObject({ sampled: 3, running: 3 });
    const status = await inDaemon(['scalectl', 'status', '--stack', STACK, '-o', 'json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      services: [{ name: 'web', coverage: { sampled: 3, running: 3 } }],
    });
    await waitFor(
      'the log to tell it',
      async () => (await world.scalectl(['logs', 'scalectl_daemon', '-n', '50'])).stdout,
      (said) => said.includes('"coverage":{"sampled":3,"running":3}'),
      90_000,
    );
  });

  test('an agent that hangs must be named, and must keep the service from shrinking until it is back', async () => {
    const agent = await container('scalectl_agent', 3);
    await measured(3);
    await docker(['pause', agent], 3);
    try {
      const allowed = await world.scalectl(['policy', 'set', 'web', 'min=1']);
      expect(allowed.code, allowed.stderr).toBe(0);
      const { note } = await measured(2);
      expect(note).toBe('1 on node3, whose agent does not answer');
      // Two idle tasks of three are known: by them alone one would do.
      const { sampledAt = '' } = (await samples()) ?? {};
      await waitFor(
        'three more evaluations',
        async () => (await samples())?.sampledAt ?? '',
        (at) => Date.parse(at) > Date.parse(sampledAt) + 6_000,
      );
      expect(await decisionOnWeb()).toMatchObject({ sampled: 2, to: 3 });
    } finally {
      await docker(['unpause', agent], 3);
    }
    await waitFor(
      'the service to shrink',
      async () => (await world.service('web')).replicas.desired,
      (desired) => desired === 1,
      90_000,
    );
    await world.scalectl(['policy', 'set', 'web', 'min=3']);
    // The last sample may still be of the three before the shrinking.
    await waitFor(
      'the service to be back at three',
      async () => (await world.service('web')).replicas,
      ({ desired, running }) => desired === 3 && running === 3,
      90_000,
    );
    await measured(3);
  });

  test('a wrong token must be visible as such, and its own node be measured all the same', async () => {
    const wrong = { SCALECTL_TOKEN_FILE: '/proc/sys/kernel/random/boot_id' };
    const once = await inDaemon(
      ['scalectl', 'autoscale', '--dry-run', '--stack', STACK, '-o', 'json'],
      wrong,
    );
    const { outcomes } = JSON.parse(once.stdout) as Evaluation;
    const [cpu] = outcomes[0]?.decision.signals ?? [];
    expect(cpu?.coverage).toEqual({ sampled: 1, running: 3 });
    expect(cpu?.note).toMatch(
      /^1 on node[23], whose agent refuses the token \(SCALECTL_TOKEN_FILE\); 1 on node[23], whose agent refuses/,
    );
  });
});

describe('an agent on its network', () => {
  /** One line for each agent: status and body of a request to it, from a container that is on the network. */
  async function ask(init: object, path = '/v1/usage'): Promise<{ status: number; body: string }[]> {
    const script = `
      const [path, init] = JSON.parse(process.argv[1]);
      require('node:dns').promises.lookup('tasks.scalectl_agent', { all: true }).then(async (found) => {
        const answers = await Promise.all(found.map(async ({ address }) => {
          const answer = await fetch('http://' + address + ':9102' + path, init);
          return { status: answer.status, body: await answer.text() };
        }));
        console.log(JSON.stringify(answers));
      });`;
    const { stdout, stderr } = await inDaemon(['node', '-e', script, JSON.stringify([path, init])]);
    expect(stderr).toBe('');
    const answers = JSON.parse(stdout) as { status: number; body: string }[];
    expect(answers).toHaveLength(3);
    return answers;
  }
  const token = async () => (await inDaemon(['cat', '/run/secrets/scalectl_token'])).stdout;
  const statuses = async (init: object, path?: string) => (await ask(init, path)).map(({ status }) => status);

  test('must answer 401 without its token, 405 to what writes, 404 elsewhere', async () => {
    expect(await statuses({})).toEqual([401, 401, 401]);
    expect(await statuses({ headers: { authorization: 'Bearer 00000000000000000000000000000000' } })).toEqual(
      [401, 401, 401],
    );
    const headers = { authorization: `Bearer ${await token()}` };
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect(await statuses({ method, headers })).toEqual([405, 405, 405]);
    expect(await statuses({ headers }, '/v1/samples')).toEqual([404, 404, 404]);
    expect(await ask({}, '/healthz')).toEqual(Array(3).fill({ status: 200, body: 'ok\n' }));
  });

  test('must tell numbers and ids alone, each of its own node', async () => {
    const answers = await ask({ headers: { authorization: `Bearer ${await token()}` } });
    const nodes = await world.engine.listNodes();
    expect(answers.map(({ body }) => (JSON.parse(body) as { nodeId: string }).nodeId).sort()).toEqual(
      nodes.map(({ ID }) => ID).sort(),
    );
    for (const { body } of answers) {
      const { apiVersion, kind, nodeId, run, containers, ...more } = JSON.parse(body) as Record<
        string,
        unknown
      >;
      expect({ apiVersion, kind, more }).toEqual({ apiVersion: 'scalectl/v1', kind: 'NodeUsage', more: {} });
      expect(nodeId).toMatch(/^[a-z0-9]{25}$/);
      expect(run).toMatch(/^[0-9a-f]{12}$/);
      for (const [id, row] of Object.entries(containers as Record<string, unknown[]>)) {
        expect(id).toMatch(/^[0-9a-f]{64}$/);
        for (const cell of row) expect(cell === null || typeof cell === 'number').toBe(true);
      }
    }
  });

  test('must tell of its own Engine alone, where several share a machine', async () => {
    const answers = await ask({ headers: { authorization: `Bearer ${await token()}` } });
    const told = answers.map(({ body }) =>
      Object.keys((JSON.parse(body) as { containers: object }).containers),
    );
    const there = await Promise.all(
      [1, 2, 3].map(async (node) =>
        (await docker(['ps', '-q', '--no-trunc'], node)).stdout.trim().split('\n'),
      ),
    );
    expect(told.map((ids) => ids.sort()).sort()).toEqual(there.map((ids) => ids.sort()).sort());
  });
});

describe('what they may do', () => {
  interface Inspected {
    Config: { User: string; Env: string[] };
    HostConfig: {
      ReadonlyRootfs: boolean;
      Privileged: boolean;
      CapAdd: string[] | null;
      CapDrop: string[] | null;
      PortBindings: object;
      Mounts: { Type: string; Source?: string; Target: string; ReadOnly?: boolean }[];
      Memory: number;
      NanoCpus: number;
    };
  }
  const inspect = async (service: string): Promise<Inspected> => {
    const { stdout } = await docker(['inspect', await container(service)]);
    return (JSON.parse(stdout) as [Inspected])[0];
  };

  test.each(['scalectl_agent', 'scalectl_daemon'])('%s must have no rights beyond its task', async (name) => {
    const { Config, HostConfig } = await inspect(name);
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Privileged: false,
      CapAdd: null,
      CapDrop: ['ALL'],
      PortBindings: {},
    });
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(HostConfig.NanoCpus).toBeGreaterThan(0);
    const { gid } = statSync(lab.node(1).dockerHost.replace('unix://', ''));
    const opensSocket = gid === 0 ? '0:0' : `65534:${gid}`;
    expect(Config.User).toBe(name === 'scalectl_agent' ? '65534:65534' : opensSocket);
    const [service] = await world.engine.listServices({ name: [name] });
    expect(service?.Spec.EndpointSpec?.Ports ?? []).toEqual([]);
    const mounts = HostConfig.Mounts.map(({ Type, Target, ReadOnly }) => [Type, Target, ReadOnly ?? false]);
    expect(mounts.sort()).toEqual(
      name === 'scalectl_agent'
        ? [['bind', '/host/cgroup', true]]
        : [
            ['bind', '/var/run/docker.sock', false],
            ['tmpfs', '/run/scalectl', false],
            ['volume', '/var/lib/scalectl', false],
          ],
    );
  });

  test('the token must be nowhere but in the secret', async () => {
    const { stdout: token } = await inDaemon(['cat', '/run/secrets/scalectl_token']);
    expect(token).toMatch(/^[\w-]{32}$/);
    const services = JSON.stringify(await world.engine.listServices());
    const configs = JSON.stringify(await world.engine.listConfigs());
    const logs = await Promise.all(
      ['daemon', 'agent'].map((name) => world.scalectl(['logs', `scalectl_${name}`, '-n', '1000'])),
    );
    for (const text of [
      services,
      configs,
      Buffer.from(configs, 'base64').toString(),
      ...logs.map((one) => one.stdout),
    ])
      expect(text).not.toContain(token);
  });
});

describe('installing', () => {
  test('twice must change nothing, and the token stay', async () => {
    const secrets = async () => (await world.engine.listSecrets()).map(({ ID, Spec }) => [ID, Spec.Name]);
    const before = await secrets();
    const again = await world.scalectl([...INSTALL, '--network', 'spread_default']);
    expect(again.stderr).toContain('stack scalectl: nothing to change');
    expect(await secrets()).toEqual(before);
    const other = await world.scalectl([...INSTALL, '--dry-run', '--stack', STACK]);
    expect(other.stdout).toContain('~ update service scalectl_daemon');
    expect(other.stdout).not.toContain('scalectl_agent');
  });

  test('its stack must not be what commands mean that name none', async () => {
    const status = await world.scalectl(['status', '-o', 'json'], { SCALECTL_STACK: '' });
    expect(JSON.parse(status.stdout)).toMatchObject({ stack: STACK });
  });

  test('uninstall must leave nothing', async () => {
    const unsure = await world.scalectl(['autoscale', '--uninstall']);
    expect(unsure.stderr).toContain('Nobody is there to answer');
    expect(unsure.code).toBe(2);
    const gone = await world.scalectl(['autoscale', '--uninstall', '--volumes', '--yes']);
    expect(gone.code, gone.stderr).toBe(0);
    const filters = { label: ['com.docker.stack.namespace=scalectl'] };
    const left = await Promise.all([
      world.engine.listServices(filters),
      world.engine.listNetworks(filters),
      world.engine.listSecrets(filters),
      world.engine.listConfigs(filters),
      world.engine.listVolumes(filters),
    ]);
    expect(left.flat()).toEqual([]);
    expect(await world.engine.listConfigs({ name: ['scalectl-lease'] })).toEqual([]);
    for (const node of [1, 2, 3]) {
      const { stdout } = await docker(['ps', '-a', '-q', '-f', 'name=scalectl_'], node);
      expect(stdout).toBe('');
    }
    expect((await world.scalectl(['down', '--yes'])).code).toBe(0);
  });
});
