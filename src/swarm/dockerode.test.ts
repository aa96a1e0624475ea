import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejectionOf } from '../../test/support/errors.js';
import { Refusal, SILENCE, startFakeEngine, type FakeEngine } from '../../test/support/fake-engine.js';
import { serviceSpec } from '../../test/support/objects.js';
import { connectEngine } from './dockerode.js';
import type { Engine, LogLine } from './engine.js';

let fake: FakeEngine;
let engine: Engine;

beforeEach(async () => {
  fake = await startFakeEngine();
  engine = connect(fake.socketPath);
});
afterEach(() => fake.close());

function connect(socketPath: string): Engine {
  return connectEngine({ kind: 'unix', address: `unix://${socketPath}`, socketPath });
}

describe('a list', () => {
  it('must be asked for with its filters as JSON, lists throughout', async () => {
    fake.routes['GET /tasks'] = () => [{ ID: 't1', Spec: {} }];
    const filters = { service: ['s 1', 's&2'], '_up-to-date': ['true'] };
    expect(await engine.listTasks(filters)).toEqual([{ ID: 't1', Spec: {} }]);
    expect(fake.asked).toMatchObject([{ method: 'GET', path: '/tasks' }]);
    expect(JSON.parse(fake.asked[0]!.query['filters']!)).toEqual(filters);
  });

  it('must be asked for without filters where there are none', async () => {
    fake.routes['GET /services'] = () => [];
    await engine.listServices();
    expect(fake.asked[0]!.query).toEqual({});
  });

  it.each<[string, string, (it: Engine) => Promise<unknown[]>]>([
    ['services', 'GET /services', (it) => it.listServices()],
    ['tasks', 'GET /tasks', (it) => it.listTasks()],
    ['nodes', 'GET /nodes', (it) => it.listNodes()],
    ['networks', 'GET /networks', (it) => it.listNetworks()],
    ['secrets', 'GET /secrets', (it) => it.listSecrets()],
    ['configs', 'GET /configs', (it) => it.listConfigs()],
    ['containers', 'GET /containers/json', (it) => it.listContainers()],
  ])('of %s must be empty where the Engine says null', async (_, route, call) => {
    fake.routes[route] = () => null;
    expect(await call(engine)).toEqual([]);
  });

  it('of tasks must leave out their networks, and hold one specification for those of a service that have the same', async () => {
    const task = (ID: string, ServiceID: string, Image: string) => ({
      ID,
      ServiceID,
      Spec: { ContainerSpec: { Image } },
    });
    const tasks = [
      task('1', 'a', 'old'),
      task('2', 'a', 'old'),
      task('3', 'b', 'old'),
      task('4', 'a', 'new'),
    ];
    fake.routes['GET /tasks'] = () =>
      tasks.map((one) => ({ ...one, NetworksAttachments: [{ Addresses: [] }] }));
    const found = await engine.listTasks();
    expect(found).toEqual(tasks);
    expect(found[1]?.Spec).toBe(found[0]?.Spec);
  });

  it('of volumes must be empty where the Engine says null, and labels never be null', async () => {
    fake.routes['GET /volumes'] = () => ({ Volumes: null });
    expect(await engine.listVolumes()).toEqual([]);
    fake.routes['GET /volumes'] = () => ({ Volumes: [{ Name: 'v', Labels: null, Driver: 'local' }] });
    expect(await engine.listVolumes({ label: ['a=b'] })).toEqual([{ Name: 'v', Labels: {} }]);
  });

  it('of containers must hold those that do not run, too', async () => {
    fake.routes['GET /containers/json'] = () => [{ Id: 'c', State: 'exited', Labels: {}, Image: 'x' }];
    expect(await engine.listContainers({ label: ['a'] })).toEqual([{ Id: 'c', State: 'exited', Labels: {} }]);
    expect(fake.asked[0]!.query).toEqual({ all: 'true', filters: '{"label":["a"]}' });
  });
});

