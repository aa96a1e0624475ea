import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import {
  asTheEngineReturns,
  serviceSpec,
  swarmNetwork,
  swarmSecret,
  swarmService,
} from '../../test/support/objects.js';
import { convertStack } from '../stack/convert.js';
import { loadStack } from '../stack/load.js';
import type { ServiceSpec, SwarmNetwork } from '../swarm/objects.js';
import { changesBetween } from './changes.js';
import type { Material } from './materials.js';
import type { Observed } from './observe.js';
import { changeText, planText } from './plan.js';
import type { ReconcileOptions } from './planning.js';
import { reconcile, unusedObjects } from './reconcile.js';

const OURS = { 'com.docker.stack.namespace': 'shop' };
const THEIRS = { 'com.docker.stack.namespace': 'other' };
const FULL = `
  web:
    image: registry.test/web:1
    command: [serve, '', --fast]
    environment: {LEVEL: info, PASSWORD: old}
    labels: {z: '1', a: '2'}
    healthcheck: {test: [CMD, 'true'], interval: 2s, retries: 3}
    volumes: ['data:/data', './conf:/conf:ro']
    networks: {front: {aliases: [www]}, default: }
    secrets: [password]
    ports: ['8080:80']
    logging: {driver: json-file, options: {max-size: 10m, max-file: '3'}}
    deploy:
      replicas: 2
      labels: {note: ''}
      resources: {limits: {cpus: '0.5', memory: 64M}}
      restart_policy: {delay: 1s}
      update_config: {order: start-first}
  agent:
    image: agent
    deploy: {mode: global}
networks: {front: }
volumes: {data: {labels: {zone: x, area: y}, driver: local, driver_opts: {type: nfs, o: addr=1}}}
secrets: {password: {external: true, name: shop_password}}
`;

function desire(services: string) {
  return convertStack(loadStack([{ name: 'stack.yml', text: `services:${services}` }], { env: {} }), {
    stack: 'shop',
    resolvePath: (path) => path,
    secretNames: { password: 'shop_password' },
    configNames: {},
    env: {},
  });
}

const EMPTY: Observed = { services: [], networks: [], secrets: [], configs: [] };

/** The Swarm after these services were deployed as they are. */
function deployed(services: string, change: (spec: ServiceSpec) => ServiceSpec = (spec) => spec): Observed {
  const { services: wanted, networks } = desire(services);
  const ids = Object.fromEntries(networks.map(({ name }) => [name, `id-of-${name}`]));
  return {
    ...EMPTY,
    services: wanted.map(({ spec }) => {
      const written = asTheEngineReturns(withTag(spec), ids);
      return swarmService({ Spec: change(written), ID: `id-of-${spec.Name}` });
    }),
    networks: networks.map(({ name, spec }) => swarmNetwork(name, { Labels: spec.Labels })),
    secrets: [swarmSecret('shop_password', OURS)],
  };
}

function withTag(spec: ServiceSpec): ServiceSpec {
  const { ContainerSpec: container = {} } = spec.TaskTemplate;
  const Image = /:[^/]+$/.test(container.Image ?? '') ? container.Image! : `${container.Image ?? ''}:latest`;
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...container, Image } } };
}

function planFor(
  services: string,
  observed: Observed,
  options: Partial<ReconcileOptions> = {},
  materials: Material[] = [],
) {
  return reconcile(desire(services), materials, observed, {
    bounds: new Map(),
    images: new Map(),
    resolveImage: 'always',
    resetReplicas: false,
    prune: false,
    recreate: false,
    resume: false,
    ...options,
  }).plan;
}

const text = (...args: Parameters<typeof planFor>) => planText(planFor(...args));

function material(given: Partial<Material> = {}): Material {
  return {
    kind: 'secret',
    key: 'password',
    place: 'stack.yml:9:9',
    name: 'shop_password',
    external: false,
    data: Buffer.from('x'),
    fingerprint: 'aaaaaaaaaaaa',
    there: null,
    driver: null,
    generated: false,
    keepAt: null,
    labels: OURS,
    templating: null,
    ...given,
  };
}

const WEB = '\n  web: {image: "web:1", deploy: {replicas: 2}}';
const OPEN = '\n  web: {image: "web:1"}';

