import { describe, expect, it } from 'vitest';
import { FakeConfigStore } from '../../test/support/config-store.js';
import { serviceSpec, swarmService, swarmTask } from '../../test/support/objects.js';
import type { ServiceSpec } from '../swarm/objects.js';
import { changesText, originText, summarise } from './history.js';
import {
  readReleases,
  recordRelease,
  type ReleaseContent,
  type ReleaseOrigin,
  type ReleaseState,
} from './releases.js';
import { listStacks } from './stacks.js';

const LABEL = 'com.docker.stack.namespace';
const AT = '2026-01-01T12:00:00.000Z';

const spec = (Name: string, image = 'nginx:1', given: Partial<ServiceSpec> = {}) =>
  serviceSpec({
    Name,
    Labels: { [LABEL]: Name.replace(/_.*/, '') },
    TaskTemplate: { ContainerSpec: { Image: image } },
    ...given,
  });

const content = (...specs: ServiceSpec[]): ReleaseContent => ({
  at: AT,
  origin: { kind: 'deploy', files: ['a.yml', 'b.yml'] },
  desired: {
    name: 'shop',
    networks: [],
    services: specs.map((it) => ({
      key: it.Name.replace(/^shop_/, ''),
      place: 'a.yml:1:1',
      dependsOn: [],
      replicasGiven: true,
      spec: it,
    })),
  },
  materials: [],
});

async function recorded(...releases: [string, ReleaseState, ReleaseContent][]): Promise<FakeConfigStore> {
  const store = new FakeConfigStore();
  for (const [index, [stack, state, it]] of releases.entries()) {
    await recordRelease(store, stack, index + 1, it, state, {});
  }
  return store;
}

describe('the stacks of a Swarm', () => {
  it('must be told with who deployed them, and how many of their tasks run', async () => {
    const services = [
      swarmService({
        ID: 'web',
        Spec: spec('shop_web', 'nginx:1', { Mode: { Replicated: { Replicas: 3 } } }),
      }),
      swarmService({ ID: 'agent', Spec: spec('shop_agent', 'agent:1', { Mode: { Global: {} } }) }),
      swarmService({ ID: 'job', Spec: spec('shop_job', 'job:1', { Mode: { ReplicatedJob: {} } }) }),
      swarmService({ ID: 'blog', UpdatedAt: '2026-01-01T10:00:00Z', Spec: spec('blog_web') }),
      swarmService({ ID: 'alone', Spec: serviceSpec({ Name: 'alone', Labels: {} }) }),
    ];
    const tasks = [
      swarmTask({ service: 'web', state: 'running' }),
      swarmTask({ service: 'web', state: 'starting' }),
      swarmTask({ service: 'agent', state: 'running' }),
      swarmTask({ service: 'agent', state: 'pending' }),
      swarmTask({ service: 'job', state: 'running', desired: 'complete' }),
      swarmTask({ service: 'blog', state: 'running' }),
    ];
    const store = await recorded(
      ['shop', 'good', content()],
      ['shop', 'failed', content()],
      ['torn', 'good', content()],
    );
    for (const { Spec } of store.configs) if (Spec.Name.startsWith('torn')) Spec.Data = '';
    expect(listStacks(services, tasks, store.configs)).toEqual([
      {
        name: 'blog',
        services: 1,
        replicas: { desired: 2, running: 1 },
        deployedBy: 'docker',
        release: null,
        at: '2026-01-01T10:00:00Z',
      },
      {
        name: 'shop',
        services: 3,
        replicas: { desired: 5, running: 2 },
        deployedBy: 'scalectl',
        release: { number: 2, state: 'failed' },
        at: AT,
      },
      {
        name: 'torn',
        services: 0,
        replicas: { desired: 0, running: 0 },
        deployedBy: 'scalectl',
        release: null,
        at: null,
      },
    ]);
  });
});

describe('the summary of releases', () => {
  it('must name what came, went and changed, and nothing for replicas alone', async () => {
    const scaled = { Mode: { Replicated: { Replicas: 9 } } };
    const store = await recorded(
      ['shop', 'good', content(spec('shop_web'), spec('shop_old'))],
      ['shop', 'good', content(spec('shop_web', 'nginx:2@sha256:aa'), spec('shop_new'))],
      ['shop', 'good', content(spec('shop_web', 'nginx:2@sha256:aa', scaled), spec('shop_new'))],
    );
    const summaries = summarise(readReleases(store.configs, 'shop'));
    expect(summaries.map(({ changes }) => changesText(changes))).toEqual(['none', 'web, +new, -old', '-']);
    expect(summaries[1]?.images).toEqual({ web: 'nginx:2', new: 'nginx:1' });
    expect(summaries[1]?.changes?.changed[0]?.changes).toMatchObject([
      { what: 'image', from: 'nginx:1', to: 'nginx:2@sha256:aa', restartsTasks: true },
    ]);
  });

  it.each([
    [{ kind: 'deploy', files: ['a.yml', 'b.yml'] }, 'deploy a.yml, b.yml'],
    [{ kind: 'rollback', to: 3 }, 'rollback to 3'],
    [{ kind: 'found' }, 'found'],
  ] as [ReleaseOrigin, string][])('must tell the origin %j', (origin, text) => {
    expect(originText(origin)).toBe(text);
  });
});
