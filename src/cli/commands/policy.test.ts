import { describe, expect, it } from 'vitest';
import { commandContext } from '../../../test/support/command-context.js';
import { FakeEngine } from '../../../test/support/engine-in-memory.js';
import { evaluateOnce } from '../../daemon/evaluate.js';
import { problemsOf, rejectionOf } from '../../../test/support/errors.js';
import { run } from './policy.js';

const WEB = { 'scalectl.autoscale': 'true', 'scalectl.max': '6', 'scalectl.cpu.target': '70' };

function shop(): FakeEngine {
  const engine = new FakeEngine();
  engine.add('shop_web', { labels: WEB });
  engine.add('shop_worker', { labels: { ...WEB, 'scalectl.autoscale': 'false' } });
  engine.add('shop_db');
  engine.add('other_web', { labels: { 'scalectl.max': '0' } });
  return engine;
}

describe('policy show', () => {
  it('must show every policy of the stack, and where each value comes from', async () => {
    const { context, stdout } = commandContext(shop());
    await run(context, ['show'], {});
    const lines = stdout().split('\n');
    expect(lines[0]).toBe('shop_web: 1 to 6 replicas by cpu (target 70 %)');
    expect(lines).toContain('cpu.target     70        label');
    expect(lines).toContain('down.window    5m        default');
    expect(lines).toContain('shop_worker: autoscaling is off');
    expect(stdout()).not.toMatch(/shop_db|other_web/);
  });

  it('must say of a service that is asked for that it has none', async () => {
    const { context, stdout } = commandContext(shop());
    await run(context, ['show', 'db'], {});
    expect(stdout()).toBe('shop_db: no policy\n');
  });

  it('must give the same as JSON', async () => {
    const { context, stdout } = commandContext(shop(), { output: 'json' });
    await run(context, ['show', 'web'], {});
    const result = JSON.parse(stdout()) as { kind: string; policies: { settings: unknown[] }[] };
    expect(result).toMatchObject({
      apiVersion: 'scalectl/v1',
      kind: 'Policies',
      policies: [
        { service: 'web', fullName: 'shop_web', state: 'on', policy: { min: 1, max: 6 }, problems: [] },
      ],
    });
    expect(result.policies[0]?.settings).toContainEqual({ key: 'on-error', value: 'hold', from: 'default' });
  });
});

describe('policy lint', () => {
  it('must count policies that are in order', async () => {
    const { context, stdout } = commandContext(shop());
    await run(context, ['lint'], {});
    expect(stdout()).toBe('1 policy, no problem\n');
  });

  it('must name every problem of every policy', async () => {
    const engine = shop();
    engine.add('shop_api', { labels: { ...WEB, 'scalectl.min': '9', 'scalectl.cpu.traget': '3' } });
    engine.add('shop_node', { labels: WEB, mode: { Global: {} } });
    const error = await rejectionOf(run(commandContext(engine).context, ['lint'], {}));
    expect(error.exitCode).toBe(2);
    expect(problemsOf(error)).toEqual([
      'service shop_api, label scalectl.cpu.traget: is no label that scalectl knows',
      'service shop_api, label scalectl.min: "9" is more than scalectl.max, which is 6',
      'service shop_node, label scalectl.autoscale: cannot be carried out: the service runs in global mode, and only replicated services can be scaled',
    ]);
  });
});

/** measures nothing, so that a service only moves towards its bounds */
const NOTHING = {
  describe: () => 'nothing',
  read: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};
const PAUSED = 'scalectl.paused-until';

