import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../swarm/objects.js';
import type { Clock } from './clock.js';
import { Wake } from './wake.js';

/** Time passes only by sleeping; `during` is what happens within a sleep. */
function world(during: (ms: number) => void = () => undefined) {
  const slept: number[] = [];
  let now = 0;
  const clock: Clock = {
    monotonicMs: () => now,
    wallMs: () => now,
    random: () => 1,
    sleep: (ms, signal) => {
      during(ms);
      const interrupted = signal?.aborted === true;
      slept.push(interrupted ? 0 : ms);
      now += interrupted ? 0 : ms;
      return Promise.resolve();
    },
  };
  return { wake: new Wake(clock), slept };
}

const never = new AbortController().signal;

describe('the wait between two ticks', () => {
  it('lasts its whole time when nothing happens', async () => {
    const { wake, slept } = world();
    await wake.sleep(5_000, 0, never);
    expect(slept).toEqual([1_000, 4_000]);
  });

  it('is cut to the least gap by what happened before, however much', async () => {
    const { wake, slept } = world();
    for (let count = 0; count < 100; count++) wake.hint();
    await wake.sleep(5_000, 0, never);
    await wake.sleep(5_000, 1_000, never);
    expect(slept).toEqual([1_000, 1_000, 4_000]);
  });

  it('ends at once when something happens within it', async () => {
    const { wake, slept } = world((ms) => {
      if (ms === 4_000) wake.hint();
    });
    await wake.sleep(5_000, 0, never);
    expect(slept).toEqual([1_000, 0]);
  });
});

describe('events', () => {
  it.each<[string, string, boolean]>([
    ['service', 'update', true],
    ['node', 'update', true],
    ['container', 'die', true],
    ['container', 'health_status: unhealthy', true],
    ['container', 'create', false],
    ['container', 'exec_start: true', false],
  ])('%s %s wakes: %s', async (Type, Action, expected) => {
    const stop = new AbortController();
    const { wake, slept } = world();
    const engine = {
      // eslint-disable-next-line @typescript-eslint/require-await -- a stream that ends at once
      async *events() {
        stop.abort();
        yield { Type, Action } as EngineEvent;
      },
    };
    await wake.listen(engine, stop.signal);
    slept.length = 0;
    await wake.sleep(5_000, 0, never);
    expect(slept.length === 1).toBe(expected);
  });

  it('that break are listened for again, each time later', async () => {
    const stop = new AbortController();
    let opened = 0;
    const { wake, slept } = world();
    const engine = {
      events(): AsyncIterable<EngineEvent> {
        if (++opened === 4) stop.abort();
        throw new Error('broken');
      },
    };
    await wake.listen(engine, stop.signal);
    expect(slept.slice(0, 3)).toEqual([500, 1_000, 2_000]);
  });
});
