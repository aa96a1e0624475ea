import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { serviceSpec, swarmNetwork, swarmSecret, swarmService } from '../../test/support/objects.js';
import type { ServiceSpec, SwarmConfig } from '../swarm/objects.js';
import { NOTHING, type Observed } from './observe.js';
import { planText } from './plan.js';
import { reconcile } from './reconcile.js';
import type { Release, ReleaseContent } from './releases.js';
import { contentFound, sameServices, wantRelease } from './restore.js';

const OURS = { 'com.docker.stack.namespace': 'shop' };
const AT = '2026-01-01T12:00:00.000Z';

const config = (Name: string, given: Partial<SwarmConfig['Spec']> = {}): SwarmConfig => ({
  ID: `id-of-${Name}`,
  Version: { Index: 1 },
  CreatedAt: AT,
  Spec: { Name, Labels: OURS, Data: 'YQ==', ...given },
});

/** A stack as docker left it: ids in the references, what the Engine filled in, and something of somebody else. */
function dockerMade(): Observed {
  const File = { Name: 'f', UID: '0', GID: '0', Mode: 0o444 };
  const spec = serviceSpec({
    TaskTemplate: {
      ContainerSpec: {
        Image: 'nginx:1@sha256:aa',
        Secrets: [{ File, SecretID: 'id-of-shop_key', SecretName: 'shop_key' }],
        Configs: [
          { File, ConfigID: 'id-of-shop_conf', ConfigName: 'shop_conf' },
          { File, ConfigID: 'id-of-common', ConfigName: 'common' },
        ],
      },
      Networks: [
        { Target: 'id-of-shop_default', Aliases: ['web'] },
        { Target: 'id-of-edge', Aliases: ['web'] },
      ],
      ForceUpdate: 2,
    },
    Mode: { Replicated: { Replicas: 4 } },
  });
  return {
    services: [
      swarmService({ Spec: spec }),
      swarmService({ Spec: serviceSpec({ Name: 'other_web', Labels: {} }) }),
    ],
    networks: [
      swarmNetwork('shop_default', {
        Labels: OURS,
        Attachable: true,
        Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097', encrypted: '' },
        IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '10.9.0.0/24', Gateway: '10.9.0.1' }] },
      }),
      swarmNetwork('edge'),
      swarmNetwork('shop_unused', { Labels: OURS }),
    ],
    secrets: [swarmSecret('shop_key', OURS), swarmSecret('unused', OURS)],
    configs: [
      config('shop_conf', { Templating: { Name: 'golang' } }),
      config('common', { Labels: {} }),
      config('shop_old'),
    ],
  };
}

const asRelease = (content: ReleaseContent, number = 1): Release => ({
  ...content,
  stack: 'shop',
  number,
  state: 'good',
  configs: [],
});

function planBack(release: Release, observed: Observed): string {
  const { desired, materials, options } = wantRelease(release)(observed);
  return planText(reconcile(desired, materials, observed, options).plan);
}

describe('a stack that is found', () => {
  const found = contentFound(dockerMade(), 'shop', AT)!;

  it('must be recorded with names in the place of ids, and nothing that the Swarm chose', () => {
    expect(found.desired.services.map(({ key, spec }) => [key, spec.TaskTemplate.Networks])).toEqual([
      [
        'web',
        [
          { Target: 'shop_default', Aliases: ['web'] },
          { Target: 'edge', Aliases: ['web'] },
        ],
      ],
    ]);
    expect(found.desired.networks).toEqual([
      {
        key: 'default',
        place: 'network shop_default',
        name: 'shop_default',
        external: false,
        spec: {
          Name: 'shop_default',
          Driver: 'overlay',
          Labels: OURS,
          Attachable: true,
          Options: { encrypted: '' },
          IPAM: { Driver: 'default', Config: [{ Subnet: '10.9.0.0/24' }] },
        },
      },
      expect.objectContaining({ name: 'edge', external: true }),
    ]);
  });

  it('must be recorded with the contents of its own configs, and of nothing else', () => {
    expect(
      found.materials.map(({ kind, key, name, data, templating }) => [kind, key, name, data, templating]),
    ).toEqual([
      ['secret', 'key', 'shop_key', null, null],
      ['config', 'conf', 'shop_conf', 'YQ==', 'golang'],
      ['config', 'common', 'common', null, null],
    ]);
  });

  it('must need nothing to be as it was', () => {
    expect(planBack(asRelease(found), dockerMade())).toBe('stack shop: nothing to change');
  });

  it('must be no release when there is none of its services', () => {
    expect(contentFound(dockerMade(), 'blog', AT)).toBeNull();
  });
});

