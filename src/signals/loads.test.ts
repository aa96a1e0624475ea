import { expect, it } from 'vitest';
import type { SignalPolicy } from '../policy/policy.js';
import { Loads } from './loads.js';
import type { Measurement, Source } from './types.js';

it('asks every source at a tick, and between two ticks only those that are meant', async () => {
  const asked: string[] = [];
  const source = (name: string): Source<unknown, Measurement> => ({
    describe: () => '',
    close: () => Promise.resolve(),
    read: (queries) => {
      asked.push(`${name} ${queries.length}`);
      return Promise.resolve(queries.map(() => ({ value: 1 })));
    },
  });
  const [redis, rabbitmq, haproxy] = ['redis', 'rabbitmq', 'haproxy'].map(source) as [never, never, never];
  const [prometheus, json] = ['prometheus', 'json'].map(source) as [never, never];
  const loads = new Loads({ redis, rabbitmq, haproxy, prometheus, json });
  const requests = {
    kind: 'requests',
    backend: 'web',
    perReplica: 1,
    forecast: false,
  } satisfies SignalPolicy;
  await loads.read([requests]);
  expect(asked.splice(0)).toEqual(['redis 0', 'rabbitmq 0', 'haproxy 1', 'prometheus 0', 'json 0']);
  expect(await loads.read([requests], { between: true })).toEqual([{ value: 1 }]);
  expect(asked).toEqual(['haproxy 1']);
});