describe('a plan', () => {
  it('must create what is not there, networks and secrets before services', () => {
    const materials = [
      material(),
      material({ key: 'made', name: 'shop_made', generated: true }),
      material({ kind: 'config', key: 'conf', name: 'shop_conf-1' }),
    ];
    expect(text(FULL, EMPTY, {}, materials)).toBe(
      `+ create network shop_default: not found
+ create network shop_front: not found
+ create secret shop_password: not found
+ create secret shop_made: not found, generated
+ create config shop_conf-1: not found
+ create service shop_web: not found
+ create service shop_agent: not found`,
    );
  });

  it('must be empty where the Swarm has all of it, the additions of the Engine notwithstanding', () => {
    const plan = planFor(FULL, deployed(FULL));
    expect(planText(plan)).toBe('stack shop: nothing to change');
    expect(plan.unchanged).toEqual(['shop_web', 'shop_agent']);
  });

  it('must be empty where only scalectl has left a note, or a restart was forced', () => {
    const observed = deployed(FULL, (spec) => ({
      ...spec,
      Labels: { ...spec.Labels, 'scalectl.last-scale': '{}', 'scalectl.paused-until': 'resumed' },
      TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: 3 },
    }));
    expect(text(FULL, observed)).toBe('stack shop: nothing to change');
  });

  it('must name every change, what it was, and whether tasks restart, but no value of the environment', () => {
    const after = FULL.replace('web:1', 'web:2')
      .replace("[serve, '', --fast]", '[serve, --fast]')
      .replace('PASSWORD: old', 'PASSWORD: new, ADDED: 1')
      .replace('LEVEL: info, ', '')
      .replace("a: '2'", "a: '3'")
      .replace("note: ''", 'note: hello')
      .replace('replicas: 2', 'replicas: 3\n      placement: {constraints: [node.role == worker]}')
      .replace('64M', '128M')
      .replace('8080:80', '9090:80')
      .replace('start-first', 'stop-first')
      .replace('./conf:/conf:ro', './conf:/conf')
      .replace('max-file: ', 'max-files: ')
      .replace('[www]', '[w3]')
      .replace('mode: global', 'mode: global, labels: {x: y}');
    expect(text(after, deployed(FULL))).toMatchInlineSnapshot(`
      "~ update service shop_web: 16 changes
          ports 8080:80/tcp -> 9090:80/tcp (restarts tasks)
          label note "" -> hello (no restart)
          replicas 2 -> 3 (no restart)
          command ["serve","","--fast"] -> ["serve","--fast"] (restarts tasks)
          env ADDED added (restarts tasks)
          env LEVEL removed (restarts tasks)
          env PASSWORD changed (restarts tasks)
          image registry.test/web:1 -> registry.test/web:2 (restarts tasks)
          container label a 2 -> 3 (restarts tasks)
          volume /conf read only true -> none (restarts tasks)
          log driver options max-file 3 -> none (restarts tasks)
          log driver options max-files none -> 3 (restarts tasks)
          network shop_front aliases ["web","www"] -> ["w3","web"] (restarts tasks)
          placement constraints none -> ["node.role == worker"] (moves only tasks that they exclude)
          memory limit 64M -> 128M (restarts tasks)
          update config order start-first -> stop-first (no restart)
      ~ update service shop_agent: label x none -> y (no restart)"
    `);
  });

  it('must be written over what was looked at, with all that others decided kept', () => {
    const observed = deployed(WEB, (spec) => ({
      ...spec,
      Labels: { ...spec.Labels, 'scalectl.last-scale': 'note', 'scalectl.paused-until': 'resumed' },
      TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: 3 },
    }));
    const [operation] = planFor(WEB.replace('web:1', 'web:2'), observed).operations;
    expect(operation).toMatchObject({
      kind: 'update-service',
      id: 'id-of-shop_web',
      version: 11,
      spec: {
        Labels: { 'scalectl.last-scale': 'note', 'scalectl.paused-until': 'resumed' },
        TaskTemplate: { ForceUpdate: 3 },
      },
    });
  });
});

