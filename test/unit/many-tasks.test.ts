/** What a tick of the daemon asks the Engine for must not grow with the number of services. */

import { expect, test } from 'vitest';
import type { History } from '../../src/autoscale/types.js';
import { systemClock } from '../../src/daemon/clock.js';
import { evaluateOnce } from '../../src/daemon/evaluate.js';
import { connectEngine } from '../../src/swarm/dockerode.js';
import { startFakeSwarm } from '../support/fake-swarm.js';
import { serviceSpec } from '../support/objects.js';

/** Tasks that have just begun are not measured. */
const clock = { ...systemClock, wallMs: () => Date.now() + 60_000 };

const ONE_LOOK = { 'GET /info': 1, 'GET /services': 1, 'GET /tasks': 1, 'GET /nodes': 1 };

test.each([1, 200])('a tick over %i services must take one list call per kind', async (services) => {
  const swarm = await startFakeSwarm();
  try {
    const { socketPath } = swarm;
    const engine = connectEngine({ kind: 'unix', address: socketPath, socketPath });
    for (let n = 0; n < services; n++) {
      const Labels = { 'scalectl.autoscale': 'true', 'scalectl.max': '9', 'scalectl.cpu.target': '60' };
      await engine.createService(serviceSpec({ Name: `shop_web${n}`, Labels }));
    }
    const histories = new Map<string, History>();
    const usage = {
      describe: () => '',
      read: (queries: readonly { taskId: string; serviceId: string }[]) =>
        Promise.resolve(
          queries.map(({ taskId, serviceId }) => ({
            taskId,
            serviceId,
            cpuPercent: 60,
            memoryPercent: null,
            memoryBytes: 1,
            throttledPercent: null,
          })),
        ),
      close: () => Promise.resolve(),
    };
    const loads = { describe: () => '', read: () => Promise.resolve([]), close: () => Promise.resolve() };
    for (let tick = 0; tick < 2; tick++) {
      swarm.resetCalls();
      const { outcomes } = await evaluateOnce(engine, { usage, loads, histories, clock });
      expect(outcomes.map(({ action }) => action.kind)).toEqual(Array(services).fill('none'));
      expect(outcomes[0]?.decision.signals).toMatchObject([{ value: 60 }]);
      expect(swarm.calls()).toEqual(ONE_LOOK);
    }
  } finally {
    await swarm.close();
  }
});
