import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test, vi } from 'vitest';
import { startLab } from '../lab/lab.js';
import { openWorld, waitFor, type Result, type World } from './harness.js';

// Containers that end and start again are work: with more of them at once two cores are late, whatever the deploy does.
vi.setConfig({ maxConcurrency: 4 });

const SLEEPS = "[sh, -c, 'exec sleep 3600']";
const CRASHES = '[sh, -c, \'echo "cannot reach the moon" >&2; exit 3\']';

/** A stack of one service `web`, given the lines of it that matter, below the image. */
const web = (lines: string): string => `
services:
  web:
    image: \${SHOP_IMAGE}
    init: true
    stop_grace_period: 1s
${lines.replaceAll(/^/gm, '    ')}
`;

const runs = (command: string, deploy = '{ replicas: 1 }'): string =>
  web(`command: ${command}\ndeploy: ${deploy}`);

const updates = (failureAction: string): string =>
  `{ replicas: 2, restart_policy: { delay: 1s }, update_config: { failure_action: ${failureAction} } }`;

interface Scenario {
  name: string;
  /** what is up when the deploy at hand begins */
  before?: string;
  stack: string;
  args?: string[];
  code: number;
  says: (string | RegExp)[];
  deadlineMs: number;
  /** looked at after the deploy */
  then?: (world: World, deployed: Result) => Promise<void>;
}