describe('the replicas of a service that is there', () => {
  const bounds = (min: number, max: number) => new Map([['shop_web', { min, max }]]);
  const scaled = (services: string, Replicas: number) =>
    deployed(services, (spec) => ({ ...spec, Mode: { Replicated: { Replicas } } }));

  it.each<[string, string, number, Partial<ReconcileOptions>, string]>([
    ['must follow the file', WEB, 5, {}, 'replicas 5 -> 2'],
    ['must be kept where the file leaves them open', OPEN, 5, {}, ''],
    ['must be kept under a policy', WEB, 5, { bounds: bounds(1, 10) }, ''],
    ['must be raised to the minimum of a policy', WEB, 1, { bounds: bounds(3, 10) }, 'replicas 1 -> 3'],
    ['must be lowered to the maximum of a policy', WEB, 9, { bounds: bounds(1, 4) }, 'replicas 9 -> 4'],
    ['must be kept at nothing under a policy that allows it', WEB, 0, { bounds: bounds(0, 4) }, ''],
    [
      'must follow the file under a policy with --reset-replicas',
      WEB,
      5,
      { bounds: bounds(1, 10), resetReplicas: true },
      'replicas 5 -> 2',
    ],
    [
      'must be 1 with --reset-replicas where the file leaves them open',
      OPEN,
      5,
      { resetReplicas: true },
      'replicas 5 -> 1',
    ],
  ])('%s', (_, services, replicas, options, change) => {
    expect(text(services, scaled(services, replicas), options)).toBe(
      change === '' ? 'stack shop: nothing to change' : `~ update service shop_web: ${change} (no restart)`,
    );
  });
});

describe('an image', () => {
  const digests = (digest: string | null) =>
    new Map(
      ['web:1', 'host.test:5000/web:latest'].map((image) => [
        image,
        digest === null ? null : { digest, platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
      ]),
    );
  const running = (image: string) =>
    deployed(OPEN, (spec) => ({
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Image: image },
      },
    }));
  const imageOf = (services: string, digest: string | null) => {
    const [operation] = planFor(services, EMPTY, { images: digests(digest) }).operations.slice(-1);
    return operation?.kind === 'create-service' ? operation.spec.TaskTemplate.ContainerSpec?.Image : null;
  };

  it('must be pinned to its digest, and have a tag', () => {
    expect(imageOf(OPEN, 'sha256:aa')).toBe('web:1@sha256:aa');
    expect(imageOf(OPEN, null)).toBe('web:1');
    expect(imageOf('\n  web: {image: "host.test:5000/web"}', null)).toBe('host.test:5000/web:latest');
    expect(
      imageOf(
        '\n  web: {image: "web:1@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}',
        null,
      ),
    ).toBe(`web:1@sha256:${'c'.repeat(64)}`);
  });

  it.each<[string, string | null, ReconcileOptions['resolveImage'], string]>([
    [
      'must be changed when its tag stands for another',
      'sha256:bb',
      'always',
      'image web:1@sha256:aa -> web:1@sha256:bb',
    ],
    ['must stay when its tag stands for the same', 'sha256:aa', 'always', ''],
    ['must stay when no registry answers', null, 'always', ''],
    ['must stay when only changes are asked for', 'sha256:bb', 'changed', ''],
    ['must stay when nothing is asked for', 'sha256:bb', 'never', ''],
    [
      'must go back to what a release has, though the tag is the same',
      null,
      'exact',
      'image web:1@sha256:aa -> web:1',
    ],
  ])('%s', (_, digest, resolveImage, change) => {
    expect(text(OPEN, running('web:1@sha256:aa'), { images: digests(digest), resolveImage })).toBe(
      change === ''
        ? 'stack shop: nothing to change'
        : `~ update service shop_web: ${change} (restarts tasks)`,
    );
  });
});

