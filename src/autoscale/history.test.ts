import { describe, expect, it } from 'vitest';
import { Dice } from '../../test/support/random-services.js';
import { decodeLabels } from '../policy/labels.js';
import type { Policy } from '../policy/policy.js';
import { beginHistory, rememberDecision } from './history.js';
import { stabilise } from './limits.js';
import type { Decision, SignalVerdict, Snapshot } from './types.js';

const TICK_MS = 5_000;

function windows(up: string, down: string): Policy {
  const decoded = decodeLabels(
    'web',
    {
      'scalectl.autoscale': 'true',
      'scalectl.max': '10',
      'scalectl.cpu.target': '70',
      'scalectl.up.window': up,
      'scalectl.down.window': down,
    },
    'replicated',
  );
  if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
  return decoded.value;
}

const five: Snapshot = { service: 'web', desired: 5, running: 5, updateState: null, readings: [] };

const decided = (need: number | null) =>
  ({ from: 5, need, signals: [] as readonly SignalVerdict[] }) as Decision;

describe('what was asked for', () => {
  it('is one entry for as long as it is the same, of its last time', () => {
    const policy = windows('0s', '5m');
    let past = beginHistory(5, null, 0);
    for (const [tick, need] of [5, 5, 5, 3, 3, 5, null, 5].entries())
      past = rememberDecision(past, decided(need), policy, tick * TICK_MS);
    expect(past.recommendations.map(({ at, need }) => [at / TICK_MS, need])).toEqual([
      [2, 5],
      [4, 3],
      [7, 5],
    ]);
  });

  it('holds a change back as if every time had been kept', () => {
    const dice = new Dice(7);
    for (const policy of [windows('0s', '60s'), windows('30s', '20s'), windows('60s', '60s')]) {
      let past = beginHistory(5, null, 0);
      let whole = past;
      for (let now = 0; now < 500 * TICK_MS; now += TICK_MS) {
        const need = dice.chance(0.8) ? (past.recommendations.at(-1)?.need ?? 5) : dice.int(1, 9);
        for (const wanted of [1, 4, 5, 6, 9])
          expect(stabilise(wanted, policy, five, past, now)).toEqual(
            stabilise(wanted, policy, five, whole, now),
          );
        past = rememberDecision(past, decided(need), policy, now);
        whole = { ...whole, recommendations: [...whole.recommendations, { at: now, need }] };
      }
    }
  });
});