const scenarios: Scenario[] = [
  {
    name: 'crash loop at create',
    stack: runs(CRASHES),
    code: 1,
    says: [
      'crash loop: it ended 3 times without staying up',
      'exit code 3',
      'on node node1',
      '| cannot reach the moon',
    ],
    deadlineMs: 60_000,
  },
  {
    name: 'crash loop at update, failure_action pause',
    before: runs(SLEEPS, updates('pause')),
    stack: runs(CRASHES, updates('pause')),
    code: 1,
    says: ['the rollout is paused: update paused due to failure', 'exit code 3', '| cannot reach the moon'],
    deadlineMs: 60_000,
    then: async (world) => {
      const again = await world.scalectl(['deploy', '-c', 'stack.yml']);
      expect(again.stderr).toContain('the rollout is paused');
      expect(again.stderr).toContain('--resume takes it up again');
      expect(again.code).toBe(1);
      const resumed = await world.scalectl(['deploy', '-c', 'stack.yml', '--resume']);
      expect(resumed.stderr).toContain('its rollout is paused and is taken up again');
      expect(resumed.code).toBe(1);
    },
  },
  {
    name: 'crash loop at update, failure_action continue',
    before: runs(SLEEPS, updates('continue')),
    stack: runs(CRASHES, updates('continue')),
    code: 1,
    says: ['crash loop: it ended', 'exit code 3', '| cannot reach the moon'],
    deadlineMs: 60_000,
  },
  {
    name: 'crash loop at update, failure_action rollback',
    before: runs(SLEEPS, updates('rollback')),
    stack: runs(CRASHES, updates('rollback')),
    code: 1,
    says: [
      /Swarm rolled the service back: (update rolled back due to failure|a task failed)/,
      'exit code 3',
      '| cannot reach the moon',
    ],
    deadlineMs: 60_000,
  },
  {
    name: 'missing image at create',
    stack: runs(SLEEPS).replace('${SHOP_IMAGE}', '127.0.0.1:1/no/such:image'),
    code: 1,
    says: ['its image is missing: No such image: 127.0.0.1:1/no/such:image'],
    deadlineMs: 60_000,
  },
  {
    name: 'missing image at update',
    before: runs(SLEEPS),
    stack: runs(SLEEPS).replace('${SHOP_IMAGE}', '127.0.0.1:1/no/such:image'),
    code: 1,
    says: ['the rollout is paused', 'No such image: 127.0.0.1:1/no/such:image'],
    deadlineMs: 60_000,
  },
  {
    name: 'unhealthy',
    stack: web(`
command: ${SLEEPS}
healthcheck: { test: 'echo "no pulse"; exit 1', interval: 1s, retries: 2 }
deploy: { restart_policy: { delay: 1s } }`),
    code: 1,
    says: ['its health check fails: unhealthy 2 times', 'health check | no pulse'],
    deadlineMs: 60_000,
  },
  {
    name: 'no node with room',
    stack: runs(SLEEPS, '{ resources: { reservations: { memory: 900G } } }'),
    code: 1,
    says: [
      'no suitable node (insufficient resources on 1 node)',
      'it asks for 921600 MiB of memory reserved',
    ],
    deadlineMs: 30_000,
  },
  {
    name: 'a constraint that no node meets',
    stack: runs(SLEEPS, '{ placement: { constraints: [node.labels.disk == ssd] } }'),
    code: 1,
    says: ['no suitable node (scheduling constraints not satisfied on 1 node)', 'node.labels.disk == ssd'],
    deadlineMs: 30_000,
  },
  {
    name: 'more replicas than nodes may have',
    stack: runs(SLEEPS, '{ replicas: 2, placement: { max_replicas_per_node: 1 } }'),
    code: 1,
    says: ['no suitable node (max replicas per node limit exceed)', 'it asks for 1 per node'],
    deadlineMs: 30_000,
  },
  {
    name: 'a bind mount without its source',
    stack: runs(SLEEPS).replace('init:', 'volumes: [/no/such/path:/data]\n    init:'),
    code: 1,
    says: [/it cannot be started: .*bind source path does not exist: \/no\/such\/path/],
    deadlineMs: 60_000,
  },
  {
    name: 'a command that is not there',
    stack: runs('[no-such-command]').replace('init: true', 'init: false'),
    code: 1,
    says: [/it cannot be started: exec: "no-such-command": executable file not found/],
    deadlineMs: 60_000,
  },
  {
    name: 'too little memory',
    // A reader of one endless line: it takes memory and nothing else, so that the kernel has no files to drop first.
    stack: runs(
      '[tail, /dev/zero]',
      '{ resources: { limits: { memory: 40M } }, restart_policy: { condition: none } }',
    ).replace('init: true', 'init: false'),
    code: 1,
    says: [/exit code 1\d\d, .*killed for want of memory, its limit is 40 MiB/],
    deadlineMs: 60_000,
  },
  {
    name: 'job that fails',
    stack: runs(
      CRASHES,
      '{ mode: replicated-job, restart_policy: { condition: on-failure, max_attempts: 1, delay: 1s } }',
    ),
    code: 1,
    says: ['it failed 2 times; it is not started again (max_attempts 1)', '| cannot reach the moon'],
    deadlineMs: 30_000,
  },
  {
    name: 'job that succeeds, and runs again only when it changed',
    stack: runs('[sh, -c, "sleep 1"]', '{ mode: replicated-job, replicas: 2 }'),
    code: 0,
    says: ['web 2/2 up'],
    deadlineMs: 30_000,
    then: async (world) => {
      const again = await world.scalectl(['deploy', '-c', 'stack.yml']);
      expect(again.stderr).toContain('nothing to change');
      expect(again.code).toBe(0);
      const name = `${world.env['SCALECTL_STACK'] ?? ''}_web`;
      writeFileSync(
        join(world.directory, 'stack.yml'),
        runs('[sh, -c, "sleep 1; true"]', '{ mode: replicated-job, replicas: 2 }'),
      );
      const changed = await world.scalectl(['deploy', '-c', 'stack.yml']);
      expect(changed.code).toBe(0);
      const tasks = await world.engine.listTasks({ service: [name] });
      const done = tasks.filter(
        ({ JobIteration, Status }) => JobIteration?.Index === 1 && Status.State === 'complete',
      );
      expect(done).toHaveLength(2);
    },
  },
  {
    name: 'one-shot service that succeeds',
    stack: runs('[sh, -c, "sleep 1"]', '{ restart_policy: { condition: none } }'),
    code: 0,
    says: ['web 1/1 up'],
    deadlineMs: 30_000,
  },
  {
    name: 'one crash at the start, then a good run',
    stack: web(`
user: root
command: [sh, -c, 'test -e /data/once && exec sleep 3600; touch /data/once; exit 1']
volumes: [once:/data]
deploy: { restart_policy: { delay: 1s } }`).concat('volumes: { once: }\n'),
    code: 0,
    says: ['web.1 failed on node1: task: non-zero exit (1)', 'web 1/1 up'],
    deadlineMs: 60_000,
  },
  {
    name: 'crashes until another service is up',
    stack: `
x-both: &both { image: '\${SHOP_IMAGE}', user: root, init: true, stop_grace_period: 1s, volumes: [flag:/flag] }
services:
  app:
    <<: *both
    command: [sh, -c, 'test -e /flag/up && exec sleep 3600']
    deploy: { restart_policy: { delay: 500ms } }
  db:
    <<: *both
    command: [sh, -c, 'sleep 12; touch /flag/up; exec sleep 3600']
    healthcheck: { test: 'test -e /flag/up', interval: 1s, start_period: 60s }
volumes: { flag: }
`,
    code: 0,
    says: [/app 0\/1, waiting for a task that stays up \(ended \d+ times\)/, 'app 1/1 up'],
    deadlineMs: 60_000,
  },
  {
    name: 'a service that needs the end of a one-shot service',
    stack: `
x-both: &both { image: '\${SHOP_IMAGE}', user: root, init: true, stop_grace_period: 1s, volumes: [flag:/flag] }
services:
  app:
    <<: *both
    command: [sh, -c, 'test -e /flag/done && exec sleep 3600']
    depends_on: { migrate: { condition: service_completed_successfully } }
  migrate:
    <<: *both
    command: [sh, -c, 'sleep 8; touch /flag/done']
    deploy: { restart_policy: { condition: none } }
volumes: { flag: }
`,
    code: 0,
    says: [/migrate 1\/1 up[^]*app 1\/1 up/],
    deadlineMs: 60_000,
    then: (_, { stderr }) => {
      expect(stderr).not.toContain('failed');
      return Promise.resolve();
    },
  },
  {
    name: 'two services that fail, and one that does not',
    stack: `
services:
  one: { image: '\${SHOP_IMAGE}', command: ${SLEEPS}, deploy: { placement: { constraints: [node.labels.a == b] } } }
  two: { image: '\${SHOP_IMAGE}', command: ${SLEEPS}, deploy: { placement: { constraints: [node.labels.c == d] } } }
  three: { image: '\${SHOP_IMAGE}', command: ${SLEEPS}, init: true }
`,
    code: 1,
    says: [
      /_one: no suitable node/,
      /_two: no suitable node/,
      /still on the way:\n.*_three: [01]\/1 running, waiting for/,
    ],
    deadlineMs: 30_000,
  },
  {
    name: 'time over',
    stack: web(`command: ${SLEEPS}\nhealthcheck: { test: 'false', interval: 1s, start_period: 60s }`),
    args: ['--timeout', '6s'],
    code: 4,
    says: [/not there after/, /web: 0\/1 running, waiting for tasks that are \w+/],
    deadlineMs: 30_000,
  },
  {
    name: 'time over between two failures',
    // The second is far away, however slow the machine is with the first.
    stack: runs(CRASHES, '{ restart_policy: { delay: 60s } }'),
    args: ['--timeout', '20s'],
    code: 4,
    says: [/not there after/, 'exit code 3', '| cannot reach the moon'],
    deadlineMs: 30_000,
  },
];

