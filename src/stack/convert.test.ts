import { describe, expect, it } from 'vitest';
import { errorOf } from '../../test/support/errors.js';
import { convertStack } from './convert.js';
import type { ConvertOptions } from './convert-task.js';
import { loadStack } from './load.js';

function convert(text: string, options: Partial<ConvertOptions> = {}) {
  return convertStack(loadStack([{ name: 'stack.yml', text }], { env: {} }), {
    stack: 'shop',
    resolvePath: (path) => `/project/${path.replace(/^\.\//, '')}`,
    secretNames: {},
    configNames: {},
    env: {},
    ...options,
  });
}

/** The spec of a service `web` with these keys, and of whatever stands beside it at the top of the file. */
function spec(keys: string, top = '', options: Partial<ConvertOptions> = {}) {
  const lines = keys.split('\n').map((line) => `    ${line}`);
  const text = `services:\n  web:\n    image: nginx\n${lines.join('\n')}\n${top}`;
  return convert(text, options).services[0]!.spec;
}

const container = (keys: string, top?: string, options?: Partial<ConvertOptions>) =>
  spec(keys, top, options).TaskTemplate.ContainerSpec!;

describe('a service with nothing but an image', () => {
  it('must become one task in the default network, tied to its stack', () => {
    expect(convert('services: {web: {image: nginx}}')).toEqual({
      name: 'shop',
      networks: [
        {
          key: 'default',
          place: 'stack.yml:1:12',
          name: 'shop_default',
          external: false,
          spec: { Name: 'shop_default', Driver: 'overlay', Labels: { 'com.docker.stack.namespace': 'shop' } },
        },
      ],
      services: [
        {
          key: 'web',
          place: 'stack.yml:1:12',
          dependsOn: [],
          replicasGiven: false,
          spec: {
            Name: 'shop_web',
            Labels: {
              'com.docker.stack.namespace': 'shop',
              'com.docker.stack.image': 'nginx',
            },
            TaskTemplate: {
              ContainerSpec: {
                Image: 'nginx:latest',
                Labels: { 'com.docker.stack.namespace': 'shop' },
                Privileges: {},
                Mounts: [],
                Secrets: [],
                Configs: [],
              },
              Resources: {},
              Placement: {},
              Networks: [{ Target: 'shop_default', Aliases: ['web'] }],
            },
            Mode: { Replicated: { Replicas: 1 } },
            EndpointSpec: {},
          },
        },
      ],
    });
  });
});

describe('a container', () => {
  it('must have its command split like a shell does, and a list kept as it is', () => {
    expect(container(`command: sh -c 'sleep 1'\nentrypoint: ["/init", "a b"]`)).toMatchObject({
      Args: ['sh', '-c', 'sleep 1'],
      Command: ['/init', 'a b'],
    });
  });

  it('must be refused for a quote that is never closed', () => {
    const error = errorOf(() => spec(`command: echo "a`));
    expect(`${error.place ?? ''}: ${error.message}`).toBe(
      'stack.yml:4:14: services.web.command: a quote is never closed: echo "a',
    );
  });

  it('must have its environment sorted, keys without a value taken from outside or left open', () => {
    const keys = 'environment:\n  Z: 1\n  A: text\n  GIVEN:\n  OPEN:\n  EMPTY: ""';
    expect(container(keys, '', { env: { GIVEN: 'g' } }).Env).toEqual([
      'A=text',
      'EMPTY=',
      'GIVEN=g',
      'OPEN',
      'Z=1',
    ]);
    expect(container('environment: ["B=x=y", "A", "C="]').Env).toEqual(['A', 'B=x=y', 'C=']);
  });

  it('must have its small settings in the words of the Engine', () => {
    const keys = `hostname: h
user: 1000
working_dir: /w
init: true
read_only: true
tty: true
stdin_open: true
stop_signal: SIGINT
stop_grace_period: 1m30s
labels: [a=1, b]
cap_add: [net_admin, CAP_SYS_TIME]
cap_drop: [all]
dns: 10.0.0.1
dns_search: [example.test]
extra_hosts: ["db:10.0.0.2", "six:[::1]"]
sysctls: [net.core.somaxconn=1024]
ulimits: {nofile: {soft: 10, hard: 20}, core: 0}
logging: {driver: json-file, options: {max-file: 3}}`;
    expect(spec(keys).TaskTemplate).toMatchObject({
      ContainerSpec: {
        Hostname: 'h',
        User: '1000',
        Dir: '/w',
        Init: true,
        ReadOnly: true,
        TTY: true,
        OpenStdin: true,
        StopSignal: 'SIGINT',
        StopGracePeriod: 90e9,
        Labels: { a: '1', b: '', 'com.docker.stack.namespace': 'shop' },
        CapabilityAdd: ['CAP_NET_ADMIN', 'CAP_SYS_TIME'],
        CapabilityDrop: ['ALL'],
        DNSConfig: { Nameservers: ['10.0.0.1'], Search: ['example.test'] },
        Hosts: ['10.0.0.2 db', '::1 six'],
        Sysctls: { 'net.core.somaxconn': '1024' },
        Ulimits: [
          { Name: 'core', Soft: 0, Hard: 0 },
          { Name: 'nofile', Soft: 10, Hard: 20 },
        ],
      },
      LogDriver: { Name: 'json-file', Options: { 'max-file': '3' } },
    });
  });
});