describe('a write', () => {
  it('must send the spec as it is, and the version that was looked at', async () => {
    fake.routes['POST /services/s1/update'] = () => ({ Warnings: ['image could not be accessed'] });
    const spec = serviceSpec();
    expect(await engine.updateService('s1', 42, spec)).toEqual({ warnings: ['image could not be accessed'] });
    expect(fake.asked[0]).toMatchObject({ query: { version: '42' }, body: spec });
  });

  it('must give what was created, with the warnings of every release', async () => {
    fake.routes['POST /services/create'] = () => ({ ID: 's1', Warning: 'old', Warnings: ['new'] });
    expect(await engine.createService(serviceSpec())).toEqual({ id: 's1', warnings: ['new', 'old'] });
    fake.routes['POST /services/create'] = () => ({ ID: 's2', Warning: '', Warnings: null });
    expect(await engine.createService(serviceSpec())).toEqual({ id: 's2', warnings: [] });
    fake.routes['POST /networks/create'] = () => ({ Id: 'n1', Warning: '' });
    expect(await engine.createNetwork({ Name: 'n', Driver: 'overlay' })).toEqual({ id: 'n1' });
    fake.routes['POST /secrets/create'] = () => ({ ID: 'x1' });
    expect(await engine.createSecret({ Name: 'x', Labels: {}, Data: 'eA==' })).toEqual({ id: 'x1' });
    expect(fake.asked.at(-1)!.body).toEqual({ Name: 'x', Labels: {}, Data: 'eA==' });
  });

  it('must take an answer without content', async () => {
    fake.routes['DELETE /services/s1'] = () => undefined;
    expect(await engine.removeService('s1')).toBeUndefined();
  });

  it('must escape what it puts into a path', async () => {
    fake.routes['DELETE /volumes/a%2Fb%3Fc'] = () => undefined;
    await engine.removeVolume('a/b?c');
    expect(fake.asked[0]!.path).toBe('/volumes/a%2Fb%3Fc');
  });
});

describe('container statistics', () => {
  it.each([
    [true, { stream: 'false', 'one-shot': 'true' }],
    [false, { stream: 'false' }],
  ])('must be one reading, one-shot %s', async (oneShot, query) => {
    fake.routes['GET /containers/c1/stats'] = () => ({ read: 'now' });
    expect(await engine.containerStats('c1', { oneShot })).toEqual({ read: 'now' });
    expect(fake.asked[0]!.query).toEqual(query);
  });
});

describe('what a registry has under an image reference', () => {
  const route = 'GET /distribution/host.test:5000/shop/web:1/json';
  const reference = 'host.test:5000/shop/web:1';

  it('must be what the registry says', async () => {
    fake.routes[route] = () => ({
      Descriptor: { digest: 'sha256:aa' },
      Platforms: [{ architecture: 'amd64', os: 'linux' }],
    });
    expect(await engine.imageInRegistry(reference)).toEqual({
      digest: 'sha256:aa',
      platforms: [{ Architecture: 'amd64', OS: 'linux' }],
    });
  });

  it.each([401, 403, 404, 500])('must be unknown where it answers %d', async (status) => {
    fake.routes[route] = () => new Refusal(status, 'no');
    expect(await engine.imageInRegistry(reference)).toBeNull();
  });

  it('must not be taken for unknown when the Engine is gone', async () => {
    await fake.close();
    expect(await rejectionOf(engine.imageInRegistry(reference))).toMatchObject({ kind: 'unreachable' });
  });
});

