import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/engine-in-memory.js';
import type { History } from '../autoscale/types.js';
import { decodeEnvironment } from '../policy/environment.js';
import { readLastScale } from '../policy/last-scale.js';
import { UsageSampler } from '../signals/usage.js';
import type { LoadSignal } from '../policy/policy.js';
import type { Measurement } from '../signals/types.js';
import { EngineError } from '../swarm/engine.js';
import type { Clock } from './clock.js';
import { formatEvent } from './report.js';
import { evaluateOnce, type EvaluateOptions } from './evaluate.js';

const START = Date.parse('2026-06-01T12:00:00Z');
const CPU = { 'scalectl.autoscale': 'true', 'scalectl.max': '10', 'scalectl.cpu.target': '70' };
const QUEUE = {
  'scalectl.autoscale': 'true',
  'scalectl.max': '20',
  'scalectl.queue.url': 'redis://redis',
  'scalectl.queue.key': 'jobs',
  'scalectl.up.step': '100',
};

function world() {
  let nowMs = 0;
  const clock: Clock = {
    wallMs: () => START + nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
    random: () => 0.5,
  };
  const engine = new FakeEngine(clock.wallMs);
  const usage = new UsageSampler(engine, { clock: clock.monotonicMs });
  const lengths = new Map<string, number | null>();
  const loads = {
    describe: () => 'queue',
    read: (signals: readonly LoadSignal[]): Promise<Measurement[]> =>
      Promise.resolve(
        signals.map((signal) => {
          const value = lengths.get(signal.kind === 'queue' ? signal.key : signal.kind) ?? null;
          return value === null ? { value, note: 'ECONNREFUSED' } : { value };
        }),
      ),
    close: () => Promise.resolve(),
  };
  const evaluate = (options: Partial<EvaluateOptions> = {}) =>
    evaluateOnce(engine, { usage, loads, clock, settleMs: 1_000, ...options });
  return { engine, lengths, clock, evaluate };
}

const kinds = (evaluation: Awaited<ReturnType<typeof evaluateOnce>>) =>
  evaluation.outcomes.map(({ service, decision, action }) => [
    service,
    decision.outcome,
    decision.to,
    action.kind,
  ]);