// Alone: three Engines more, while they start, take the time that the limits below are about.
test('a deploy must tell of a node lost during the rollout', async () => {
  const lab = await startLab({ name: `${inject('labName')}-lost`, nodes: 3 });
  const world = openWorld('lost', {}, lab.name);
  try {
    const replicas = (version: number) =>
      web(`
command: [sh, -c, 'sleep $$START; touch /tmp/up; exec sleep 3600']
environment: { VERSION: '${version}', START: '${version === 1 ? 0 : 5}' }
healthcheck: { test: 'test -e /tmp/up', interval: 1s, start_period: 60s }
deploy: { replicas: 3, update_config: { parallelism: 1, monitor: 2s } }`);
    writeFileSync(join(world.directory, 'stack.yml'), replicas(1));
    const first = await world.scalectl(['deploy', '-c', 'stack.yml']);
    expect(first.stderr).toContain('lost_web 3/3 up');
    writeFileSync(join(world.directory, 'stack.yml'), replicas(2));
    const startedAt = performance.now();
    const deploy = world.start(['deploy', '-c', 'stack.yml', '--progress', 'json']);
    const third = (await world.engine.listNodes()).find(
      ({ Description }) => Description.Hostname === 'node3',
    );
    await waitFor(
      'a task of the new version on the third node',
      () => world.engine.listTasks({ service: ['lost_web'], node: [third?.ID ?? ''] }),
      (tasks) =>
        tasks.some(
          ({ Spec, Status }) =>
            Status.State === 'starting' && Spec.ContainerSpec?.Env?.includes('VERSION=2') === true,
        ),
    );
    await lab.node(3).stop();
    const { code, stderr } = await deploy.ended;
    expect(stderr).toMatch(/lost_web: node node3 was lost during the rollout, with lost_web\.\d on it/);
    expect(stderr).toContain('on node node3, which is down');
    expect(code).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    const down = await world.scalectl(['deploy', '-c', 'stack.yml']);
    expect(down.stderr).toMatch(/the rollout waits for lost_web\.\d on node node3, which is down/);
    expect(down.code).toBe(1);
  } finally {
    world.close();
    await lab.down();
  }
});

