/**
 * The tour: a Swarm, the shop in it, load on the shop, and the autoscaler at work. Every step is a command that a
 * person could have typed, and is shown as one.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { Status, StatusService } from '../src/status/model.js';
import { burnCpu, postJson } from './load.js';
import { chooseSwarm, leaveSwarm, type ChosenSwarm } from './quickstart-swarm.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STATE_FILE = join(ROOT, '.quickstart.json');
const SECRETS = join(ROOT, 'stacks/secrets');
const STACK = 'ecommerce';

/**
 * Short windows, so that the tour shows shrinking too without making anybody wait for minutes; and a small share of a
 * core for each backend, so that a small machine shows growing too.
 */
const TOUR_SETTINGS = { BACKEND_DOWN_WINDOW: '15s', WORKER_DOWN_WINDOW: '15s', BACKEND_CPUS: '0.2' };
const LOAD = { path: '/work?ms=50', perSecond: 7 };
const JOBS = 200;
const JOB_MS = 1_000;
const LOAD_MS = 30_000;
const FOLLOW_MS = 90_000;
const READY_MS = 60_000;

const { values: flags } = parseArgs({
  options: { yes: { type: 'boolean' }, down: { type: 'boolean' }, help: { type: 'boolean' } },
});
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

try {
  if (flags.help === true) console.log('npm run quickstart [-- --yes]     npm run quickstart -- --down');
  else if (flags.down === true) await down();
  else await tour();
} catch (error) {
  const stopped = stop.signal.aborted;
  console.error(
    stopped ? '\nstopped; go on with: npm run quickstart' : `quickstart: ${(error as Error).message}`,
  );
  process.exitCode = stopped ? 130 : 1;
}