describe('what belongs to somebody else', () => {
  const networks = [swarmNetwork('shop_default', { Labels: OURS })];
  const withNetwork = '\n  web: {image: x, networks: [n]}\nnetworks: {n: {external: true}}';

  it.each<[string, () => unknown, string]>([
    [
      'a service of another stack',
      () =>
        planFor(OPEN, {
          ...EMPTY,
          networks,
          services: [swarmService({ Spec: serviceSpec({ Labels: THEIRS }) })],
        }),
      'service shop_web belongs to the stack other',
    ],
    [
      'a service of no stack',
      () =>
        planFor(OPEN, {
          ...EMPTY,
          networks,
          services: [swarmService({ Spec: serviceSpec({ Labels: {} }) })],
        }),
      'service shop_web exists already and belongs to no stack',
    ],
    [
      'a network of another stack',
      () => planFor(OPEN, { ...EMPTY, networks: [swarmNetwork('shop_default', { Labels: THEIRS })] }),
      'network shop_default belongs to the stack other',
    ],
    [
      'a secret of another stack',
      () => planFor(OPEN, { ...EMPTY, secrets: [swarmSecret('shop_password', THEIRS)] }, {}, [material()]),
      'secret shop_password belongs to the stack other',
    ],
    [
      'a config of no stack',
      () =>
        planFor(OPEN, { ...EMPTY, configs: [swarmSecret('shop_password')] }, {}, [
          material({ kind: 'config' }),
        ]),
      'config shop_password exists already and belongs to no stack',
    ],
    [
      'an external network that is not there',
      () => planFor(withNetwork, EMPTY),
      'external network n does not exist',
    ],
    [
      'an external network of one node only',
      () => planFor(withNetwork, { ...EMPTY, networks: [swarmNetwork('n', { Scope: 'local' })] }),
      'external network n is local to one node, services need a Swarm network',
    ],
    [
      'an external secret that is not there',
      () => planFor(OPEN, EMPTY, {}, [material({ data: null, external: true, name: 'theirs' })]),
      'external secret theirs does not exist',
    ],
    [
      'another mode of a service that is there',
      () => planFor(OPEN.replace('}', ', deploy: {mode: global}}'), deployed(OPEN)),
      'service shop_web is replicated and cannot become global',
    ],
  ])('must be refused: %s', (_, plan, message) => {
    const error = errorOf(plan);
    expect(error.message).toBe(message);
    expect(error.exitCode).toBe(2);
    expect(error.hint).toBeDefined();
  });

  it('must be used where it is asked for as external', () => {
    const observed = {
      ...EMPTY,
      networks: [swarmNetwork('n', { Labels: THEIRS })],
      secrets: [swarmSecret('theirs', THEIRS)],
    };
    expect(text(withNetwork, observed, {}, [material({ data: null, external: true, name: 'theirs' })])).toBe(
      '+ create service shop_web: not found',
    );
  });
});

describe('an object with a name of its own', () => {
  const config = (there: Material['there'], labels = {}) =>
    material({ kind: 'config', key: 'conf', name: 'conf-1', there, labels: { ...OURS, ...labels } });
  const observed: Observed = { ...EMPTY, configs: [{ ...swarmSecret('conf-1', { ...OURS, a: '1' }) }] };
  const WEB_ONLY = '\n  web: {image: web}';

  it('must be left as it is where its content is the same', () => {
    expect(text(WEB_ONLY, observed, {}, [config('same', { a: '1' })])).not.toContain('config');
  });

  it('must get the labels of the file, which is all that Swarm lets one change', () => {
    expect(text(WEB_ONLY, observed, {}, [config('same', { a: '2', b: '' })])).toContain(
      '~ update config conf-1: 2 changes\n    label a 1 -> 2 (no restart)\n    label b none -> "" (no restart)\n',
    );
    expect(text(WEB_ONLY, observed, {}, [config('same')])).toContain(
      '~ update config conf-1: label a 1 -> none (no restart)\n',
    );
  });

  it('must stay marked as generated when it is read from the file that it was kept in', () => {
    const secrets = [swarmSecret('shop_password', { ...OURS, 'scalectl.generated': 'true' })];
    const plan = planFor(WEB_ONLY, { ...EMPTY, secrets }, {}, [material({ there: 'same' })]);
    expect(plan.operations.map(({ name }) => name)).not.toContain('shop_password');
  });

  it('must be refused where its content is another, which Swarm would never see', () => {
    expect(errorOf(() => planFor(WEB_ONLY, observed, {}, [config('other')]))).toMatchObject({
      place: 'stack.yml:9:9',
      message: 'config conf-1 exists with other content, and Swarm cannot change it',
    });
  });

  it('must be taken with a word where nobody can see what it holds', () => {
    const secrets = [swarmSecret('shop_password', OURS)];
    const plan = planFor(WEB_ONLY, { ...EMPTY, secrets }, {}, [material({ there: 'unseen' })]);
    expect(plan.warnings).toEqual([
      'secret shop_password is there already and is taken as it is: nobody can see whether its content is the same',
    ]);
  });
});

