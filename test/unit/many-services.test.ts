/** Hundreds of services: what a deploy asks the Engine for must not grow with them. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployStack, type DeployRequest } from '../../src/deploy/deploy.js';
import { loadStack } from '../../src/stack/load.js';
import { connectEngine } from '../../src/swarm/dockerode.js';
import type { Engine } from '../../src/swarm/engine.js';
import { startFakeSwarm, type FakeSwarm } from '../support/fake-swarm.js';
import { largeStack } from '../support/large-stack.js';

const SERVICES = 500;
const TIMEOUT_MS = 60_000;

let swarm: FakeSwarm;
let engine: Engine;

beforeAll(async () => {
  swarm = await startFakeSwarm();
  engine = connectEngine({ kind: 'unix', address: swarm.socketPath, socketPath: swarm.socketPath });
  await engine.createSecret({ Name: 'large-password', Labels: {}, Data: 'eA==' });
  await engine.createConfig({ Name: 'large-settings', Labels: {}, Data: 'eA==' });
  await deployStack(engine, request(largeStack(SERVICES), { detach: true }));
}, TIMEOUT_MS);

afterAll(() => swarm.close());

function request(text: string, given: Partial<DeployRequest>): DeployRequest {
  return {
    stack: 'large',
    source: { loaded: loadStack([{ name: 'stack.yml', text }], { env: {} }), directory: '/', env: {} },
    resolveImage: 'never',
    prune: false,
    resetReplicas: false,
    recreate: false,
    resume: false,
    lookUpAuthFor: () => Promise.resolve(undefined),
    dryRun: false,
    detach: false,
    rollbackOnFailure: false,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    emit: () => undefined,
    confirm: () => Promise.resolve(true),
    ...given,
  };
}

const ONE_LOOK = {
  'GET /info': 1,
  'GET /services': 1,
  'GET /networks': 1,
  'GET /secrets': 1,
  'GET /configs': 1,
};

test(
  'a plan against what is there already must be empty, and take one list call per kind',
  { timeout: TIMEOUT_MS },
  async () => {
    swarm.resetCalls();
    const { plan } = await deployStack(engine, request(largeStack(SERVICES), { dryRun: true }));
    expect(plan.operations).toEqual([]);
    expect(plan.unchanged).toHaveLength(SERVICES);
    expect(swarm.calls()).toEqual(ONE_LOOK);
  },
);

test('a plan for a change must take no call more', { timeout: TIMEOUT_MS }, async () => {
  swarm.resetCalls();
  const changed = largeStack(SERVICES).replaceAll('LOG_LEVEL: info', 'LOG_LEVEL: debug');
  const { plan } = await deployStack(engine, request(changed, { dryRun: true }));
  expect(plan.operations).toHaveLength(SERVICES);
  expect(swarm.calls()).toEqual(ONE_LOOK);
});

test(
  'waiting for what is up must ask for services and tasks together, not one by one',
  { timeout: TIMEOUT_MS },
  async () => {
    await deployStack(engine, request(largeStack(SERVICES), {}));
    swarm.resetCalls();
    await deployStack(engine, request(largeStack(SERVICES), {}));
    const { 'GET /services': services = 0, 'GET /tasks': tasks = 0, 'GET /nodes': looks = 0 } = swarm.calls();
    // The plan's own look comes before those of waiting.
    expect(looks).toBeGreaterThan(0);
    expect(services).toBe(1 + looks);
    expect(tasks).toBe(2 * looks);
  },
);
