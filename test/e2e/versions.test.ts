/** src/swarm/kept-list.ts reads no object again whose version it has seen: the Engine has to keep to that. */

import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRunning } from '../../src/signals/usage.js';
import type { SwarmService, SwarmTask } from '../../src/swarm/objects.js';
import { openWorld, waitFor, type World } from './harness.js';

const STACK = 'versions';

let world: World;

beforeAll(() => {
  world = openWorld(STACK);
});

afterAll(async () => {
  for (const { ID } of await world.engine.listServices({ name: [STACK] }))
    await world.engine.removeService(ID);
  world.close();
});

async function objects<T>(kind: 'services' | 'tasks'): Promise<T[]> {
  const socketPath = world.engine.address.replace('unix://', '');
  const text = await new Promise<string>((resolve, reject) => {
    request({ socketPath, path: `/v1.41/${kind}` }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => resolve(text));
    })
      .once('error', reject)
      .end();
  });
  return (JSON.parse(text) as T[] | null) ?? [];
}

test('an object whose version is the same must be the same, whatever happens to it', async () => {
  const seen = new Map<string, string>();
  const changed: [string, string][] = [];
  const look = async () => {
    const tasks = await objects<SwarmTask>('tasks');
    for (const object of [...(await objects<SwarmService>('services')), ...tasks]) {
      const key = `${object.ID} ${object.Version.Index}`;
      const text = JSON.stringify(object);
      const before = seen.get(key) ?? text;
      if (before !== text) changed.push([before, text]);
      seen.set(key, text);
    }
    return tasks;
  };
  const until = (what: string, wanted: (tasks: SwarmTask[]) => boolean) => waitFor(what, look, wanted);
  const update = async (change: (service: SwarmService) => SwarmService['Spec']) => {
    const service = await world.engine.inspectService(STACK);
    await world.engine.updateService(service.ID, service.Version.Index, change(service));
  };
  const template = (...Command: string[]) => ({
    ContainerSpec: { Image: world.env['REDIS_IMAGE'] ?? '', Command, StopGracePeriod: 1e9 },
    RestartPolicy: { Condition: 'none' as const },
  });

  const { id } = await world.engine.createService({
    Name: STACK,
    Labels: {},
    TaskTemplate: template('sleep', '3600'),
    Mode: { Replicated: { Replicas: 2 } },
    EndpointSpec: { Mode: 'dnsrr' },
  });
  const running = (tasks: SwarmTask[]) =>
    tasks.filter((task) => task.ServiceID === id && isRunning(task)).length;
  await until('two that run', (tasks) => running(tasks) === 2);
  await update(({ Spec }) => ({ ...Spec, Mode: { Replicated: { Replicas: 4 } } }));
  await until('four that run', (tasks) => running(tasks) === 4);
  await update(({ Spec }) => ({ ...Spec, TaskTemplate: template('false') }));
  await until('failures', (tasks) =>
    tasks.some((task) => task.ServiceID === id && task.Status.State === 'failed'),
  );
  await world.engine.removeService(id);
  await until('the end of it', (tasks) => tasks.every(({ ServiceID }) => ServiceID !== id));

  expect(seen.size).toBeGreaterThan(20);
  expect(changed).toEqual([]);
});