describe('a network that is there', () => {
  const NETWORK = (options = '') => `\n  web: {image: x, networks: [n]}\nnetworks: {n: {${options}}}`;
  const found = (given: Partial<SwarmNetwork>): SwarmNetwork =>
    swarmNetwork('shop_n', {
      Labels: OURS,
      Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' },
      IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '10.0.1.0/24', Gateway: '10.0.1.1' }] },
      Attachable: false,
      Internal: false,
      EnableIPv6: false,
      ...given,
    });
  const there = (given: Partial<SwarmNetwork>, options = ''): Observed => ({
    ...deployed(NETWORK(options)),
    networks: [found(given)],
  });

  it.each<[string, string, Partial<SwarmNetwork>, string]>([
    ['what the Swarm chose', '', {}, ''],
    ['what it is not told before it is allocated', 'driver_opts: {a: b}', { Driver: '', Options: null }, ''],
    ['a subnet that nobody asks for', '', { IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } }, ''],
    ['a driver', 'driver: macvlan', {}, 'driver overlay -> macvlan'],
    ['an option', 'driver_opts: {encrypted: ""}', {}, 'driver option encrypted none -> ""'],
    ['a switch', 'attachable: true', { Internal: true }, 'attachable false -> true, internal true -> false'],
    ['a label', 'labels: {a: b}', {}, 'label a none -> b'],
    ['a subnet', 'ipam: {config: [{subnet: 10.9.0.0/24}]}', {}, 'subnets 10.0.1.0/24 -> 10.9.0.0/24'],
  ])('must be told to differ in %s, or not', (_, options, given, differences) => {
    const plan = planFor(NETWORK(options), there(given, options));
    expect(plan.operations).toEqual([]);
    expect(plan.warnings).toEqual(
      differences === ''
        ? []
        : [
            `network shop_n differs from the file (${differences}): --recreate makes it anew, with the services on it down meanwhile`,
          ],
    );
  });

  it('must be made anew with --recreate, with the services on it, which are told to be down', () => {
    expect(text(NETWORK('attachable: true'), there({}), { recreate: true })).toBe(
      `± replace network shop_n: it differs; down meanwhile: shop_web
    attachable false -> true (restarts tasks)
± replace service shop_web: its network shop_n is made anew; down meanwhile`,
    );
  });

  it('must stay where somebody else is on it', () => {
    const observed = there({});
    const spec = { ...observed.services[0]!.Spec, Name: 'other_x', Labels: THEIRS };
    observed.services.push(swarmService({ Spec: spec }));
    const error = errorOf(() => planFor(NETWORK('attachable: true'), observed, { recreate: true }));
    expect(error.message).toBe(
      'network shop_n cannot be made anew: it is in use by other_x, not part of what is deployed',
    );
    expect(error.place).toBe('stack.yml:3:12');
  });

  it('must go with --prune once neither the file nor a service needs it', () => {
    const observed = there({});
    observed.networks.push(
      found({ Name: 'shop_old', Id: 'old' }),
      found({ Name: 'x', Id: 'x', Labels: THEIRS }),
    );
    expect(text(NETWORK(), observed)).toBe('stack shop: nothing to change');
    expect(text(NETWORK(), observed, { prune: true })).toBe(
      '- remove network shop_old: not in the file, and nothing uses it',
    );
  });
});

describe('a mode that changes', () => {
  it('must be made anew with --recreate', () => {
    const [operation] = planFor(OPEN.replace('}', ', deploy: {mode: global}}'), deployed(OPEN), {
      recreate: true,
    }).operations;
    expect(operation).toMatchObject({
      kind: 'replace-service',
      cause: 'replicated -> global; down meanwhile',
      changes: [],
      spec: { Mode: { Global: {} } },
    });
  });
});