describe('one evaluation', () => {
  it('scales what is too busy, and leaves word of it in the same update', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU, cpuLimit: 0.5 });
    engine.add('shop_db');
    engine.load.set('shop_web', 50);
    const evaluation = await evaluate();
    expect(kinds(evaluation)).toEqual([['shop_web', 'up', 3, 'scaled']]);
    expect(engine.updates).toHaveLength(1);
    const { version, spec } = engine.updates[0]!;
    expect(version).toBe(10);
    expect(spec.TaskTemplate).toEqual({
      ContainerSpec: { Image: 'shop' },
      Resources: { Limits: { NanoCPUs: 5e8 } },
    });
    expect(spec.Labels).toMatchObject(CPU);
    expect(readLastScale(spec.Labels)).toEqual({
      at: new Date(START + 1_000).toISOString(),
      from: 2,
      to: 3,
      reason: 'cpu at 100 % (target 70 %, 2 of 2 tasks measured) needs 3',
      by: 'autoscaler',
    });
    expect(evaluation.usage).toContainEqual({
      serviceId: 'id-shop_web',
      service: 'shop_web',
      cpuPercent: expect.closeTo(100, 5) as number,
      memoryPercent: null,
      sampled: 2,
      running: 2,
    });
  });

  it('writes nothing in a dry run', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 200);
    expect(kinds(await evaluate({ dryRun: true }))).toEqual([['shop_web', 'up', 6, 'would-scale']]);
    expect(engine.updates).toEqual([]);
  });

  it('makes 100 jobs at 10 per replica exactly 10, and an empty queue the minimum', async () => {
    const { engine, lengths, evaluate } = world();
    engine.add('shop_worker', { labels: { ...QUEUE, 'scalectl.min': '2' } });
    lengths.set('jobs', 100);
    await evaluate();
    expect(engine.replicas('shop_worker')).toBe(10);
    lengths.set('jobs', 0);
    await evaluate();
    expect(engine.replicas('shop_worker')).toBe(10);
    engine.change('shop_worker', ({ Labels }) => (Labels['scalectl.down.window'] = '0s'));
    await evaluate();
    expect(engine.replicas('shop_worker')).toBe(2);
  });

  it('shrinks nothing while Redis is gone, or while a container cannot be measured', async () => {
    const { engine, lengths, evaluate } = world();
    engine.add('shop_worker', { labels: { ...QUEUE, 'scalectl.down.window': '0s' }, replicas: 5 });
    engine.add('shop_web', { labels: { ...CPU, 'scalectl.down.window': '0s' }, replicas: 5 });
    lengths.set('jobs', null);
    engine.mute.add('shop_web');
    const evaluation = await evaluate();
    expect(kinds(evaluation)).toEqual([
      ['shop_worker', 'hold', 5, 'none'],
      ['shop_web', 'hold', 5, 'none'],
    ]);
    expect(evaluation.outcomes.map(({ decision }) => decision.signals[0]?.note)).toEqual([
      'ECONNREFUSED',
      'no reading to be had',
    ]);
    engine.mute.clear();
    lengths.set('jobs', 0);
    expect(kinds(await evaluate())).toEqual([
      ['shop_worker', 'down', 1, 'scaled'],
      ['shop_web', 'down', 1, 'scaled'],
    ]);
  });

  it('does not shrink what runs partly on other nodes, and says so', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', {
      labels: { ...CPU, 'scalectl.down.window': '0s' },
      replicas: 4,
      nodes: ['node-1', 'node-2'],
    });
    const [outcome] = (await evaluate()).outcomes;
    expect(outcome?.decision).toMatchObject({ outcome: 'hold', to: 4 });
    expect(outcome?.decision.reasons.join('; ')).toContain(
      '2 of 4 tasks measured, 2 on other nodes, which cannot be measured from here',
    );
  });

  it('re-reads and re-decides when somebody else was quicker', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    let quicker = 0;
    engine.beforeUpdate = () => {
      if (quicker++ < 2)
        engine.change('shop_web', ({ TaskTemplate }) => (TaskTemplate.ForceUpdate = quicker));
    };
    const [outcome] = (await evaluate()).outcomes;
    expect(outcome?.action).toEqual({ kind: 'scaled', from: 2, to: 3, attempts: 3 });
    const line = formatEvent({ level: 'info', at: '', type: 'decision', outcome: outcome! });
    expect(line).toContain('(decided anew 2 times: somebody else had changed the service)');
    expect(engine.updates[0]?.spec.TaskTemplate.ForceUpdate).toBe(2);
  });

  it('lets go when what was changed meanwhile needs nothing more', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    engine.beforeUpdate = () => {
      engine.beforeUpdate = null;
      engine.change('shop_web', ({ Mode }) => (Mode.Replicated = { Replicas: 8 }));
    };
    const [outcome] = (await evaluate()).outcomes;
    expect(outcome).toMatchObject({ decision: { from: 8, to: 8 }, action: { kind: 'none' } });
    expect(engine.replicas('shop_web')).toBe(8);
  });

  it('lets go when autoscaling was turned off meanwhile', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    engine.beforeUpdate = () =>
      engine.change('shop_web', ({ Labels }) => (Labels['scalectl.autoscale'] = 'false'));
    const [outcome] = (await evaluate()).outcomes;
    expect(outcome?.action).toEqual({ kind: 'none' });
    expect(engine.updates).toEqual([]);
  });

  it('gives up after five conflicts, and others are scaled', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.add('shop_api', { labels: CPU });
    engine.load.set('shop_web', 100).set('shop_api', 100);
    let tries = 0;
    engine.beforeUpdate = (id) => {
      if (id !== 'id-shop_web') return;
      tries++;
      engine.change('shop_web', ({ TaskTemplate }) => (TaskTemplate.ForceUpdate = tries));
    };
    const { outcomes } = await evaluate();
    expect(tries).toBe(5);
    expect(outcomes[0]?.action).toMatchObject({ kind: 'failed' });
    expect(outcomes[1]?.action).toMatchObject({ kind: 'scaled', to: 3 });
  });

  it('takes a service that is gone as gone', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    engine.beforeUpdate = () => engine.remove('shop_web');
    expect((await evaluate()).outcomes[0]?.action).toEqual({ kind: 'gone' });
    expect((await evaluate()).outcomes).toEqual([]);
  });

  it('leaves a service in a rollout alone', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU, updateState: 'updating' });
    engine.load.set('shop_web', 100);
    expect(kinds(await evaluate())).toEqual([['shop_web', 'skip', 2, 'none']]);
  });

  it('names what is wrong with labels, and goes on with the others', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: { ...CPU, 'scalectl.min': 'x' } });
    engine.add('shop_agent', { labels: CPU, mode: { Global: {} } });
    engine.add('shop_api', { labels: CPU });
    const { invalid, outcomes } = await evaluate();
    expect(invalid.map(({ problems }) => problems[0].place)).toEqual([
      'service shop_web, label scalectl.min',
      'service shop_agent, label scalectl.autoscale',
    ]);
    expect(outcomes.map(({ service }) => service)).toEqual(['shop_api']);
  });

  it('looks at one stack only when asked to', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.add('blog_web', { labels: CPU });
    expect((await evaluate({ stack: 'blog' })).outcomes.map(({ service }) => service)).toEqual(['blog_web']);
  });

  it('remembers between ticks and not between single evaluations', async () => {
    const { engine, evaluate, clock } = world();
    engine.add('shop_web', { labels: { ...CPU, 'scalectl.down.window': '60s' }, replicas: 4 });
    const histories = new Map<string, History>();
    for (let tick = 0; tick < 12; tick++) {
      expect((await evaluate({ histories })).outcomes[0]?.decision.outcome).toBe('hold');
      await clock.sleep(4_000);
    }
    expect((await evaluate({ histories })).outcomes[0]?.decision).toMatchObject({ outcome: 'down', to: 1 });
    engine.remove('shop_web');
    await evaluate({ histories });
    expect(histories.size).toBe(0);
  });

  it('keeps a cooldown between ticks, and over a restart', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: { ...CPU, 'scalectl.up.cooldown': '60s' } });
    engine.load.set('shop_web', 100);
    const histories = new Map<string, History>();
    expect((await evaluate({ histories })).outcomes[0]?.decision).toMatchObject({ outcome: 'up', to: 3 });
    for (const memory of [histories, new Map<string, History>()]) {
      const [outcome] = (await evaluate({ histories: memory })).outcomes;
      expect(outcome?.decision.adjustments.map(({ rule }) => rule)).toEqual(['up-cooldown']);
    }
  });

  it.each([
    ['is not load', 9_000, 'hold'],
    ['is over after ten seconds', 11_000, 'up'],
    ['cannot be told when the clocks differ', -60_000, 'up'],
  ])('the start of a task %s', async (_name, ageMs, expected) => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels: CPU });
    engine.load.set('shop_web', 100);
    engine.startedAt = new Date(START + 1_000 - ageMs).toISOString();
    const [outcome] = (await evaluate()).outcomes;
    expect(outcome?.decision.outcome).toBe(expected);
    if (expected === 'hold') expect(outcome?.decision.signals[0]?.note).toBe('its tasks are still starting');
  });

  it('passes on that the Swarm cannot be observed', async () => {
    const { engine, evaluate } = world();
    engine.down = new EngineError('unreachable', 'no answer');
    await expect(evaluate()).rejects.toThrow('no answer');
  });
});

describe('a policy from the environment', () => {
  const environment = (env: Record<string, string>) => {
    const decoded = decodeEnvironment(env);
    if (decoded.kind !== 'policy') throw new Error('no policy');
    return decoded.value;
  };

  it('scales the service that it names', async () => {
    const { engine, evaluate } = world();
    engine.add('shop_web');
    engine.load.set('shop_web', 95);
    expect(kinds(await evaluate({ environment: environment({ SERVICE_NAME: 'shop_web' }) }))).toEqual([
      ['shop_web', 'up', 4, 'scaled'],
    ]);
  });

  it.each([
    ['shop_wbe', {}, '"shop_wbe" is no service here'],
    ['shop_web', CPU, 'names shop_web, which has scalectl labels of its own: two policies cannot both rule'],
  ])('is refused: %s %j', async (name, labels, message) => {
    const { engine, evaluate } = world();
    engine.add('shop_web', { labels });
    const { invalid, outcomes } = await evaluate({ environment: environment({ SERVICE_NAME: name }) });
    expect(outcomes).toEqual([]);
    expect(invalid[0]?.problems[0]).toMatchObject({ place: 'environment SERVICE_NAME', message });
  });
});
