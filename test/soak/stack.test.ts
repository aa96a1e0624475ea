import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { burnCpu } from '../../scripts/load.js';
import { NAMESPACE_LABEL } from '../../src/stack/names.js';
import { openWorld, serversUp, waitFor, type World } from '../e2e/harness.js';

const STACK = 'soak';
const DEPLOY = ['deploy', '-c', 'stacks/ecommerce.yml'];

let world: World;

beforeAll(() => {
  world = openWorld(STACK);
});

afterAll(async () => {
  await world.scalectl(['down', '--volumes', '--yes']);
  world.close();
});

describe('again and again', () => {
  test('down and then deploy at once must work ten times in a row, and leave nothing after the last', async () => {
    for (let round = 1; round <= 10; round++) {
      const deployed = await world.scalectl(DEPLOY);
      expect(deployed.code, `deploy ${round}: ${deployed.stderr}`).toBe(0);
      const removed = await world.scalectl(['down', '--volumes', '--yes']);
      expect(removed.code, `down ${round}: ${removed.stderr}`).toBe(0);
    }
    const filters = { label: [`${NAMESPACE_LABEL}=${STACK}`] };
    const left = await Promise.all([
      world.engine.listServices(filters),
      world.engine.listNetworks(filters),
      world.engine.listSecrets(filters),
      world.engine.listConfigs(filters),
      world.engine.listVolumes(filters),
      world.engine.listContainers(filters),
    ]);
    expect(left.flat()).toEqual([]);
  });

  test('scaling 2 to 5 to 2 three times under load must fail no request', async () => {
    expect((await world.scalectl(DEPLOY)).code).toBe(0);
    const stop = new AbortController();
    const load = burnCpu(`http://${world.address}:8080/products`, {
      perSecond: 50,
      forMs: 10 * 60_000,
      signal: stop.signal,
    });
    for (const replicas of [5, 2, 5, 2, 5, 2]) {
      expect((await world.scalectl(['scale', `backend=${replicas}`])).code).toBe(0);
      await waitFor(
        `${replicas} servers UP`,
        () => serversUp(world.address, 'backend'),
        (servers) => servers.length === replicas,
        30_000,
      );
    }
    stop.abort();
    const { answered, failed } = await load;
    expect(failed).toBe(0);
    expect(answered).toBeGreaterThan(500);
  });
});