describe('an update', () => {
  it.each(['paused', 'rollback_paused'] as const)(
    'must take up again a rollout that is %s when it is told to',
    (State) => {
      const observed = deployed(OPEN);
      const services = observed.services.map((service) => ({ ...service, UpdateStatus: { State } }));
      expect(text(OPEN, { ...observed, services }, { resume: true })).toBe(
        '~ update service shop_web: its rollout is paused and is taken up again',
      );
      const plan = planFor(OPEN, { ...observed, services });
      expect(plan.operations).toEqual([]);
      expect(plan.warnings).toEqual(['the rollout of shop_web is paused; --resume takes it up again']);
    },
  );

  it('must keep the form of what stays the same, or Swarm would restart tasks for it', () => {
    const observed = deployed(WEB, (spec) => ({
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        RestartPolicy: { Condition: 'any', Delay: 5e9 },
        Runtime: 'container',
      },
    }));
    const [operation] = planFor(WEB.replace('replicas: 2', 'replicas: 3'), observed).operations;
    expect(operation).toMatchObject({ kind: 'update-service', changes: [{ what: 'replicas' }] });
    const { spec } = operation as { spec: ServiceSpec };
    expect(spec.TaskTemplate).toEqual(observed.services[0]!.Spec.TaskTemplate);
  });

  it('must say of a job that whatever changes runs it again', () => {
    const job = (label: string) =>
      `\n  job: {image: x, deploy: {mode: replicated-job, labels: {a: '${label}'}}}`;
    expect(text(job('2'), deployed(job('1')))).toBe(
      '~ update service shop_job: label a 1 -> 2 (restarts tasks)',
    );
  });

  it.each([
    [
      'delay: 5s, condition: any',
      'delay: 0s, condition: any',
      'restart policy delay 5s -> 0ms (restarts tasks)',
    ],
    [
      'delay: 5s, condition: any',
      'delay: 5s, condition: none',
      'restart policy condition any -> none (restarts tasks)',
    ],
  ])('must tell %s from %s', (from, to, change) => {
    const file = (policy: string) => `\n  web: {image: x, deploy: {restart_policy: {${policy}}}}`;
    expect(text(file(to), deployed(file(from)))).toBe(`~ update service shop_web: ${change}`);
  });

  it.each([
    ['update_config: {}', 'update config none -> as usual (no restart)'],
    ['update_config: {parallelism: 0}', 'update config parallelism 1 -> 0 (no restart)'],
    ['update_config: {delay: 3s}', 'update config delay none -> 3s (no restart)'],
    ['rollback_config: {order: start-first}', 'rollback config order stop-first -> start-first (no restart)'],
  ])('must be told of %s where there was none', (config, change) => {
    const file = (more: string) => `\n  web: {image: x, deploy: {${more}}}`;
    expect(text(file(config), deployed(file('')))).toBe(`~ update service shop_web: ${change}`);
  });

  it.each([
    ['init: true', 'init: false', 'init true -> false'],
    ['', 'init: false', 'init none -> false'],
    ['', 'cap_add: [net_admin]', 'capability add none -> ["CAP_NET_ADMIN"]'],
    ['', 'ulimits: {nofile: 10}', 'ulimits nofile none -> 10:10'],
    ['', 'volumes: [{type: tmpfs, target: /t}]', 'volume /t none -> tmpfs'],
    ['ports: ["80:80"]', 'ports: ["80:80", "53:53/udp"]', 'ports none -> 53:53/udp'],
    ['stop_grace_period: 5s', '', 'stop grace period 5s -> 10s'],
    ['isolation: hyperv', '', 'isolation hyperv -> none'],
    ['credential_spec: {registry: a}', 'credential_spec: {registry: b}', 'credential spec registry a -> b'],
  ])('must tell "%s" from "%s"', (from, to, change) => {
    const file = (more: string) => `\n  web: {image: x${more === '' ? '' : `, ${more}`}}`;
    expect(text(file(to), deployed(file(from)))).toBe(
      `~ update service shop_web: ${change} (restarts tasks)`,
    );
  });

  it('must name a config by its key, and never by its digits', () => {
    const references = (name: string, mode = 0o444) =>
      serviceSpec({
        TaskTemplate: {
          ContainerSpec: {
            Configs: [
              { File: { Name: '/page', UID: '0', GID: '0', Mode: mode }, ConfigID: 'x', ConfigName: name },
            ],
          },
        },
      });
    const names = { network: (id: string) => id, config: (id: string) => id };
    const between = (a: ServiceSpec, b: ServiceSpec) => changesBetween(a, b, names).map(changeText);
    const [one, two] = ['shop_page-0123456789ab', 'shop_page-ba9876543210'];
    expect(between(references(one), references(two))).toEqual(['config page: new content (restarts tasks)']);
    expect(between(references('shop_page'), references(two))).toEqual([
      'config page: new content (restarts tasks)',
    ]);
    expect(between(references('v1'), references('v2'))).toEqual(['config /page v1 -> v2 (restarts tasks)']);
    expect(between(references(one), references(one, 0o400))).toEqual([
      'config page mode 0444 -> 0400 (restarts tasks)',
    ]);
    expect(between(serviceSpec({ TaskTemplate: { ContainerSpec: {} } }), references(one))).toEqual([
      'config page added (restarts tasks)',
    ]);
  });
});

