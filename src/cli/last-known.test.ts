import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandContext } from '../../test/support/command-context.js';
import { FakeEngine } from '../../test/support/engine-in-memory.js';
import { errorOf, rejectionOf } from '../../test/support/errors.js';
import { at, decisionEvent, outcome } from '../../test/support/outcomes.js';
import type { ChangeHistory } from '../daemon/gather-history.js';
import { systemClock } from '../daemon/clock.js';
import { routesOf } from '../daemon/http-api.js';
import { writeEntry } from '../daemon/journal-entry.js';
import { DaemonRecord } from '../daemon/record.js';
import { systemPlace } from '../daemon/runtime-dir.js';
import { openSocket, type DaemonSocket } from '../daemon/socket-server.js';
import type { DaemonEvent, DaemonSamples } from '../daemon/types.js';
import type { Why } from '../daemon/why.js';
import { EngineError, type EngineErrorKind } from '../swarm/engine.js';
import type { Globals } from './context.js';
import { run as history } from './commands/history.js';
import { run as why } from './commands/why.js';
import { knownServices } from './last-known.js';

const GONE = 'cannot reach the Docker Engine at unix:///x.sock: there is no such socket';
const EVENTS = [
  decisionEvent({ service: 'shop_web', seconds: 0, from: 2, to: 3 }),
  decisionEvent({ service: 'shop_web', seconds: 5, from: 3 }),
  decisionEvent({ service: 'blog_web', seconds: 5, from: 1, to: 2 }),
];

let directory: string;
const sockets: DaemonSocket[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalectl-lost-'));
  mkdirSync(join(directory, 'state'), { mode: 0o700 });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.close();
  await rm(directory, { recursive: true, force: true });
});

const env = () => ({
  SCALECTL_RUNTIME_DIR: join(directory, 'run'),
  SCALECTL_STATE_DIR: join(directory, 'state'),
});

/** A daemon that has seen these, the last of them 12 seconds ago. */
async function daemon(clusterId: string, events: readonly DaemonEvent[] = EVENTS): Promise<string> {
  const record = new DaemonRecord({ clock: systemClock });
  for (const event of events) record.event(event);
  const samples: DaemonSamples = {
    apiVersion: 'scalectl/v1',
    kind: 'Samples',
    pid: 4711,
    clusterId,
    intervalMs: 5_000,
    sampledAt: at(5),
    ageMs: 12_300,
    samples: [],
    decisions: [outcome({ service: 'shop_web', from: 3 }), outcome({ service: 'blog_web', from: 2 })],
  };
  const no = () => Promise.reject(new Error('not asked for'));
  const routes = routesOf(
    {
      pid: 4711,
      intervalMs: 5_000,
      clusterId: () => clusterId,
      samples: () => (events.length === 0 ? null : samples),
      trouble: () => 'the Engine is lost',
      evaluate: no,
      pause: no,
      resume: no,
    },
    record,
    () => Date.parse(at(17)),
  );
  const socket = await openSocket({ clusterId, place: { ...systemPlace(), env: env() }, routes });
  sockets.push(socket);
  return socket.path;
}

function journal(clusterId: string): string {
  const path = join(directory, 'state', `${clusterId}.jsonl`);
  writeFileSync(path, EVENTS.map((event) => writeEntry({ event, repeats: 0 })).join(''));
  return path;
}

function lost(globals: Partial<Globals> = {}, kind: EngineErrorKind = 'unreachable') {
  const engine = new FakeEngine();
  engine.down = new EngineError(kind, GONE, { hint: 'Is it running?' });
  const made = commandContext(engine, globals);
  return { ...made, context: { ...made.context, env: env() } };
}