describe('a health check', () => {
  it.each([
    ['{test: curl localhost}', { Test: ['CMD-SHELL', 'curl localhost'] }],
    ['{test: [CMD, curl, localhost]}', { Test: ['CMD', 'curl', 'localhost'] }],
    ['{test: [NONE]}', { Test: ['NONE'] }],
    ['{disable: true}', { Test: ['NONE'] }],
    [
      '{interval: 2s, timeout: 500ms, start_period: 1m, start_interval: 1s, retries: 3}',
      { Interval: 2e9, Timeout: 5e8, StartPeriod: 60e9, StartInterval: 1e9, Retries: 3 },
    ],
  ])('%s must be converted', (text, expected) => {
    expect(container(`healthcheck: ${text}`).Healthcheck).toEqual(expected);
  });

  it('must be taken as docker takes it where its list does not begin with a kind', () => {
    expect(container('healthcheck: {test: [curl, localhost]}').Healthcheck).toEqual({
      Test: ['curl', 'localhost'],
    });
  });
});

describe('ports', () => {
  const ports = (text: string) => spec(`ports: ${text}`).EndpointSpec?.Ports;
  const tcp = (TargetPort: number, PublishedPort?: number) => ({
    Protocol: 'tcp',
    TargetPort,
    ...(PublishedPort !== undefined && { PublishedPort }),
    PublishMode: 'ingress',
  });

  it.each([
    ['["80"]', [tcp(80)]],
    ['[80]', [tcp(80)]],
    ['["8080:80"]', [tcp(80, 8080)]],
    ['["53:53/udp"]', [{ ...tcp(53, 53), Protocol: 'udp' }]],
    ['["8000-8002:80-82"]', [tcp(80, 8000), tcp(81, 8001), tcp(82, 8002)]],
    ['["127.0.0.1:8080:80"]', [tcp(80, 8080)]],
    ['["[::1]:8080:80"]', [tcp(80, 8080)]],
    ['["9000:9", "80:8"]', [tcp(8, 80), tcp(9, 9000)]],
    ['[{target: 80}]', [tcp(80)]],
    [
      '[{target: 80, published: 8080, protocol: sctp, mode: host}]',
      [{ Protocol: 'sctp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'host' }],
    ],
  ])('%s must be converted', (text, expected) => {
    expect(ports(text)).toEqual(expected);
  });

  it.each([
    ['8080:http', '"http" is no port and no range of ports'],
    ['80:70000', '"70000" is no port and no range of ports'],
    ['82-80:80-82', '"82-80" is no port and no range of ports'],
    ['80-81:80-82', 'its two ranges differ in length'],
    ['80:80/icmp', 'the protocol is none of tcp, udp, sctp'],
    ['1:2:3:4', '"1:2" is no address'],
    ['1.2.3:80:80', '"1.2.3" is no address'],
    ['', 'it names no port of the container'],
  ])('"%s" must be refused with its place', (port, why) => {
    const error = errorOf(() => ports(`["${port}"]`));
    expect(`${error.place ?? ''}: ${error.message}`).toBe(
      `stack.yml:4:13: services.web.ports.0: cannot read the port "${port}": ${why}`,
    );
  });
});

describe('mounts', () => {
  const mounts = (text: string, top = '') => container(`volumes: ${text}`, top).Mounts;
  const ours = { Labels: { 'com.docker.stack.namespace': 'shop' } };

  it.each([
    ['["data:/d"]', [{ Type: 'volume', Source: 'shop_data', Target: '/d', VolumeOptions: ours }]],
    [
      '["data:/d:ro,nocopy"]',
      [
        {
          Type: 'volume',
          Source: 'shop_data',
          Target: '/d',
          ReadOnly: true,
          VolumeOptions: { ...ours, NoCopy: true },
        },
      ],
    ],
    ['["/d"]', [{ Type: 'volume', Target: '/d' }]],
    ['["./conf:/c:ro"]', [{ Type: 'bind', Source: '/project/conf', Target: '/c', ReadOnly: true }]],
    [
      '["/var/run:/r:rslave"]',
      [{ Type: 'bind', Source: '/var/run', Target: '/r', BindOptions: { Propagation: 'rslave' } }],
    ],
    [
      '[{type: tmpfs, target: /t, tmpfs: {size: 64M}}]',
      [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 67_108_864 } }],
    ],
    [
      '[{type: bind, source: ./x, target: /x, bind: {propagation: shared}}]',
      [{ Type: 'bind', Source: '/project/x', Target: '/x', BindOptions: { Propagation: 'shared' } }],
    ],
    ['[{type: volume, target: /anonymous}]', [{ Type: 'volume', Target: '/anonymous' }]],
    [
      '[{type: volume, source: named, target: /n, volume: {nocopy: true}}]',
      [
        {
          Type: 'volume',
          Source: 'exact',
          Target: '/n',
          VolumeOptions: {
            NoCopy: true,
            Labels: { a: '1', 'com.docker.stack.namespace': 'shop' },
            DriverConfig: { Name: 'nfs', Options: { o: 'addr=1' } },
          },
        },
      ],
    ],
    ['["theirs:/t"]', [{ Type: 'volume', Source: 'theirs', Target: '/t', VolumeOptions: {} }]],
    ['["renamed:/t"]', [{ Type: 'volume', Source: 'real', Target: '/t', VolumeOptions: {} }]],
  ])('%s must be converted', (text, expected) => {
    const top = `volumes:
  data:
  theirs: {external: true}
  renamed: {external: {name: real}}
  named: {name: exact, driver: nfs, driver_opts: {o: addr=1}, labels: {a: 1}}`;
    expect(mounts(text, top)).toEqual(expected);
  });

  it.each([
    ['aa:bb:cc:dd', 'it has too many colons'],
    [':/x', 'a part between colons is empty'],
    ['data:', 'a part between colons is empty'],
    ['', 'it is empty'],
  ])('"%s" must be refused with its place', (text, why) => {
    const error = errorOf(() => mounts(`["${text}"]`, 'volumes: {data: , a: , "": }'));
    expect(`${error.place ?? ''}: ${error.message}`).toBe(
      `stack.yml:4:15: services.web.volumes.0: cannot read the volume "${text}": ${why}`,
    );
  });
});