describe('services that depend on others', () => {
  it('must come after them, with what they wait for', () => {
    const plan = planFor(
      '\n  web: {image: x, depends_on: [api]}\n  api: {image: x, depends_on: [db]}\n  db: {image: x}',
      { ...EMPTY, networks: [swarmNetwork('shop_default', { Labels: OURS })] },
    );
    expect(plan.operations.map((it) => [it.name, 'after' in it ? it.after : null])).toEqual([
      ['shop_db', []],
      ['shop_api', ['shop_db']],
      ['shop_web', ['shop_api']],
    ]);
  });
});

describe('everything that is wrong', () => {
  it('must be said at once, with its place', () => {
    const file =
      '\n  web: {image: x, networks: [n]}\n  api: {image: x}\nnetworks: {n: {external: true, name: gone}}';
    const services = ['shop_web', 'shop_api'].map((Name) =>
      swarmService({ Spec: serviceSpec({ Name, Labels: {} }) }),
    );
    const external = material({ data: null, external: true, name: 'theirs' });
    expect(problemsOf(errorOf(() => planFor(file, { ...EMPTY, services }, {}, [external])))).toEqual([
      'stack.yml:4:12: external network gone does not exist',
      'stack.yml:9:9: external secret theirs does not exist',
      'stack.yml:2:3: service shop_web exists already and belongs to no stack',
      'stack.yml:3:3: service shop_api exists already and belongs to no stack',
    ]);
  });
});

describe('services that are not in the file', () => {
  const both = `${OPEN}\n  old: {image: x}`;

  it('must stay, with a word about it', () => {
    const plan = planFor(OPEN, deployed(both));
    expect(planText(plan)).toBe('stack shop: nothing to change');
    expect(plan.warnings).toEqual(['service shop_old is not in the file and stays; --prune removes it']);
  });

  it('must go with --prune, and those of other stacks must not', () => {
    const observed = deployed(both);
    observed.services.push(swarmService({ Spec: serviceSpec({ Name: 'other_x', Labels: THEIRS }) }));
    expect(text(OPEN, observed, { prune: true })).toBe('- remove service shop_old: not in the file');
  });
});

describe('secrets and configs that nothing uses any more', () => {
  const named = (key: string) => `${key}-0123456789ab`;
  const reference = (SecretName: string) => ({
    SecretName,
    SecretID: 'x',
    File: { Name: 'x', UID: '0', GID: '0', Mode: 0o444 },
  });
  const withSecret = (name: string) =>
    serviceSpec({ TaskTemplate: { ContainerSpec: { Secrets: [reference(name)] } } });

  it('must be named, except what is in use, could be rolled back to, was generated, or is not ours', () => {
    const observed: Observed = {
      ...EMPTY,
      services: [
        swarmService({ Spec: withSecret(named('used')), PreviousSpec: withSecret(named('previous')) }),
      ],
      secrets: [
        swarmSecret(named('used'), OURS),
        swarmSecret(named('previous'), OURS),
        swarmSecret(named('needed'), OURS),
        swarmSecret(named('old'), OURS),
        swarmSecret(named('generated'), { ...OURS, 'scalectl.generated': 'true' }),
        swarmSecret('by-hand', OURS),
        swarmSecret('shop_docker', OURS),
        swarmSecret(named('theirs'), THEIRS),
      ],
      configs: [swarmSecret(named('old-config'), OURS)],
    };
    const taken = [material({ key: 'docker', name: 'shop_docker' }), material({ key: 'x', name: 'by-hand' })];
    expect(unusedObjects('shop', [material({ name: named('needed') })], taken, observed)).toEqual([
      { kind: 'secret', id: `id-of-${named('old')}`, name: named('old') },
      { kind: 'secret', id: 'id-of-shop_docker', name: 'shop_docker' },
      { kind: 'config', id: `id-of-${named('old-config')}`, name: named('old-config') },
    ]);
  });
});