describe('the way back to a release', () => {
  const release = asRelease(contentFound(dockerMade(), 'shop', AT)!, 3);
  const changed = (change: (spec: ServiceSpec) => Partial<ServiceSpec>): Observed => {
    const observed = dockerMade();
    const [web] = observed.services;
    web!.Spec = { ...web!.Spec, ...change(web!.Spec) };
    return observed;
  };

  it('must take the image and the labels, and leave the replicas', () => {
    const observed = changed(({ TaskTemplate, Labels }) => ({
      Labels: { ...Labels, 'scalectl.max': '9', 'scalectl.last-scale': 'a note' },
      TaskTemplate: {
        ...TaskTemplate,
        ContainerSpec: { ...TaskTemplate.ContainerSpec, Image: 'nginx:1@sha256:bb' },
      },
      Mode: { Replicated: { Replicas: 7 } },
    }));
    expect(planBack(release, observed)).toBe(
      '~ update service shop_web: 2 changes\n' +
        '    label scalectl.max 9 -> none (no restart)\n' +
        '    image nginx:1@sha256:bb -> nginx:1@sha256:aa (restarts tasks)',
    );
    const { desired, materials, options } = wantRelease(release)(observed);
    const [operation] = reconcile(desired, materials, observed, options).plan.operations;
    expect(operation).toMatchObject({
      spec: { Mode: { Replicated: { Replicas: 7 } }, Labels: { 'scalectl.last-scale': 'a note' } },
    });
  });

  it('must bring back what was removed, with the replicas it had, and remove what came later', () => {
    const observed = dockerMade();
    const [web] = observed.services;
    web!.Spec = { ...web!.Spec, Name: 'shop_later' };
    observed.configs = observed.configs.filter(({ Spec }) => Spec.Name !== 'shop_conf');
    observed.networks = observed.networks.filter(({ Name }) => Name !== 'shop_default');
    expect(planBack(release, observed).replace(/: .*$/gm, '')).toBe(
      [
        '+ create network shop_default',
        '+ create config shop_conf',
        '- remove service shop_later',
        '+ create service shop_web',
      ].join('\n'),
    );
    const { desired, materials, options } = wantRelease(release)(observed);
    expect(reconcile(desired, materials, observed, options).plan.operations[3]).toMatchObject({
      spec: { Mode: { Replicated: { Replicas: 4 } } },
    });
  });

  it('must be refused with all that is gone for good', () => {
    const observed = { ...dockerMade(), secrets: [], configs: [config('shop_conf')] };
    const error = errorOf(() => wantRelease(release)(observed));
    expect(problemsOf(error)).toEqual([
      'release 3: needs the secret shop_key, which is gone, and of secrets a release knows the name alone',
      'release 3: needs the config common, which is gone, and of external configs a release knows the name alone',
    ]);
    expect(error.hint).toBe('Make it again with: docker secret create shop_key FILE');
    expect(error.exitCode).toBe(2);
  });

  it('must be refused where a config has got another content under its name', () => {
    const observed = dockerMade();
    observed.configs = observed.configs.map((it) =>
      it.Spec.Name === 'shop_conf' ? config('shop_conf', { Data: 'Yg==' }) : it,
    );
    expect(problemsOf(errorOf(() => wantRelease(release)(observed)))).toEqual([
      'release 3: needs the config shop_conf, which has another content now, and Swarm cannot change it',
    ]);
  });
});

describe('two releases', () => {
  const content = (...specs: ServiceSpec[]) =>
    contentFound({ ...NOTHING, services: specs.map((Spec) => swarmService({ Spec })) }, 'shop', AT)!.desired;
  const image = (Image: string) => ({ TaskTemplate: { ContainerSpec: { Image } } });

  it.each<[string, ServiceSpec[], ServiceSpec[], boolean]>([
    ['equal', [serviceSpec()], [serviceSpec()], true],
    ['scaled', [serviceSpec()], [serviceSpec({ Mode: { Replicated: { Replicas: 9 } } })], true],
    ['of another image', [serviceSpec()], [serviceSpec(image('nginx:2'))], false],
    ['with a service more', [serviceSpec()], [serviceSpec(), serviceSpec({ Name: 'shop_b' })], false],
    ['with another service', [serviceSpec({ Name: 'shop_a' })], [serviceSpec({ Name: 'shop_b' })], false],
    ['in another mode', [serviceSpec()], [serviceSpec({ Mode: { Global: {} } })], false],
  ])('that are %s must be told apart rightly', (_, a, b, same) => {
    expect(sameServices(content(...a), content(...b))).toBe(same);
  });
});