async function tour(): Promise<void> {
  const swarm = await chooseSwarm({ yes: flags.yes === true, signal: stop.signal, root: ROOT });
  writeFileSync(STATE_FILE, `${JSON.stringify(swarm.remembered)}\n`);
  const env = environment(swarm);
  const shop = `http://${swarm.address}:8080`;

  step('Deploy the shop: HAProxy, backend, worker, Postgres with a replica, Redis');
  await scalectl(['deploy'], env);

  step('Place an order through HAProxy');
  await placeOrder(shop);

  step(`Let the autoscaler look after it, put load on the backend and ${JOBS} jobs into the queue`);
  const daemon = spawn(
    process.execPath,
    ['bin/scalectl.js', 'autoscale', '--daemon', '--interval', '2s', '--quiet'],
    {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  console.log('$ scalectl autoscale --daemon --interval 2s');
  try {
    await postJson(`${shop}/jobs`, { count: JOBS, ms: JOB_MS });
    const load = burnCpu(`${shop}${LOAD.path}`, {
      perSecond: LOAD.perSecond,
      forMs: LOAD_MS,
      signal: stop.signal,
    });
    await follow(env);
    const { answered, failed } = await load;
    console.log(`\n${answered} requests were answered meanwhile, ${failed} failed.`);
  } finally {
    await end(daemon);
  }

  step('What stands now');
  await scalectl(['status'], env);
  console.log(nextSteps(swarm, shop));
}

function environment(swarm: ChosenSwarm): Record<string, string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  return {
    ...env,
    ...TOUR_SETTINGS,
    ...swarm.env,
    SCALECTL_STACK: STACK,
    QUEUE_URL: `redis://${swarm.address}:6379`,
    SCALECTL_REDIS_PASSWORD_FILE: join(SECRETS, 'redis_password'),
  };
}

async function placeOrder(shop: string): Promise<void> {
  await until('the shop to be ready', `${shop}/ready`, (answer) => answer['ready'] === true);
  const [product] = (await (await fetch(`${shop}/products`)).json()) as { id: number; name: string }[];
  if (product === undefined) throw new Error(`${shop}/products has no product`);
  const { id } = (await postJson(`${shop}/orders`, { productId: product.id, quantity: 1 })) as { id: number };
  await until(
    `order ${id} to be processed`,
    `${shop}/orders/${id}`,
    (order) => order['status'] === 'processed',
  );
  console.log(
    `order ${id} of "${product.name}": in Postgres, read back from the replica, processed by a worker`,
  );
}

async function until(
  what: string,
  url: string,
  wanted: (answer: Record<string, unknown>) => boolean,
): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const text = await fetch(url).then(
      (response) => response.text(),
      (error: unknown) => JSON.stringify({ error: String(error) }),
    );
    if (wanted(JSON.parse(text) as Record<string, unknown>)) return;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}; last answer: ${text}`);
    await delay(200, undefined, { signal: stop.signal });
  }
}

/** One line per look, until the replicas have risen and come back to where they began. */
async function follow(env: Record<string, string>): Promise<void> {
  const startedAt = Date.now();
  const most = { backend: 0, worker: 0 };
  console.log('\n  time  backend          worker');
  for (;;) {
    const status = JSON.parse(await scalectlOutput(['status', '-o', 'json'], env)) as Status;
    const [backend, worker] = ['backend', 'worker'].map((name) => find(status, name));
    if (backend === undefined || worker === undefined) throw new Error('the stack lost a service');
    most.backend = Math.max(most.backend, backend.replicas.desired ?? 0);
    most.worker = Math.max(most.worker, worker.replicas.desired ?? 0);
    const seconds = String(Math.round((Date.now() - startedAt) / 1000)).padStart(4);
    console.log(`${seconds} s  ${bar(backend)}  ${bar(worker)}`);
    const rested = [backend, worker].every(({ replicas, policy }) => replicas.desired === policy?.min);
    const rose = most.backend > (backend.policy?.min ?? 0) && most.worker > (worker.policy?.min ?? 0);
    if (rose && rested && Date.now() - startedAt > LOAD_MS) return;
    if (Date.now() - startedAt > FOLLOW_MS) return;
    await delay(2_000, undefined, { signal: stop.signal });
  }
}

function find(status: Status, name: string): StatusService | undefined {
  return status.services.find((service) => service.name === name);
}

function bar({ replicas: { desired, running }, cpuPercent }: StatusService): string {
  const wanted = desired ?? running;
  const blocks = '#'.repeat(Math.min(running, wanted)) + '.'.repeat(Math.max(0, wanted - running));
  const cpu = cpuPercent === null ? '   -' : `${String(Math.round(cpuPercent)).padStart(3)}%`;
  return `${blocks.padEnd(20)} ${String(wanted).padStart(2)} ${cpu}`;
}

function nextSteps(swarm: ChosenSwarm, shop: string): string {
  const pointer = swarm.shellHint === null ? [] : [`  ${swarm.shellHint}`];
  return [
    '',
    `The shop is at ${shop}/products, HAProxy's statistics at http://${swarm.address}:8404/stats`,
    '',
    'What to type next:',
    ...pointer,
    '  export SCALECTL_REDIS_PASSWORD_FILE=stacks/secrets/redis_password   # for the autoscaler',
    '',
    '  node bin/scalectl.js scale backend=5',
    '  node bin/scalectl.js status --watch',
    '  node bin/scalectl.js autoscale --dry-run',
    '  node bin/scalectl.js why backend',
    '  node bin/scalectl.js history',
    '  node bin/scalectl.js logs worker -f',
    '',
    'Remove it all: npm run quickstart -- --down',
  ].join('\n');
}

async function down(): Promise<void> {
  if (!existsSync(STATE_FILE)) {
    console.log('there is nothing of a quickstart to remove');
    return;
  }
  const remembered = JSON.parse(readFileSync(STATE_FILE, 'utf8')) as ChosenSwarm['remembered'];
  await leaveSwarm(remembered, (args, env) =>
    scalectl(args, { ...(process.env as Record<string, string>), ...env }),
  );
  rmSync(STATE_FILE, { force: true });
  rmSync(SECRETS, { recursive: true, force: true });
  console.log('gone');
}

function step(title: string): void {
  console.log(`\n=== ${title}`);
}

async function scalectl(args: string[], env: Record<string, string>): Promise<void> {
  console.log(`$ scalectl ${args.join(' ')}`);
  const child = spawn(process.execPath, ['bin/scalectl.js', ...args], { cwd: ROOT, env, stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`scalectl ${args[0] ?? ''} ended with ${code ?? 'a signal'}`);
}

async function scalectlOutput(args: string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ['bin/scalectl.js', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`scalectl ${args[0] ?? ''} ended with ${code ?? 'a signal'}`);
  return output;
}

async function end(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
}