describe('networks', () => {
  it('must be those that a service names, with its aliases and its own name, sorted', () => {
    const top = `networks:
  front: {driver: overlay, attachable: true, driver_opts: {encrypted: "true"}, labels: [x=1]}
  back: {name: exact, internal: true, ipam: {config: [{subnet: 10.9.0.0/24}]}}
  theirs: {external: true}
  unused: {}`;
    const text = `services:
  web: {image: x, networks: {front: {aliases: [www]}, back: , theirs: }}
  lone: {image: x, networks: [host]}
${top}`;
    const { networks, services } = convert(text);
    const label = { 'com.docker.stack.namespace': 'shop' };
    expect(services.map(({ spec: { TaskTemplate } }) => TaskTemplate.Networks)).toEqual([
      [
        { Target: 'exact', Aliases: ['web'] },
        { Target: 'shop_front', Aliases: ['www', 'web'] },
        { Target: 'theirs', Aliases: ['web'] },
      ],
      [{ Target: 'host' }],
    ]);
    expect(networks).toEqual([
      {
        key: 'back',
        place: 'stack.yml:6:3',
        name: 'exact',
        external: false,
        spec: {
          Name: 'exact',
          Driver: 'overlay',
          Internal: true,
          Labels: label,
          IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] },
        },
      },
      {
        key: 'front',
        place: 'stack.yml:5:3',
        name: 'shop_front',
        external: false,
        spec: {
          Name: 'shop_front',
          Driver: 'overlay',
          Attachable: true,
          Labels: { x: '1', ...label },
          Options: { encrypted: 'true' },
        },
      },
      {
        key: 'theirs',
        place: 'stack.yml:7:3',
        name: 'theirs',
        external: true,
        spec: { Name: 'theirs', Driver: 'overlay', Labels: label },
      },
    ]);
  });
});

