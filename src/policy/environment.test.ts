import { describe, expect, it } from 'vitest';
import { decodeEnvironment } from './environment.js';
import { readLastScale, writeLastScale } from './last-scale.js';

function problems(env: Record<string, string>): string[] {
  const decoded = decodeEnvironment(env);
  return decoded.kind === 'invalid'
    ? decoded.problems.map(({ place, message, hint }) => `${place}: ${message}. ${hint ?? ''}`)
    : [decoded.kind];
}

function policy(env: Record<string, string>) {
  const decoded = decodeEnvironment(env);
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  return decoded.value;
}

describe('the environment of a classic autoscaler', () => {
  it('is CPU with two thresholds, with the classic defaults', () => {
    expect(policy({ SERVICE_NAME: 'shop_web' })).toMatchObject({
      service: 'shop_web',
      intervalMs: 30_000,
      redisPassword: null,
      policy: {
        source: 'environment',
        min: 2,
        max: 10,
        signals: [{ kind: 'cpu', rule: { kind: 'band', upPercent: 80, downPercent: 30 } }],
      },
    });
  });

  it('is a queue where one is named, and its password is kept apart', () => {
    const found = policy({
      SERVICE_NAME: 'w',
      QUEUE_NAME: 'jobs',
      REDIS_URL: 'redis://:p%40ss@redis:6380/1',
    });
    expect(found).toMatchObject({
      redisPassword: 'p@ss',
      policy: {
        min: 2,
        max: 20,
        signals: [{ kind: 'queue', url: 'redis://redis:6380/1', key: 'jobs', jobsPerReplica: 10 }],
      },
    });
    expect(JSON.stringify(found.policy)).not.toMatch(/p@ss|p%40ss/);
  });

  it('takes all its variables', () => {
    const cpu = {
      SERVICE_NAME: 'w',
      SCALE_UP_THRESHOLD: '70',
      SCALE_DOWN_THRESHOLD: '20',
      MIN_REPLICAS: '3',
      MAX_REPLICAS: '7',
      CHECK_INTERVAL: '10',
    };
    expect(policy(cpu)).toMatchObject({
      intervalMs: 10_000,
      policy: { min: 3, max: 7, signals: [{ rule: { upPercent: 70, downPercent: 20 } }] },
    });
    const queue = {
      SERVICE_NAME: 'w',
      QUEUE_NAME: 'q',
      REDIS_URL: 'redis://r',
      JOBS_PER_WORKER: '5',
      MIN_WORKERS: '0',
      MAX_WORKERS: '4',
    };
    expect(policy(queue).policy).toMatchObject({ min: 0, max: 4, signals: [{ jobsPerReplica: 5 }] });
  });

  it('follows both where both are asked for', () => {
    const both = { SERVICE_NAME: 'w', QUEUE_NAME: 'q', REDIS_URL: 'redis://r', SCALE_UP_THRESHOLD: '90' };
    expect(policy(both).policy.signals.map(({ kind }) => kind)).toEqual(['cpu', 'queue']);
  });

  it.each([[{}], [{ REDIS_URL: 'redis://r', QUEUE_NAME: 'q' }], [{ SERVICE_NAME: ' ' }]])(
    'is absent without a service: %j',
    (env) => expect(decodeEnvironment(env)).toEqual({ kind: 'none' }),
  );

  it.each<[Record<string, string>, string]>([
    [
      { SCALE_UP_THRESHOLD: '80' },
      'environment SCALE_UP_THRESHOLD: is set, and no SERVICE_NAME says which service it is for',
    ],
    [
      { SERVICE_NAME: 'w', SCALE_UP_THRESHOLD: '80%' },
      'environment SCALE_UP_THRESHOLD: "80%" carries a percent sign. Write SCALE_UP_THRESHOLD=80.',
    ],
    [
      { SERVICE_NAME: 'w', SCALE_DOWN_THRESHOLD: '60' },
      'environment SCALE_DOWN_THRESHOLD: "60" would swing: 2 replicas at 80 % become 3 at 53.3 %',
    ],
    [
      { SERVICE_NAME: 'w', MIN_REPLICAS: '11' },
      'environment MIN_REPLICAS: "11" is more than MAX_REPLICAS, which is 10',
    ],
    [{ SERVICE_NAME: 'w', MIN_REPLICAS: '0' }, 'environment MIN_REPLICAS: "0" is for queue-driven services'],
    [
      { SERVICE_NAME: 'w', MIN_REPLICAS: '1.5' },
      'environment MIN_REPLICAS: "1.5" is not a whole number of replicas. Write MIN_REPLICAS=2',
    ],
    [
      { SERVICE_NAME: 'w', CHECK_INTERVAL: '0' },
      'environment CHECK_INTERVAL: "0" is not a number of seconds above 0',
    ],
    [
      { SERVICE_NAME: 'w', QUEUE_NAME: 'q' },
      'environment QUEUE_NAME: is set, and no REDIS_URL says where the queue is',
    ],
    [
      { SERVICE_NAME: 'w', QUEUE_NAME: 'q', REDIS_URL: 'http://:pw@r' },
      'environment REDIS_URL: begins with http://, which is not Redis',
    ],
  ])('is refused: %j', (env, message) => {
    const [first] = problems(env);
    expect(first).toContain(message);
    expect(first).not.toContain('pw');
  });
});

describe('the label of the last change', () => {
  const last = { at: '2026-01-01T00:00:00.000Z', from: 2, to: 4, reason: 'cpu', by: 'autoscaler' };

  it('comes back as it was written', () => {
    expect(readLastScale(writeLastScale(last))).toEqual(last);
  });

  it.each(['', 'x', '[]', 'null', '{"at":"never","from":1,"to":2,"reason":"","by":""}', '{"at":5}'])(
    'is nothing when it is not ours: %s',
    (text) => expect(readLastScale({ 'scalectl.last-scale': text })).toBeNull(),
  );
});