describe('policy pause and resume', () => {
  it('must hold a service back until it is resumed', async () => {
    const engine = shop();
    engine.add('shop_small', { labels: { ...WEB, 'scalectl.min': '4' }, replicas: 2 });
    const { context, stdout } = commandContext(engine);
    await run(context, ['pause', 'small'], {});
    const evaluate = async () => {
      const { outcomes } = await evaluateOnce(engine, { stack: 'shop', usage: NOTHING, loads: NOTHING });
      return outcomes.find(({ service }) => service === 'shop_small')?.decision;
    };
    expect(await evaluate()).toMatchObject({ outcome: 'hold', from: 2, to: 2 });
    expect((await evaluate())?.reasons).toContain('paused until it is resumed');
    await run(context, ['resume', 'small', 'shop_small', 'web'], {});
    expect(await evaluate()).toMatchObject({ outcome: 'up', from: 2, to: 4 });
    expect(stdout()).toBe(
      'shop_small: paused until it is resumed\n' +
        'shop_small: the autoscaler looks after it again\nshop_web: was not paused\n',
    );
  });

  it('must end by itself, and be written beside whatever somebody else writes meanwhile', async () => {
    const engine = shop();
    let others = 2;
    engine.beforeUpdate = () => {
      if (others-- > 0) engine.change('shop_web', (spec) => (spec.Labels[`other${others}`] = 'x'));
    };
    const before = Date.now();
    const { context, stdout } = commandContext(engine, { output: 'json' });
    await run(context, ['pause', 'web'], { for: '30m' });
    const labels = engine.services.get('id-shop_web')!.Spec.Labels;
    expect(labels).toMatchObject({ ...WEB, other0: 'x', other1: 'x' });
    const until = Date.parse(labels[PAUSED] ?? '') - before;
    expect(until).toBeGreaterThanOrEqual(30 * 60_000);
    expect(until).toBeLessThan(31 * 60_000);
    expect(JSON.parse(stdout())).toEqual({
      apiVersion: 'scalectl/v1',
      kind: 'Paused',
      services: [{ service: 'shop_web', until: labels[PAUSED] }],
    });
  });

  it.each([
    [['pause'], {}, 'policy pause needs the name of a service'],
    [['resume'], {}, 'policy resume needs the name of a service'],
    [['pause', 'web'], { for: 'soon' }, '"soon" is no duration above zero'],
    [['pause', 'web'], { for: '99999h' }, '"99999h" is longer than a year'],
    [['resume', 'web'], { for: '1h' }, 'policy resume takes no --for'],
  ])('must refuse %j %j', async (args, options, message) => {
    const engine = shop();
    expect((await rejectionOf(run(commandContext(engine).context, args, options))).message).toBe(message);
    expect(engine.updates).toEqual([]);
  });
});

describe('policy set', () => {
  it('must write labels, and say that a deploy takes them back', async () => {
    const engine = shop();
    const { context, stdout, stderr } = commandContext(engine);
    await run(context, ['set', 'web', 'max=9', 'scalectl.down.window=2m', 'min='], {});
    expect(engine.updates.map(({ spec }) => spec.Labels)).toEqual([
      { 'com.docker.stack.namespace': 'shop', ...WEB, 'scalectl.max': '9', 'scalectl.down.window': '2m' },
    ]);
    expect(stdout()).toBe(
      'shop_web: scalectl.max 9\nshop_web: scalectl.down.window 2m\nshop_web: without scalectl.min\n',
    );
    expect(stderr()).toBe('write it into the stack file too: the next deploy puts back what the file says\n');
    await run(context, ['set', 'web', 'max=9'], {});
    expect(engine.updates).toHaveLength(1);
  });

  it.each([
    [['web'], ['command line: policy set needs a service and its settings']],
    [['web', 'max'], ['policy set max: cannot read "max"']],
    [
      ['web', 'mxa=3', 'paused-until=resumed', 'max=3', 'scalectl.max=4'],
      [
        'policy set mxa=3: "mxa" is no setting of a policy',
        'policy set paused-until=resumed: "paused-until" is no setting of a policy',
        'policy set scalectl.max=4: scalectl.max is given twice',
      ],
    ],
    [['web', 'min=7', 'up.step=fast'], ['service shop_web, label scalectl.up.step: "fast" is not a step']],
    [['web', 'min=7'], ['service shop_web, label scalectl.min: "7" is more than scalectl.max, which is 6']],
    [['wbe', 'min=7'], ['?: there is no service "wbe" in the stack shop']],
  ])('must refuse %j and write nothing', async (args, problems) => {
    const engine = shop();
    const error = await rejectionOf(run(commandContext(engine).context, ['set', ...args], {}));
    expect(error.exitCode).toBe(2);
    expect(problemsOf(error)).toEqual(problems);
    expect(engine.updates).toEqual([]);
  });
});

describe('a schedule', () => {
  it('must raise a service while its window is open, and show in its policy', async () => {
    const engine = shop();
    engine.add('shop_day', { labels: { ...WEB, 'scalectl.schedule.all': '0 0 * * * 24h min=5' } });
    const { outcomes } = await evaluateOnce(engine, { stack: 'shop', usage: NOTHING, loads: NOTHING });
    const decision = outcomes.find(({ service }) => service === 'shop_day')?.decision;
    expect(decision).toMatchObject({ outcome: 'up', to: 5 });
    expect(decision?.reasons).toContain('the schedule all wants at least 5 until 00:00 (UTC)');
    const { context, stdout } = commandContext(engine);
    await run(context, ['show', 'day'], {});
    expect(stdout()).toMatch(/^schedule\.all +0 0 \* \* \* 24h min=5 +label$/m);
    expect(stdout()).toMatch(/^timezone +UTC +default$/m);
  });
});
