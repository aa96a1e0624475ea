/** The autoscaler must be able to say why: while it runs, after a restart, when it does not run, and from outside. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeHistory } from '../../src/daemon/gather-history.js';
import type { Why } from '../../src/daemon/why.js';
import { freePort } from '../support/servers.js';
import type { ServiceSpec } from '../../src/swarm/objects.js';
import { proxyEngine, type EngineProxy } from './engine-proxy.js';
import { openWorld, ROOT, startProcess, waitFor, type Running, type World } from './harness.js';

const STACK = 'whys';
const WEB = `${STACK}_web`;
const TOKEN = 'a-token-that-nobody-guesses';

let world: World;
let daemon: Running | null = null;
let proxy: EngineProxy | null = null;
/** what the service's signal says; null: the source answers 500 */
let load: number | null = 10;
let source: Server;
let hooks: Record<string, unknown>[] = [];
let tokenFile: string;

beforeAll(async () => {
  world = openWorld(STACK);
  source = createServer((request, response) => {
    if (request.method === 'POST') {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => hooks.push(JSON.parse(text) as Record<string, unknown>));
      response.end();
    } else if (load === null) response.writeHead(500).end();
    else response.end(JSON.stringify({ load }));
  });
  source.listen(0);
  await once(source, 'listening');
  tokenFile = join(world.directory, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const file = join(world.directory, 'whys.yml');
  writeFileSync(file, stackFile());
  const deployed = await world.scalectl(['deploy', '-c', file]);
  expect(deployed.code, deployed.stderr).toBe(0);
});

afterEach(async () => {
  await daemon?.stop();
  await proxy?.goAway();
  daemon = null;
  proxy = null;
  load = 10;
});

afterAll(async () => {
  await world.scalectl(['down', '--yes']);
  source.close();
  source.closeAllConnections();
  world.close();
});

/** The lab's own side of its bridge: an address of this machine that containers reach too. */
function sourceUrl(): string {
  const host = world.address.replace(/\.\d+$/, '.254');
  return `http://${host}:${(source.address() as AddressInfo).port}`;
}

function stackFile(): string {
  return `
services:
  web:
    image: ${world.env['SHOP_IMAGE'] ?? ''}
    command: ['node', '-e', 'setInterval(() => {}, 1e9)']
    stop_grace_period: 1s
    deploy:
      replicas: 1
      labels:
        scalectl.autoscale: 'true'
        scalectl.max: '4'
        scalectl.json.url: ${sourceUrl()}/
        scalectl.json.pointer: /load
        scalectl.json.target: '10'
        scalectl.down.window: 2s
        scalectl.hold: 0s
  plain:
    image: ${world.env['SHOP_IMAGE'] ?? ''}
    command: ['node', '-e', 'setInterval(() => {}, 1e9)']
    stop_grace_period: 1s
`;
}

function startDaemon(args: readonly string[] = [], env: Record<string, string> = {}): Running {
  daemon = world.start(['autoscale', '--daemon', '--interval', '1s', '--log-format', 'json', ...args], env);
  return daemon;
}

async function why(env: Record<string, string> = {}, ...args: string[]): Promise<Why> {
  const { code, stdout, stderr } = await world.scalectl(['why', 'web', '-o', 'json', ...args], env);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Why;
}