describe.concurrent('a deploy must tell what came of it', () => {
  test.each(scenarios.map((it) => [it.name, it] as const))(
    '%s',
    async (_, { name, before, stack, args = [], code, says, deadlineMs, then }) => {
      const world = openWorld(name.replaceAll(/[^a-z]+/g, '-').slice(0, 40));
      const file = join(world.directory, 'stack.yml');
      let removed: Result;
      try {
        if (before !== undefined) {
          writeFileSync(file, before);
          const ready = await world.scalectl(['deploy', '-c', 'stack.yml']);
          expect(ready.stderr).toContain('is up after');
        }
        writeFileSync(file, stack);
        const startedAt = performance.now();
        const deployed = await world.scalectl(['deploy', '-c', 'stack.yml', ...args]);
        const tookMs = performance.now() - startedAt;
        for (const text of says) expect(deployed.stderr).toMatch(text);
        expect(deployed.code).toBe(code);
        expect(tookMs).toBeLessThan(deadlineMs);
        await then?.(world, deployed);
      } finally {
        removed = await world.scalectl(['down', '--volumes', '--yes']);
        world.close();
      }
      expect(removed.code, removed.stderr).toBe(0);
    },
  );

  test('Ctrl-C while waiting: 130, the Swarm goes on, and a word on how to go on', async () => {
    const world = openWorld('interrupted');
    try {
      writeFileSync(
        join(world.directory, 'stack.yml'),
        web(`
command: [sh, -c, 'sleep 2; touch /tmp/up; exec sleep 3600']
healthcheck: { test: 'test -e /tmp/up', interval: 1s, start_period: 60s }`),
      );
      const deploy = world.start(['deploy', '-c', 'stack.yml']);
      await waitFor(
        'the deploy to wait',
        () => Promise.resolve(deploy.output()),
        (text) => text.includes('waiting for'),
      );
      deploy.child.kill('SIGINT');
      const { code, stderr } = await deploy.ended;
      expect(stderr).toMatch(/stopped; .*scalectl status.*same command/);
      expect(code).toBe(130);
      const again = await world.scalectl(['deploy', '-c', 'stack.yml']);
      expect(again.stderr).toContain('nothing to change');
      expect(again.stderr).toContain('interrupted_web 1/1 up');
      expect(again.code).toBe(0);
    } finally {
      await world.scalectl(['down', '--volumes', '--yes', '--timeout', '20s']);
      world.close();
    }
  });

  test('--progress json: a line for each step, in the documented shape', async () => {
    const world = openWorld('as-json');
    try {
      writeFileSync(
        join(world.directory, 'stack.yml'),
        web(
          `command: ${SLEEPS}\nenvironment: { TOKEN: do-not-show }\nhealthcheck: { test: 'true', interval: 1s }`,
        ),
      );
      const { stderr, code } = await world.scalectl(['deploy', '-c', 'stack.yml', '--progress', 'json']);
      expect(code).toBe(0);
      expect(stderr).not.toContain('do-not-show');
      const lines = stderr
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      for (const line of lines) expect(line).toMatchObject({ apiVersion: 'scalectl/v1', kind: 'Progress' });
      expect(lines[0]).toMatchObject({ type: 'plan', stack: 'as-json', unchanged: [] });
      const tasks = lines.filter(({ type }) => type === 'task');
      expect(tasks.map(({ state }) => state)).toEqual(['started', 'up']);
      expect(tasks[1]).toEqual({
        apiVersion: 'scalectl/v1',
        kind: 'Progress',
        type: 'task',
        service: 'as-json_web',
        name: 'as-json_web.1',
        id: tasks[1]?.['id'],
        node: 'node1',
        state: 'up',
        healthy: true,
        error: null,
        exitCode: null,
      });
      expect(lines.filter(({ type }) => type === 'service').at(-1)).toMatchObject({
        name: 'as-json_web',
        state: 'there',
        running: 1,
        wanted: 1,
      });
    } finally {
      await world.scalectl(['down', '--volumes', '--yes', '--timeout', '20s']);
      world.close();
    }
  });
});
