import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, serversUp, waitFor, type World } from './harness.js';

let world: World;

beforeAll(async () => {
  world = openWorld('shop');
  const deployed = await world.scalectl(['deploy', '-c', 'stacks/ecommerce.yml']);
  expect(deployed.stderr).toContain('stack shop is up after');
  expect(deployed.code).toBe(0);
});

afterAll(async () => {
  await world.scalectl(['down', '--volumes', '--yes']);
  world.close();
});

interface Order {
  id: number;
  status: string;
  processedBy?: string | null;
}

describe('the deployed stack', () => {
  test('an order must go through HAProxy to the primary, come back from the replica, and be processed by a worker', async () => {
    const base = `http://${world.address}:8080`;
    await waitFor(
      'the shop to be ready',
      async () => (await fetch(`${base}/ready`)).status,
      (status) => status === 200,
      30_000,
    );
    const products = (await (await fetch(`${base}/products`)).json()) as { id: number }[];
    const productId = products[0]?.id;
    expect(productId).toBeDefined();
    const placed = await fetch(`${base}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ productId, quantity: 2 }),
    });
    expect(placed.status).toBe(201);
    const { id } = (await placed.json()) as Order;
    const consistent = await fetch(`${base}/orders/${id}?consistent=1`);
    expect(consistent.status).toBe(200);
    const order = await waitFor(
      'the order on the replica, processed',
      async () => (await (await fetch(`${base}/orders/${id}`)).json()) as Order,
      (answer) => answer.status === 'processed',
      20_000,
    );
    expect(order.id).toBe(id);
  });

  test('a second deploy must write nothing', async () => {
    const versions = async () =>
      (await world.engine.listServices()).map(({ Spec, Version }) => [Spec.Name, Version.Index]);
    const before = await versions();
    const again = await world.scalectl(['deploy', '-c', 'stacks/ecommerce.yml']);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('stack shop: nothing to change');
    expect(await versions()).toEqual(before);
  });

  test('no password must stand in a service specification or in what deploy says', async () => {
    const plan = await world.scalectl(['deploy', '-c', 'stacks/ecommerce.yml', '--dry-run', '-o', 'json']);
    const specs = JSON.stringify(await world.engine.listServices());
    const { readFileSync, readdirSync } = await import('node:fs');
    const directory = `${world.directory}/stacks/secrets`;
    const passwords = readdirSync(directory).map((name) => readFileSync(`${directory}/${name}`, 'utf8'));
    expect(passwords.length).toBe(3);
    for (const password of passwords) {
      expect(password.length).toBeGreaterThanOrEqual(32);
      expect(specs).not.toContain(password);
      expect(plan.stdout + plan.stderr).not.toContain(password);
    }
  });

  test('scale must bring as many healthy tasks and as many servers UP in HAProxy, and take them away again', async () => {
    for (const wanted of [5, 2]) {
      const scaled = await world.scalectl(['scale', `backend=${wanted}`]);
      expect(scaled.stderr).toContain(`shop_backend ${wanted}/${wanted} up`);
      expect(scaled.code).toBe(0);
      const { replicas } = await world.service('backend');
      expect(replicas).toEqual({ desired: wanted, running: wanted, healthy: wanted });
      await waitFor(
        `${wanted} servers UP`,
        () => serversUp(world.address, 'backend'),
        (servers) => servers.length === wanted,
        15_000,
      );
    }
  });

  test('a misspelt service must be refused with the right name', async () => {
    const { code, stderr } = await world.scalectl(['scale', 'bakend=5']);
    expect(stderr).toBe('error: there is no service "bakend" in the stack shop\n  Did you mean "backend"?\n');
    expect(code).toBe(2);
  });

  test('a failing update must say which task failed and why, and exit 1', async () => {
    const { code, stderr } = await world.scalectl(
      ['deploy', '-c', 'stacks/ecommerce.yml', '--timeout', '90s'],
      {
        SHOP_IMAGE: (world.env['SHOP_IMAGE'] ?? '').replace(/:[^:/]*$/, ':no-such-tag'),
      },
    );
    expect(stderr).toMatch(/error: .*shop_(backend|worker): /s);
    expect(stderr).toMatch(/no such image|not found|rolled the service back/i);
    expect(code).toBe(1);
    const mended = await world.scalectl(['deploy', '-c', 'stacks/ecommerce.yml']);
    expect(mended.stderr).toContain('stack shop is up after');
    expect(mended.code).toBe(0);
  });
});