async function history(...args: string[]): Promise<ChangeHistory> {
  const { code, stdout, stderr } = await world.scalectl(['history', '-o', 'json', ...args]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as ChangeHistory;
}

const replicas = async (): Promise<number> =>
  (await world.engine.inspectService(WEB)).Spec.Mode.Replicated?.Replicas ?? -1;
const told = (wanted: (answer: Why) => boolean, env: Record<string, string> = {}): Promise<Why> =>
  waitFor('the daemon to say so', () => why(env), wanted);

async function scaledTo(count: number): Promise<void> {
  load = 10 * count;
  await waitFor('the replicas', replicas, (now) => now === count);
}

describe('why and history', () => {
  test('without any daemon: a decision must be made now, and not written', async () => {
    load = 30;
    const answer = await why();
    expect(answer.source).toEqual({ kind: 'dry-run' });
    expect(answer).toMatchObject({ service: WEB, desired: 1, policy: { state: 'on' }, lastScale: null });
    expect(answer.last).toMatchObject({ decision: { from: 1, to: 3 }, action: { kind: 'would-scale' } });
    expect(await replicas()).toBe(1);
    expect(await history()).toMatchObject({ source: { kind: 'labels' }, changes: [] });
    const { stdout } = await world.scalectl(['why', 'web']);
    expect(stdout).toContain('no daemon looks after it; this was decided just now, and not written\n');
  });

  test('beside a daemon for another stack: it must be said that this one has not decided', async () => {
    startDaemon(['--stack', 'elsewhere']);
    const answer = await told(({ note }) => note !== null);
    expect(answer.note).toMatch(/^the daemon \(.*\.sock\) has not decided on it$/);
    expect(answer.source).toEqual({ kind: 'dry-run' });
    expect(answer.last?.decision.signals[0]?.value).toBe(10);
  });

  test('a daemon must say what it did, what would make it act, and act at exactly that', async () => {
    startDaemon();
    await scaledTo(3);
    const answer = await told(({ last }) => last?.decision.outcome === 'hold' && last.decision.from === 3);
    expect(answer.source).toMatchObject({ kind: 'daemon', pid: daemon?.child.pid });
    expect(answer.lastScale).toMatchObject({ from: 1, to: 3, by: 'autoscaler' });
    expect(
      answer.earlier.map((one) => one.kind === 'decisions' && `${one.outcome} ${one.from}-${one.to}`),
    ).toContain('up 1-3');
    const [signal] = answer.outlook?.signals ?? [];
    expect(signal).toMatchObject({ value: 30, growsFrom: 33.1, shrinksFrom: 20 });
    expect(answer.outlook?.up).toMatchObject({ when: 'now', to: 4 });

    // At the value before the one that was told, nothing must happen; at that one, it must.
    load = 33;
    await told(({ last }) => last?.decision.signals[0]?.value === 33);
    await told(({ earlier: [newest] }) => newest?.kind === 'decisions' && newest.signals[0]?.value === 33);
    expect(await replicas()).toBe(3);
    load = signal?.growsFrom ?? 0;
    await waitFor('the fourth replica', replicas, (now) => now === 4);
    const full = await told(({ last }) => last?.decision.from === 4);
    expect(full.outlook?.up).toMatchObject({
      when: 'blocked',
      obstacles: [{ rule: 'max', text: 'max is 4' }],
    });
    await scaledTo(2);

    const { changes, source: from } = await history();
    expect(from.kind).toBe('daemon');
    expect(changes.map((one) => `${one.service} ${one.from}-${one.to} ${one.by} ${one.result}`)).toEqual([
      `${WEB} 4-2 autoscaler done`,
      `${WEB} 3-4 autoscaler done`,
      `${WEB} 1-3 autoscaler done`,
    ]);
    const table = await world.scalectl(['history', 'web', '-n', '1']);
    expect(table.stdout).toMatch(
      /^WHEN +SERVICE +REPLICAS +BY +WHY\n\S+ +whys_web +4 -> 2 +autoscaler +json \/load at 20 /,
    );
    expect(await history('--since', '1ms')).toMatchObject({ changes: [] });
  });

  test('after a restart it must still know what was before, and when it is gone its journal must', async () => {
    const before = await history();
    expect(before.source.kind).toBe('journal');
    expect(before.changes.length).toBeGreaterThanOrEqual(3);
    const old = await why();
    expect(old.source).toMatchObject({ kind: 'journal' });
    expect(old.outlook).toBeNull();
    expect((await world.scalectl(['why', 'web'])).stdout).toContain(
      'the daemon is not running here; its last word is of',
    );

    load = 20;
    await world.scalectl(['scale', 'web=2']);
    startDaemon();
    const again = await told(({ source: { kind }, last }) => kind === 'daemon' && last?.decision.from === 2);
    expect(again.earlier.some((one) => one.kind === 'event' && one.type === 'stopped')).toBe(true);
    expect((await history()).changes.slice(-3)).toEqual(before.changes.slice(-3));

    await world.scalectl(['scale', 'web=3']);
    // The daemon may have taken it back meanwhile, since nothing needs it.
    const { changes } = await waitFor(
      'the change by hand',
      () => history('web'),
      (answer) => answer.changes.some(({ by }) => by === 'somebody else'),
    );
    expect(changes.find(({ by }) => by === 'somebody else')).toMatchObject({
      from: 2,
      to: 3,
      result: 'done',
    });
  });

  test('a signal that is lost, and a pause: both must be said to stand in the way', async () => {
    startDaemon();
    await scaledTo(2);
    load = null;
    const blind = await told(({ last }) => last?.decision.signals[0]?.value === null);
    expect(blind.last?.decision.signals[0]?.note).toContain('500');
    load = 20;
    await world.scalectl(['policy', 'pause', 'web', '--for', '30m']);
    try {
      const paused = await told(({ last }) => last?.standing?.paused !== null);
      expect(paused.paused).toMatch(/^paused until 20/);
      expect(paused.outlook?.up.obstacles.map(({ rule }) => rule)).toEqual(['paused']);
      expect((await world.scalectl(['why', 'web'])).stdout).toContain(
        '  up from 2: json /load at 22.1 or more\n',
      );
    } finally {
      await world.scalectl(['policy', 'resume', 'web']);
    }
  });

  test('a rollout that failed: growing must not make the bad version the one that a rollback leads to', async () => {
    startDaemon();
    await scaledTo(2);
    const commandOf = (spec: ServiceSpec | undefined): string | undefined =>
      spec?.TaskTemplate.ContainerSpec?.Command?.[0];
    const { ID, Version, Spec } = await world.engine.inspectService(WEB);
    const { TaskTemplate } = Spec;
    await world.engine.updateService(ID, Version.Index, {
      ...Spec,
      TaskTemplate: { ...TaskTemplate, ContainerSpec: { ...TaskTemplate.ContainerSpec, Command: ['false'] } },
      UpdateConfig: { Parallelism: 1, FailureAction: 'pause', Monitor: 5e9 },
    });
    const state = async () => (await world.engine.inspectService(WEB)).UpdateStatus?.State;
    await waitFor('the update to be paused', state, (now) => now === 'paused');
    load = 40;
    const reasons = ({ last }: Why): string => last?.decision.reasons.join() ?? '';
    const answer = await told((now) => reasons(now).includes('a rollout is in progress (paused)'));
    expect(answer.last?.decision).toMatchObject({ from: 2, to: 2, outcome: 'skip' });
    const bad = await world.engine.inspectService(WEB);
    expect([commandOf(bad.PreviousSpec), commandOf(bad.Spec)]).toEqual([undefined, 'false']);

    const { PATH = '', DOCKER_HOST = '' } = world.env;
    const undo = ['service', 'rollback', '--detach', WEB];
    await startProcess('docker', undo, { cwd: world.directory, env: { PATH, DOCKER_HOST } }).ended;
    await waitFor('what was asked for', replicas, (now) => now === 4);
    expect(commandOf((await world.engine.inspectService(WEB)).Spec)).toBeUndefined();
    await scaledTo(2);
  });

  test('tasks that no node takes: it must be said how many, and why', async () => {
    startDaemon();
    const { ID, ...found } = await world.engine.inspectService(WEB);
    const spec = found.Spec;
    const { id } = await world.engine.createService({
      ...spec,
      Name: `${STACK}_stuck`,
      TaskTemplate: { ...spec.TaskTemplate, Placement: { Constraints: ['node.labels.nowhere==true'] } },
    });
    expect(id).not.toBe(ID);
    try {
      const answer = await waitFor(
        'word of the tasks',
        async () => {
          const { stdout } = await world.scalectl(['why', 'stuck', '-o', 'json']);
          return (JSON.parse(stdout) as Why).last?.standing?.pending ?? null;
        },
        (pending) => pending !== null && pending.message !== null,
      );
      expect(answer?.message).toContain('no suitable node');
      const { stdout } = await world.scalectl(['why', 'stuck']);
      expect(stdout).toMatch(/^ {2}\d tasks? without a node for \d+s: no suitable node/m);
    } finally {
      await world.engine.removeService(id);
    }
  });

  test('a service without a policy, and one with a wrong one, must be answered in clear words', async () => {
    const plain = await world.scalectl(['why', 'plain']);
    expect(plain.stdout).toContain(
      "it has no policy, so nothing scales it. Give it one under deploy.labels:\n    scalectl.autoscale: 'true'",
    );
    expect(plain.code).toBe(0);
    const label = async (value: string) => {
      const { ID, Version, Spec } = await world.engine.inspectService(WEB);
      const Labels = { ...Spec.Labels, 'scalectl.max': value };
      await world.engine.updateService(ID, Version.Index, { ...Spec, Labels });
    };
    await label('many');
    try {
      const wrong = await world.scalectl(['why', 'web']);
      expect(wrong.stdout).toContain('its policy cannot be used, so it is left alone:\n');
      expect(wrong.stdout).toContain('scalectl.max');
    } finally {
      await label('4');
    }
  });
});

describe('the API of the daemon', () => {
  const headers = { authorization: `Bearer ${TOKEN}` };

  test('over TCP: metrics without a token from here, writes only with one', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    startDaemon(['--listen', url.replace('http://', '')], { SCALECTL_TOKEN_FILE: tokenFile });
    await waitFor(
      'readiness',
      () =>
        fetch(`${url}/readyz`).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
    );
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`^scalectl_desired_replicas\\{service="${WEB}"\\} \\d$`, 'm'));
    expect(metrics).toContain('scalectl_engine_up 1\n');
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect((await fetch(`${url}/v1/evaluate`, { method: 'POST' })).status).toBe(401);

    const pause = `${url}/v1/services/${WEB}/pause`;
    expect((await fetch(pause, { method: 'POST', body: '{"for":"30m"}' })).status).toBe(401);
    expect((await world.engine.inspectService(WEB)).Spec.Labels).not.toHaveProperty('scalectl.paused-until');
    expect((await fetch(pause, { method: 'POST', body: '{"for":"30m"}', headers })).status).toBe(200);
    expect((await world.engine.inspectService(WEB)).Spec.Labels).toHaveProperty('scalectl.paused-until');
    const evaluated = await fetch(`${url}/v1/evaluate`, { method: 'POST', headers });
    expect(await evaluated.json()).toMatchObject({
      outcomes: [{ service: WEB, standing: { paused: expect.any(String) as string } }],
    });
    expect((await fetch(pause.replace('pause', 'resume'), { method: 'POST', headers })).status).toBe(200);
    expect((await world.engine.inspectService(WEB)).Spec.Labels).not.toHaveProperty('scalectl.paused-until');

    // Somebody on another machine: another runtime directory, and the address.
    const elsewhere = { SCALECTL_RUNTIME_DIR: join(world.directory, 'other'), SCALECTL_API: url };
    const answer = await told(() => true, { ...elsewhere, SCALECTL_TOKEN_FILE: tokenFile });
    expect(answer.source).toMatchObject({ kind: 'api', address: url });
    const wrong = join(world.directory, 'wrong');
    writeFileSync(wrong, 'another-token-of-some-length');
    const refused = await world.scalectl(['why', 'web'], { ...elsewhere, SCALECTL_TOKEN_FILE: wrong });
    expect(refused.stderr).toBe(
      `error: the daemon at ${url} answers 401: this is not the token\n` +
        '  Set SCALECTL_TOKEN_FILE to a file with its token.\n',
    );
    expect(refused.code).toBe(1);
  });

  test('from another machine everything needs the token', async () => {
    // The bridge of the lab has an address of this machine, which is not loopback.
    const host = new URL(sourceUrl()).hostname;
    const url = `http://${host}:${await freePort()}`;
    startDaemon(['--listen', url.replace('http://', '')], { SCALECTL_TOKEN_FILE: tokenFile });
    await waitFor(
      'an answer',
      () =>
        fetch(`${url}/readyz`, { headers }).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
    );
    for (const path of ['/metrics', '/healthz', '/v1/decisions']) {
      expect((await fetch(url + path)).status).toBe(401);
      expect((await fetch(url + path, { headers })).status).toBe(200);
    }
  });

  test('the Engine lost: it must not be ready, must say so to the webhook, and be ready again', async () => {
    const socket = join(world.directory, 'engine.sock');
    proxy = await proxyEngine((world.env['DOCKER_HOST'] ?? '').replace('unix://', ''), socket);
    const url = `http://127.0.0.1:${await freePort()}`;
    const hookFile = join(world.directory, 'hook');
    writeFileSync(hookFile, `${sourceUrl()}/hook/s3cr3t\n`);
    hooks = [];
    const running = startDaemon(['--listen', url.replace('http://', '')], {
      DOCKER_HOST: proxy.address,
      SCALECTL_WEBHOOK_URL_FILE: hookFile,
    });
    const ready = (): Promise<number> =>
      fetch(`${url}/readyz`).then(
        ({ status }) => status,
        () => 0,
      );
    await waitFor('readiness', ready, (status) => status === 200);
    await scaledTo(3);
    await proxy.goAway();
    await waitFor('no readiness', ready, (status) => status === 503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('scalectl_engine_up 0\n');
    expect(metrics).not.toContain('scalectl_desired_replicas');
    await proxy.comeBack();
    await waitFor('readiness again', ready, (status) => status === 200);
    const events = await waitFor(
      'word of it at the webhook',
      () => Promise.resolve(hooks.map(({ event }) => event)),
      (all) => all.includes('engine-back'),
    );
    expect(events).toContain('scaled-up');
    expect(events.indexOf('engine-lost')).toBeLessThan(events.indexOf('engine-back'));
    expect(hooks[0]).toMatchObject({
      apiVersion: 'scalectl/v1',
      kind: 'Notification',
      text: expect.any(String) as string,
    });
    expect(running.output()).not.toContain('s3cr3t');
  });
});

