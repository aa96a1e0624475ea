import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAtRandom } from '../e2e/kill-at-random.js';
import { openStage, type Stage } from '../e2e/three-managers.js';

const ROUNDS = 50;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage('killed');
}, 600_000);

afterAll(async () => {
  await stage.close();
}, 120_000);

test(`a daemon that is killed ${ROUNDS} times while it scales must make each change once, and whole`, async () => {
  const died = await killAtRandom(stage, ROUNDS, Math.random);
  // Both sides of the update were hit, else it shows nothing.
  expect(died.before).toBeGreaterThan(5);
  expect(died.after).toBeGreaterThan(5);
});