describe('why and history without an Engine', () => {
  it('must tell what the daemon knows, and since when it knows no more', async () => {
    await daemon('cluster1');
    const asked = lost();
    await why(asked.context, ['web'], {});
    expect(asked.stderr()).toBe(
      `warning: ${GONE}; this is what the daemon on this machine (process 4711) knows, as of 12s ago\n`,
    );
    expect(asked.stdout()).toMatch(
      /^shop_web: 3 replicas, 1 to 10 allowed, 2 running\n {2}last scaled 2 -> 3 /,
    );
    expect(asked.stdout()).toContain(
      'says the daemon on this machine (process 4711), which decides every 5s\n',
    );
    expect(asked.stdout()).not.toContain('Docker Engine');

    const changes = lost();
    await history(changes.context, [], {});
    expect(changes.stderr()).toBe(asked.stderr());
    expect(changes.stdout()).toContain('2 -> 3');
    expect(changes.stdout()).not.toContain('blog_web');
  });

  it.each([{ host: 'tcp://elsewhere:2375' }, { context: 'production' }])(
    'must not quote what is here about an Engine that was named: %j',
    async (globals) => {
      await daemon('cluster1');
      await expect(why(lost(globals).context, ['web'], {})).rejects.toThrow(GONE);
      await expect(history(lost(globals).context, [], {})).rejects.toThrow(GONE);
    },
  );

  it('must tell programs the same in the form that they know, with the warning as its note', async () => {
    const path = await daemon('cluster1');
    const note = `${GONE}; this is what the daemon on this machine (process 4711) knows, as of 12s ago`;
    const asked = lost({ output: 'json' });
    await why(asked.context, ['web'], {});
    expect(JSON.parse(asked.stdout()) as Why).toMatchObject({
      apiVersion: 'scalectl/v1',
      kind: 'Why',
      service: 'shop_web',
      source: { kind: 'daemon', address: path, pid: 4711 },
      note,
      desired: 3,
      last: { decision: { from: 3, outcome: 'hold' } },
      lastScale: { from: 2, to: 3, at: at(0) },
    });
    const changes = lost({ output: 'json' });
    await history(changes.context, [], {});
    const { changes: all, ...rest } = JSON.parse(changes.stdout()) as ChangeHistory;
    expect(rest).toEqual({
      apiVersion: 'scalectl/v1',
      kind: 'History',
      source: { kind: 'daemon', address: path },
      note,
    });
    expect(all.map(({ service, to }) => `${service} ${to}`)).toEqual(['shop_web 3']);
  });

  it.each([false, true])(
    'must read the journal where no daemon knows more (one is there: %s)',
    async (there) => {
      const path = journal('cluster1');
      if (there) await daemon('cluster1', []);
      const asked = lost();
      await why(asked.context, ['shop_web'], {});
      expect(asked.stderr()).toContain(`this is what the journal ${path} knows, as of `);
      expect(asked.stdout()).toContain('shop_web: 3 replicas');
      expect(asked.stdout()).not.toContain('--dry-run');
      const changes = lost({ quiet: true });
      await history(changes.context, ['web'], {});
      expect(changes.stdout()).toContain('2 -> 3');
      expect(changes.stderr()).toBe('');
    },
  );

  it('must not choose between Swarms', async () => {
    const paths = [await daemon('cluster1'), await daemon('cluster2')];
    const daemons = await rejectionOf(why(lost().context, ['web'], {}));
    expect(daemons.message).toBe(
      `${GONE}; daemons of 2 Swarms run here, and only the Engine could say which is meant`,
    );
    expect(daemons.hint).toContain(`They answer at ${paths.join(', ')}. Ask the one that is meant: curl`);
    expect(daemons.exitCode).toBe(1);
    for (const socket of sockets.splice(0)) await socket.close();

    const written = [journal('cluster1'), journal('cluster2')];
    const journals = await rejectionOf(history(lost().context, [], {}));
    expect(journals.message).toContain('; there are journals of 2 Swarms here, ');
    for (const path of written) expect(journals.hint).toContain(`${path} (last word `);
    expect(journals.exitCode).toBe(1);
  });

  it("must end in the Engine's error where nobody knows anything, and in any other error", async () => {
    for (const command of [() => why(lost().context, ['web'], {}), () => history(lost().context, [], {})]) {
      expect(await rejectionOf(command())).toMatchObject({ message: GONE, hint: 'Is it running?' });
    }
    await daemon('cluster1');
    expect(await rejectionOf(history(lost({ stack: 'none' }).context, [], {}))).toMatchObject({
      message: GONE,
    });
    expect(await rejectionOf(why(lost({}, 'denied').context, ['web'], {}))).toMatchObject({ message: GONE });
  });
});

describe('names without an Engine', () => {
  const gone = new EngineError('unreachable', GONE);
  const of = (stack: string | null, ...names: string[]) =>
    knownServices(
      stack,
      { who: 'the daemon', services: ['shop_web', 'shop_worker', 'blog_web'] },
      names,
      gone,
    );

  it.each<[string | null, string[], string[]]>([
    ['shop', ['web'], ['shop_web']],
    ['shop', ['blog_web'], ['blog_web']],
    ['shop', ['web', 'blog_web', 'shop_web'], ['shop_web', 'blog_web']],
    ['shop', [], ['shop_web', 'shop_worker']],
    [null, ['worker'], ['shop_worker']],
    [null, [], ['shop_web', 'shop_worker', 'blog_web']],
    ['none', [], []],
  ])('in the stack %s, %j are %j', (stack, names, found) => {
    expect(of(stack, ...names)).toEqual(found);
  });

  it.each<[string | null, string, string, string]>([
    ['shop', 'wbe', `${GONE}; and the daemon knows of no service "wbe"`, 'Did you mean "web"?'],
    [null, 'wroker', `${GONE}; and the daemon knows of no service "wroker"`, 'Did you mean "worker"?'],
    ['blog', 'postgres', `${GONE}; and the daemon knows of no service "postgres"`, 'It knows: web'],
    [null, 'web', 'which stack?', 'Choose one: blog, shop'],
  ])('in the stack %s, "%s" means none', (stack, name, message, hint) => {
    expect(errorOf(() => of(stack, name))).toMatchObject({ message, hint });
  });
});