describe('a daemon in a container', () => {
  const SERVICE = 'scalectl_daemon';

  afterAll(async () => {
    const found = (await world.engine.listServices({ name: [SERVICE] })).find(
      ({ Spec }) => Spec.Name === SERVICE,
    );
    if (found !== undefined) await world.engine.removeService(found.ID);
  });

  test('must be asked through the Engine of its node', async () => {
    const command = join(world.directory, 'bin', 'scalectl');
    mkdirSync(join(world.directory, 'bin'));
    writeFileSync(command, '#!/bin/sh\nexec node /opt/scalectl/bin/scalectl.js "$@"\n');
    chmodSync(command, 0o755);
    const bind = (Source: string, Target: string) =>
      ({ Type: 'bind', Source, Target, ReadOnly: true }) as const;
    await world.engine.createService({
      Name: SERVICE,
      Labels: { 'com.docker.stack.namespace': 'scalectl' },
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: {
        ContainerSpec: {
          Image: world.env['SHOP_IMAGE'] ?? '',
          User: 'root',
          Command: ['scalectl', 'autoscale', '--daemon', '--interval', '1s', '--stack', STACK],
          Env: ['DOCKER_HOST=unix:///engine.sock'],
          Mounts: [
            bind(ROOT, '/opt/scalectl'),
            bind(command, '/usr/local/bin/scalectl'),
            bind((world.env['DOCKER_HOST'] ?? '').replace('unix://', ''), '/engine.sock'),
          ],
        },
      },
    });
    // The journal of the daemons before lies elsewhere: only the container can know.
    const nobody = { SCALECTL_STATE_DIR: join(world.directory, 'none') };
    const answer = await waitFor(
      'the daemon in the container to be asked',
      async () => {
        const { code, stdout, stderr } = await world.scalectl(['why', 'web', '-o', 'json'], nobody);
        return code === 0 ? (JSON.parse(stdout) as Why) : stderr;
      },
      (found) => typeof found !== 'string' && found.source.kind === 'container',
      90_000,
    );
    if (typeof answer === 'string') throw new Error(answer);
    expect(answer.outlook?.desired).toBe(answer.desired);
    const { stdout } = await world.scalectl(['why', 'web'], nobody);
    expect(stdout).toMatch(
      /says the daemon in scalectl_daemon, container [0-9a-f]{12}, which decides every 1s\n/,
    );
    const changes = await world.scalectl(['history', '-o', 'json'], nobody);
    expect(JSON.parse(changes.stdout)).toMatchObject({ kind: 'History', source: { kind: 'container' } });
  });
});
