/** Stack files by chance: every key of a service, mostly with values that docker takes. */

type Make = () => unknown;

/** A sequence that a seed decides. Source: Numerical Recipes, ranqd1. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const WRONG: readonly unknown[] = [
  null,
  '',
  0,
  -1,
  1.5,
  true,
  'x',
  [],
  {},
  ['a'],
  [1],
  { a: 1 },
  '5',
  70_000,
  'a:b',
];

/** @param wrong how often a value is replaced by one of any kind, from 0 to 1 */
export function stackByChance(random: () => number, wrong: number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const one =
    (...values: readonly unknown[]): Make =>
    () =>
      random() < wrong ? pick(WRONG) : pick(values);
  const many = (item: Make, most: number): Make => {
    return () => {
      const list = Array.from({ length: Math.floor(random() * (most + 1)) }, item);
      return [...new Map(list.map((entry) => [JSON.stringify(entry), entry])).values()];
    };
  };
  const keys =
    (shape: Readonly<Record<string, Make>>, each = 0.5): Make =>
    () => {
      if (random() < wrong) return pick(WRONG);
      return Object.fromEntries(
        Object.entries(shape).flatMap(([key, make]) => (random() < each ? [[key, make()]] : [])),
      );
    };

  const duration = one('0s', '1s', '5m', '1h30m', '500ms', '1.5s', '+5s', '4.35s', '24h0m0s', '1m1.25s');
  const text = one('a', 'x y', 'A-b', '123', '', 'é', '/a/b', '$$x', 'true');
  const flag = one(true, false);
  const count = one(0, 1, 2, 5, 10);
  const bytes = one('64M', '1G', '512m', '10mb', '8MiB', '1.5g', '100 mb', '1e7', '16777216b');
  const cores = one('0.5', '1', '0.001', '2.25', '.5', '1e-1', '1/2', '', '0');
  const pairs = one(
    { b: '2', a: 'x=y', empty: '', open: null, n: 5, f: 1.5, FROM_OUTSIDE: null },
    ['b=2', 'a', 'c=', 'd=x=y', 'FROM_OUTSIDE', 'a=3'],
    {},
    [],
  );
  const rollout = keys({
    parallelism: count,
    delay: duration,
    failure_action: one('pause', 'continue', 'rollback'),
    monitor: duration,
    max_failure_ratio: one(0, 0.1, 1, 0.123456789),
    order: one('start-first', 'stop-first'),
  });
  const shortPort = one(
    ...[
      80,
      '81',
      '8080:80/tcp',
      '82:82/UDP',
      '9000-9002:80',
      '9003-9005:90-92',
      '127.0.0.1:83:81',
      '[::1]:84:81',
    ],
    ...[
      '::1:85:81',
      '0.0.0.0:86:71/sctp',
      '90-92',
      '1.2.3.4::5',
      '0:88',
      '98-100',
      '80:80/icmp',
      'a:b',
      '100-99:5',
    ],
  );
  const longPort = keys(
    {
      target: one(80, 81, 65_535),
      published: one(8090, 0, 30_000),
      protocol: one('tcp', 'UDP'),
      mode: one('ingress', 'host'),
    },
    0.9,
  );
  const shortVolume = one(
    ...[
      'v:/x',
      '/x',
      'x',
      './a:/b',
      '/a:/b:ro',
      '~/a:/b',
      '~x:/b',
      'vol:/y:nocopy',
      '/a:/b:rslave',
      '/a:/b:z,ro',
    ],
    ...[
      'c:/x:/y',
      'c:\\x:d:\\y:ro',
      '..:/b',
      ':/a',
      'vol:/a:',
      'vol:/a:ro:x',
      '\\\\.\\pipe\\x:\\\\.\\pipe\\x',
      'vol:rel',
    ],
  );
  const longVolume = one(
    { type: 'volume', source: 'vol', target: '/1', volume: { nocopy: true } },
    { type: 'volume', source: 'named', target: '/2', read_only: true },
    { type: 'volume', source: 'theirs', target: '/3' },
    { type: 'volume', target: '/4' },
    { type: 'bind', source: './a', target: '/5', bind: { propagation: 'shared', create_host_path: true } },
    { type: 'bind', source: 'C:/x', target: '/6' },
    { type: 'bind', source: '//server/share/x', target: '/7' },
    { type: 'tmpfs', target: '/8', tmpfs: { size: 1_000_000 } },
    { type: 'npipe', source: '\\\\.\\pipe\\x', target: '/9' },
    { type: 'cluster', source: 'group:g', target: '/10' },
    { type: 'bind', target: '/11' },
    { type: 'tmpfs', source: 'x', target: '/12' },
  );
  const references = (...names: string[]) =>
    many(
      one(
        ...names,
        ...names.map((source) => ({ source, target: `/${source}`, uid: '1', gid: '2', mode: 0o440 })),
        ...names.map((source) => ({ source, target: '' })),
      ),
      2,
    );

  const service = keys(
    {
      command: one('a b "c d"', "sh -c 'x'", '', 'a # b', ['a', 'b c', ''], [], '"a'),
      entrypoint: one('/e --x', ['/e', '--y=$$z'], []),
      environment: pairs,
      labels: pairs,
      sysctls: pairs,
      ...{ hostname: text, user: text, working_dir: text, stop_signal: text, isolation: text },
      ...{ init: flag, tty: flag, stdin_open: flag, read_only: flag },
      stop_grace_period: duration,
      restart: one('always', 'no', 'unless-stopped', 'on-failure', 'on-failure:3', 'always:2', 'sometimes'),
      healthcheck: keys({
        test: one('curl x', ['CMD', 'a', 'b'], ['NONE'], [], '', ['curl', 'x']),
        ...{ interval: duration, timeout: duration, start_period: duration, start_interval: duration },
        retries: one(0, 3, 1.5),
      }),
      cap_add: many(one('all', 'NET_ADMIN', 'cap_sys_time', 'CAP_KILL', 'chown', ' kill '), 3),
      cap_drop: many(one('ALL', 'net_admin', 'KILL', 'chown', 'reset'), 3),
      dns: one('1.1.1.1', ['8.8.8.8', '1.1.1.1'], []),
      dns_search: one('x.y', ['a', 'b'], []),
      extra_hosts: one(['a:1.2.3.4', 'b:::1', 'c=1.1.1.1', 'd:[::1]', 'none'], {
        z: '1.1.1.1',
        a: '::1',
        n: null,
      }),
      ulimits: keys({ nofile: one(5, -1, { soft: 1, hard: 2 }), nproc: one(0, 7) }),
      logging: keys({ driver: text, options: one({ a: 1, b: null, c: 'x' }, {}) }),
      networks: one(
        ['n1', 'default'],
        [],
        { n1: null, theirs: { aliases: ['z', 'a'] }, n2: { driver_opts: { a: 1 }, ipv4_address: '1.2.3.4' } },
        ['hosts', 'named'],
        ['undeclared'],
      ),
      ports: many(() => (random() < 0.6 ? shortPort() : longPort()), 3),
      volumes: many(() => (random() < 0.5 ? shortVolume() : longVolume()), 3),
      secrets: references('s1', 'sext'),
      configs: references('c1', 'cnamed'),
      credential_spec: one({ file: 'x' }, { registry: 'y' }, { config: 'c1' }, { file: 'a', registry: 'b' }),
      deploy: keys({
        mode: one('replicated', 'replicated', 'global', 'replicated-job', 'global-job'),
        labels: pairs,
        endpoint_mode: one('vip', 'VIP'),
        update_config: rollout,
        rollback_config: rollout,
        resources: keys({
          limits: keys({ cpus: cores, memory: bytes, pids: count }),
          reservations: keys({
            cpus: cores,
            memory: bytes,
            generic_resources: one([{ discrete_resource_spec: { kind: 'gpu', value: 2 } }], []),
          }),
        }),
        restart_policy: keys({
          condition: one('any', 'none', 'on-failure'),
          ...{ delay: duration, max_attempts: count, window: duration },
        }),
        placement: keys({
          constraints: one(['node.role==manager', 'node.labels.a != b'], []),
          preferences: one([{ spread: 'node.labels.a' }], []),
          max_replicas_per_node: count,
        }),
      }),
    },
    0.15,
  );
  const declared = {
    image: pick(['nginx', 'docker.io/library/x', 'index.docker.io/a/b:1', 'reg.io:5000/a/b', 'A/b']),
  };
  const made = service();
  return JSON.stringify({
    services: { web: typeof made === 'object' && !Array.isArray(made) ? { ...declared, ...made } : made },
    networks: {
      n1: null,
      n2: {
        driver: 'overlay',
        attachable: true,
        labels: pairs(),
        ipam: { config: [{ subnet: '10.0.0.0/24' }] },
      },
      theirs: { external: true },
      hosts: { external: true, name: 'host' },
      named: { name: 'exact', driver_opts: { a: 1 } },
    },
    volumes: {
      v: null,
      vol: { driver_opts: { a: 1 } },
      named: { name: 'nv', labels: pairs() },
      theirs: { external: true },
    },
    secrets: { s1: { file: 'data' }, sext: { external: true } },
    configs: { c1: { file: 'data' }, cnamed: { file: 'data', name: 'exact' } },
  });
}