describe('deploy', () => {
  it.each([
    ['{}', { Replicated: { Replicas: 1 } }, false],
    ['{replicas: 0}', { Replicated: { Replicas: 0 } }, true],
    ['{mode: replicated, replicas: 5}', { Replicated: { Replicas: 5 } }, true],
    ['{mode: global}', { Global: {} }, false],
    ['{mode: global-job}', { GlobalJob: {} }, false],
    ['{mode: replicated-job}', { ReplicatedJob: {} }, false],
    [
      '{mode: replicated-job, replicas: 3}',
      { ReplicatedJob: { MaxConcurrent: 3, TotalCompletions: 3 } },
      true,
    ],
  ])('%s must have its mode, and whether replicas are given', (text, mode, replicasGiven) => {
    const [service] = convert(`services: {web: {image: x, deploy: ${text}}}`).services;
    expect(service).toMatchObject({ spec: { Mode: mode }, replicasGiven });
  });

  it('must have limits in NanoCPUs and bytes', () => {
    const keys = `deploy:
  resources:
    limits: {cpus: "0.25", memory: 64M, pids: 100}
    reservations: {cpus: 0.1, memory: 32MB}`;
    expect(spec(keys).TaskTemplate.Resources).toEqual({
      Limits: { NanoCPUs: 250_000_000, MemoryBytes: 67_108_864, Pids: 100 },
      Reservations: { NanoCPUs: 100_000_000, MemoryBytes: 33_554_432 },
    });
  });

  it('must have its rollout, rollback, restarts and placement', () => {
    const keys = `deploy:
  endpoint_mode: dnsrr
  labels: {scalectl.min: 2, empty: }
  update_config: {delay: 1s, failure_action: rollback, monitor: 2s, max_failure_ratio: 0.5, order: start-first}
  rollback_config: {parallelism: 0, failure_action: continue}
  restart_policy: {condition: on-failure, delay: 3s, max_attempts: 4, window: 5s}
  placement: {constraints: [node.role == manager], preferences: [{spread: node.labels.rack}], max_replicas_per_node: 2}`;
    expect(spec(keys)).toMatchObject({
      EndpointSpec: { Mode: 'dnsrr' },
      Labels: { 'scalectl.min': '2', empty: '' },
      UpdateConfig: {
        Parallelism: 1,
        Delay: 1e9,
        FailureAction: 'rollback',
        Monitor: 2e9,
        MaxFailureRatio: 0.5,
        Order: 'start-first',
      },
      RollbackConfig: { Parallelism: 0, FailureAction: 'continue' },
      TaskTemplate: {
        RestartPolicy: { Condition: 'on-failure', Delay: 3e9, MaxAttempts: 4, Window: 5e9 },
        Placement: {
          Constraints: ['node.role == manager'],
          Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.rack' } }],
          MaxReplicas: 2,
        },
      },
    });
  });

  it('must leave out what the file does not speak of', () => {
    expect(spec('deploy: {}')).not.toHaveProperty('UpdateConfig');
    expect(spec('deploy: {}').TaskTemplate).not.toHaveProperty('RestartPolicy');
  });
});

describe('secrets and configs', () => {
  it('must be mounted under their key or target, by the name that they have in the Swarm', () => {
    const keys = `secrets: [plain, {source: full, target: /run/x, uid: "5", gid: "6", mode: 0440}]
configs: [{source: conf, target: /etc/conf}]`;
    const top = 'secrets: {plain: {file: a}, full: {file: b}}\nconfigs: {conf: {file: c}}';
    const options = {
      secretNames: { plain: 'shop_plain-1', full: 'shop_full-2' },
      configNames: { conf: 'shop_conf-3' },
    };
    expect(container(keys, top, options)).toMatchObject({
      Secrets: [
        {
          File: { Name: '/run/x', UID: '5', GID: '6', Mode: 0o440 },
          SecretID: '',
          SecretName: 'shop_full-2',
        },
        {
          File: { Name: 'plain', UID: '0', GID: '0', Mode: 0o444 },
          SecretID: '',
          SecretName: 'shop_plain-1',
        },
      ],
      Configs: [
        {
          File: { Name: '/etc/conf', UID: '0', GID: '0', Mode: 0o444 },
          ConfigID: '',
          ConfigName: 'shop_conf-3',
        },
      ],
    });
  });
});
