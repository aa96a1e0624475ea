import { describe, expect, it } from 'vitest';
import { commandContext } from '../../../test/support/command-context.js';
import { FakeEngine } from '../../../test/support/engine-in-memory.js';
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
