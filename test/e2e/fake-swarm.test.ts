/** The Swarm behind a socket that tests of size use must answer as a real one does. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectEngine } from '../../src/swarm/dockerode.js';
import { EngineError, type Engine } from '../../src/swarm/engine.js';
import type { ServiceSpec } from '../../src/swarm/objects.js';
import { startFakeSwarm, type FakeSwarm } from '../support/fake-swarm.js';
import { openWorld, waitFor, type World } from './harness.js';

const STACK = 'sameness';
const LABELS = { 'com.docker.stack.namespace': STACK };
const OURS = { label: [`com.docker.stack.namespace=${STACK}`] };

let world: World;
let fake: FakeSwarm;
const engines: Record<'real' | 'fake', Engine> = {} as never;
const both = async <T>(ask: (engine: Engine) => Promise<T>): Promise<{ real: T; fake: T }> => ({
  real: await ask(engines.real),
  fake: await ask(engines.fake),
});

beforeAll(async () => {
  world = openWorld(STACK);
  fake = await startFakeSwarm();
  engines.real = world.engine;
  engines.fake = connectEngine({ kind: 'unix', address: fake.socketPath, socketPath: fake.socketPath });
});

afterAll(async () => {
  await removeAll(world.engine);
  await fake.close();
  world.close();
});

async function removeAll(engine: Engine): Promise<void> {
  for (const { ID } of await engine.listServices(OURS)) await engine.removeService(ID);
  for (const { ID } of await engine.listSecrets(OURS)) await engine.removeSecret(ID);
  for (const { ID } of await engine.listConfigs(OURS)) await engine.removeConfig(ID);
  await waitFor(
    'no networks',
    async () => {
      const networks = await engine.listNetworks(OURS);
      await Promise.allSettled(networks.map(({ Id }) => engine.removeNetwork(Id)));
      return engine.listNetworks(OURS);
    },
    (left) => left.length === 0,
  );
}

/** Ids, times and versions differ from Swarm to Swarm; which of them are equal does not. */
function anonymous(value: unknown): unknown {
  const ids = new Map<string, string>();
  const text = JSON.stringify(value)
    .replaceAll(/\b[0-9a-z]{25}\b/g, (id) => {
      if (!ids.has(id)) ids.set(id, `id ${ids.size + 1}`);
      return ids.get(id) ?? '';
    })
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"time"')
    .replaceAll(/"Index":\d+/g, '"Index":0');
  return JSON.parse(text) as unknown;
}

async function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) =>
      error instanceof EngineError ? [error.kind, anonymous(error.message)] : String(error),
  );
}

const spec = (name: string, given: Partial<ServiceSpec> = {}): ServiceSpec => ({
  Name: `${STACK}_${name}`,
  Labels: LABELS,
  TaskTemplate: {
    ContainerSpec: { Image: world.env['REDIS_IMAGE'] ?? '', Command: ['sleep', '3600'], Labels: LABELS },
  },
  Mode: { Replicated: { Replicas: 1 } },
  EndpointSpec: { Mode: 'dnsrr' },
  ...given,
});

const found = (engine: Engine) => engine.listServices(OURS);

test('a service with the least in its spec must come back the same', async () => {
  const answers = await both(async (engine) => {
    await engine.createService(spec('least'));
    return engine.inspectService(`${STACK}_least`);
  });
  expect(anonymous(answers.fake)).toEqual(anonymous(answers.real));
});

