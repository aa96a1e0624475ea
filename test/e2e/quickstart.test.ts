import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findLeftovers, isClean } from '../lab/leftovers.js';
import { openLab } from '../lab/lab.js';
import { ROOT } from './harness.js';

/** A lab of its own: the tour brings up what it needs by itself. */
const LAB = 'tour';
const MOST_MS = 10 * 60_000;

let checkout = '';

function quickstart(...args: string[]) {
  // What npm tells its children would send the inner npm back to this checkout.
  const outer = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const env = {
    ...outer,
    SCALECTL_LAB: LAB,
    SCALECTL_STATE_DIR: join(checkout, 'state'),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  };
  return spawnSync('npm', ['run', 'quickstart', '--', ...args], {
    cwd: checkout,
    env,
    encoding: 'utf8',
    timeout: MOST_MS,
  });
}

/** A copy: the tour keeps its passwords in the checkout, where somebody may have a tour of their own. */
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'scalectl-tour-'));
  const apart = /^(node_modules|dist|\.git|\.quickstart\.json|stacks\/secrets)(\/|$)/;
  cpSync(ROOT, checkout, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !apart.test(relative(ROOT, path)),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
});

afterAll(() => {
  quickstart('--down');
  rmSync(checkout, { recursive: true, force: true });
});

test(
  'the tour must end well, leave a shop that works, and go without a trace',
  async () => {
    const tour = quickstart();
    expect(tour.stdout).toMatch(
      /order \d+ of .* in Postgres, read back from the replica, processed by a worker/,
    );
    expect(tour.stdout).toContain('What to type next:');
    expect(tour.status, tour.stderr).toBe(0);
    const address = openLab(LAB).nodes[0]?.address ?? '';
    expect((await fetch(`http://${address}:8080/products`)).status).toBe(200);
    expect(tour.stdout).toContain(`http://${address}:8080/products`);
    const password = readFileSync(join(checkout, 'stacks/secrets/redis_password'), 'utf8');
    expect(tour.stdout + tour.stderr).not.toContain(password);

    const down = quickstart('--down');
    expect(down.status, down.stderr).toBe(0);
    expect(isClean(await findLeftovers(LAB))).toBe(true);
  },
  2 * MOST_MS,
);
