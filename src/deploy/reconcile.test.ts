import { describe, expect, it } from 'vitest';
import { errorOf } from '../../test/support/errors.js';
import {
  asTheEngineReturns,
  serviceSpec,
  swarmNetwork,
  swarmSecret,
  swarmService,
} from '../../test/support/objects.js';
import { convertStack } from '../stack/convert.js';
import { loadStack } from '../stack/load.js';
import type { ServiceSpec } from '../swarm/objects.js';
import type { Material } from './materials.js';
import type { Observed } from './observe.js';
import { planText } from './plan.js';
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
      Labels: { ...spec.Labels, 'scalectl.last-scale': '{}' },
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
          placement constraints none -> ["node.role == worker"] (no restart)
          memory limit 64M -> 128M (restarts tasks)
          update config order start-first -> stop-first (no restart)
      ~ update service shop_agent: label x none -> y (no restart)"
    `);
  });

  it('must be written over what was looked at, with all that others decided kept', () => {
    const observed = deployed(WEB, (spec) => ({
      ...spec,
      Labels: { ...spec.Labels, 'scalectl.last-scale': 'note' },
      TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: 3 },
    }));
    const [operation] = planFor(WEB.replace('web:1', 'web:2'), observed).operations;
    expect(operation).toMatchObject({
      kind: 'update-service',
      id: 'id-of-shop_web',
      version: 11,
      spec: { Labels: { 'scalectl.last-scale': 'note' }, TaskTemplate: { ForceUpdate: 3 } },
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