test('a service with everything that a stack file gives must come back the same', async () => {
  const answers = await both(async (engine) => {
    const network = await engine.createNetwork({
      Name: `${STACK}_net`,
      Driver: 'overlay',
      Labels: LABELS,
      IPAM: { Config: [{ Subnet: '10.200.1.0/24' }] },
    });
    const data = Buffer.from('content').toString('base64');
    const secret = await engine.createSecret({ Name: `${STACK}_s`, Labels: LABELS, Data: data });
    const config = await engine.createConfig({ Name: `${STACK}_c`, Labels: LABELS, Data: data });
    const File = { Name: 'x', UID: '0', GID: '0', Mode: 0o444 };
    await engine.createService(
      spec('full', {
        Labels: { ...LABELS, z: '', a: '1' },
        TaskTemplate: {
          ContainerSpec: {
            Image: world.env['REDIS_IMAGE'] ?? '',
            Command: ['sh'],
            Args: ['-c', 'sleep 3600'],
            Labels: { ...LABELS, b: '', a: '2' },
            Env: ['A=1', 'B'],
            Dir: '/tmp',
            User: '0',
            TTY: false,
            ReadOnly: false,
            Init: true,
            StopGracePeriod: 1e9,
            Hosts: ['10.0.0.1 db'],
            DNSConfig: {},
            Sysctls: {},
            Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
            CapabilityAdd: ['CAP_NET_ADMIN'],
            Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Retries: 2 },
            Mounts: [
              { Type: 'volume', Source: `${STACK}_v`, Target: '/v', VolumeOptions: { Labels: LABELS } },
              { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 65_536 } },
            ],
            Secrets: [{ File, SecretID: secret.id, SecretName: `${STACK}_s` }],
            Configs: [{ File, ConfigID: config.id, ConfigName: `${STACK}_c` }],
          },
          Resources: { Limits: { NanoCPUs: 1e8 }, Reservations: { MemoryBytes: 8e6 } },
          RestartPolicy: { Condition: 'on-failure', Delay: 1e9 },
          Placement: { Constraints: ['node.role == manager'], Preferences: [] },
          Networks: [{ Target: `${STACK}_net`, Aliases: ['full'] }],
          LogDriver: { Name: 'json-file', Options: { 'max-size': '1m' } },
        },
        UpdateConfig: { Parallelism: 2, Delay: 1e9, Monitor: 1e9 },
        RollbackConfig: { Parallelism: 0, FailureAction: 'continue' },
        EndpointSpec: {
          Mode: 'dnsrr',
          Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 18_080, PublishMode: 'host' }],
        },
      }),
    );
    const services = await found(engine);
    return {
      service: services.find(({ Spec }) => Spec.Name === `${STACK}_full`),
      network: (await engine.listNetworks(OURS)).map(
        ({ Name, Scope, Driver, Attachable, Internal, Labels }) => [
          ...[Name, Scope, Driver, Attachable, Internal, Labels],
          network.id.length,
        ],
      ),
      secrets: await engine.listSecrets(OURS),
      configs: await engine.listConfigs(OURS),
    };
  });
  expect(anonymous(answers.fake)).toEqual(anonymous(answers.real));
});

test('an update must move the version, keep the spec before it and start what is up to date', async () => {
  const answers = await both(async (engine) => {
    const before = await engine.inspectService(`${STACK}_least`);
    const changed = { ...before.Spec, Mode: { Replicated: { Replicas: 2 } } };
    await engine.updateService(before.ID, before.Version.Index, changed);
    const current = { service: [before.ID], 'desired-state': ['running'] };
    const tasks = await waitFor(
      'two tasks that run',
      () => engine.listTasks({ ...current, '_up-to-date': ['true'] }),
      (all) => all.filter(({ Status }) => Status.State === 'running').length === 2,
    );
    const { UpdateStatus: _, ...after } = await engine.inspectService(before.ID);
    return {
      moved: after.Version.Index > before.Version.Index,
      after,
      again: await outcome(engine.updateService(before.ID, before.Version.Index, changed)),
      tasks: tasks.map(({ ServiceID, Slot, DesiredState, Status, Spec }) => [
        ...[ServiceID, DesiredState, Status.State, Spec],
        (Slot ?? 0) > 0,
      ]),
    };
  });
  expect(anonymous(answers.fake)).toEqual(anonymous(answers.real));
});

describe('what cannot be', () => {
  const refusals: [string, (engine: Engine) => Promise<unknown>][] = [
    ['a name that is taken by a service', (engine) => engine.createService(spec('least'))],
    [
      'a name that is taken by a network',
      (engine) => engine.createNetwork({ Name: `${STACK}_net`, Driver: 'overlay' }),
    ],
    [
      'a name that is taken by a secret',
      (engine) => engine.createSecret({ Name: `${STACK}_s`, Labels: {}, Data: 'eA==' }),
    ],
    [
      'a name that is taken by a config',
      (engine) => engine.createConfig({ Name: `${STACK}_c`, Labels: {}, Data: 'eA==' }),
    ],
    [
      'a network that is not there',
      (engine) => engine.createService(spec('lost', { TaskTemplate: { Networks: [{ Target: 'nowhere' }] } })),
    ],
    ['a service that is not there', (engine) => engine.inspectService('nowhere')],
    [
      'the removal of a config in use',
      async (engine) => engine.removeConfig((await engine.listConfigs(OURS))[0]?.ID ?? ''),
    ],
    [
      'the removal of a secret in use',
      async (engine) => engine.removeSecret((await engine.listSecrets(OURS))[0]?.ID ?? ''),
    ],
    [
      'the removal of a network in use',
      async (engine) => engine.removeNetwork((await engine.listNetworks(OURS))[0]?.Id ?? ''),
    ],
    ['the removal of a secret that is not there', (engine) => engine.removeSecret('nowhere')],
  ];
  test.each(refusals)('must be refused in the same words: %s', async (_, call) => {
    const answers = await both((engine) => outcome(call(engine)));
    expect(answers.fake).toEqual(answers.real);
  });
});

test('after a removal nothing must be left', async () => {
  const answers = await both(async (engine) => {
    await removeAll(engine);
    return [await found(engine), await engine.listNetworks(OURS), await engine.listConfigs(OURS)];
  });
  expect(answers.fake).toEqual(answers.real);
});