describe('a call that fails', () => {
  it.each<[number, string, string]>([
    [500, 'rpc error: code = Unknown desc = update out of sequence', 'out-of-sequence'],
    [404, 'service s1 not found', 'not-found'],
    [409, 'rpc error: code = AlreadyExists desc = name conflicts with an existing object', 'conflict'],
    [400, 'rpc error: code = InvalidArgument desc = bad', 'bad-request'],
    [503, 'This node is not a swarm manager.', 'not-manager'],
    [500, 'out of disk', 'other'],
  ])('must be told apart: %d %s', async (status, message, kind) => {
    fake.routes['POST /services/s1/update'] = () => new Refusal(status, message);
    expect(await rejectionOf(engine.updateService('s1', 1, serviceSpec()))).toMatchObject({
      kind,
      statusCode: status,
      exitCode: 1,
    });
  });

  it('must name a socket that is not there', async () => {
    expect((await rejectionOf(connect('/nowhere/docker.sock').info())).message).toBe(
      'cannot reach the Docker Engine at unix:///nowhere/docker.sock: there is no such socket',
    );
  });

  it.skipIf(process.getuid?.() === 0)('must name a socket that may not be opened', async () => {
    chmodSync(fake.socketPath, 0);
    expect(await rejectionOf(engine.info())).toMatchObject({ kind: 'denied' });
  });

  it('must name an Engine that hangs up in the middle', async () => {
    fake.routes['GET /info'] = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      response.destroy();
      return SILENCE;
    };
    expect(await rejectionOf(engine.info())).toMatchObject({ kind: 'unreachable' });
  });

  it('must end when it is given up, and let go of the Engine', async () => {
    const abort = new AbortController();
    fake.routes['GET /info'] = () => {
      abort.abort();
      return SILENCE;
    };
    expect(await rejectionOf(engine.info({ signal: abort.signal }))).toMatchObject({ kind: 'aborted' });
    expect(await fake.hungUp).toContain('/info');
  });

  it('must not begin when it was given up before', async () => {
    expect(await rejectionOf(engine.info({ signal: AbortSignal.abort() }))).toMatchObject({
      kind: 'aborted',
    });
    expect(fake.asked).toEqual([]);
  });

  it('must end at its deadline', async () => {
    fake.routes['GET /info'] = () => SILENCE;
    expect(await rejectionOf(engine.info({ signal: AbortSignal.timeout(20) }))).toMatchObject({
      kind: 'unreachable',
      message: `the Docker Engine at unix://${fake.socketPath} did not answer in time`,
    });
  });
});

describe('streams', () => {
  it('must give events as they come, and end with the connection', async () => {
    fake.routes['GET /events'] = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"Type":"service","Action":"upd');
      response.end('ate"}\n{"Type":"node","Action":"remove"}\n');
    };
    const seen: string[] = [];
    for await (const { Type, Action } of engine.events({ type: ['service'] })) seen.push(`${Type} ${Action}`);
    expect(seen).toEqual(['service update', 'node remove']);
    expect(fake.asked[0]!.query).toEqual({ filters: '{"type":["service"]}' });
  });

  it('must end when they are given up', async () => {
    const abort = new AbortController();
    fake.routes['GET /events'] = (_, response) => {
      response.writeHead(200);
      response.write('{"Type":"service","Action":"update"}\n');
      return SILENCE;
    };
    const read = async () => {
      for await (const _event of engine.events({}, { signal: abort.signal })) abort.abort();
    };
    expect(await rejectionOf(read())).toMatchObject({ kind: 'aborted' });
    expect(await fake.hungUp).toContain('/events');
  });

  it('must be asked for with all that a log line says of itself', async () => {
    fake.routes['GET /services/s1/logs'] = (_, response) => {
      response.writeHead(200);
      response.end('2026-01-01T00:00:00Z com.docker.swarm.task.id=t1 hello\r\n');
    };
    const lines: LogLine[] = [];
    for await (const line of engine.serviceLogs('s1', { tail: 0, since: '5', follow: true }))
      lines.push(line);
    expect(lines).toEqual([
      { stream: 'stdout', taskId: 't1', nodeId: null, timestamp: '2026-01-01T00:00:00Z', text: 'hello' },
    ]);
    expect(fake.asked[0]!.query).toEqual({
      stdout: 'true',
      stderr: 'true',
      timestamps: 'true',
      details: 'true',
      follow: 'true',
      tail: '0',
      since: '5',
    });
  });
});

describe('the Engine', () => {
  it('must be the one that was asked for, whatever DOCKER_HOST says', async () => {
    fake.routes['GET /version'] = () => ({
      ApiVersion: '1.41',
      Version: '20.10.24',
      Os: 'linux',
      Arch: 'amd64',
    });
    process.env['DOCKER_HOST'] = 'tcp://192.0.2.1:1';
    try {
      expect(await connect(fake.socketPath).version()).toEqual({
        apiVersion: '1.41',
        engineVersion: '20.10.24',
        os: 'linux',
        arch: 'amd64',
      });
    } finally {
      delete process.env['DOCKER_HOST'];
    }
  });
});
