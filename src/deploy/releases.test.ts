import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FakeConfigStore } from '../../test/support/config-store.js';
import { rejectionOf } from '../../test/support/errors.js';
import { serviceSpec } from '../../test/support/objects.js';
import type { SwarmConfig } from '../swarm/objects.js';
import {
  markRelease,
  nextNumber,
  readHistory,
  readReleases,
  recordRelease,
  rollbackTarget,
  trimReleases,
  type Release,
  type ReleaseContent,
  type ReleaseOrigin,
  type ReleaseState,
} from './releases.js';

const FILES: ReleaseOrigin = { kind: 'deploy', files: ['stack.yml'] };

function content(image = 'nginx:1', given: Partial<ReleaseContent> = {}): ReleaseContent {
  const spec = serviceSpec({ TaskTemplate: { ContainerSpec: { Image: image } } });
  return {
    at: '2026-01-01T12:00:00.000Z',
    origin: FILES,
    desired: {
      name: 'shop',
      networks: [],
      services: [{ key: 'web', place: 'stack.yml:2:3', dependsOn: [], replicasGiven: true, spec }],
    },
    materials: [],
    ...given,
  };
}

/** Contents that do not shrink: two of 900 KiB fill three parts. */
const LARGE = content(randomBytes(1_500_000).toString('base64'));

async function storeWith(
  ...states: readonly (readonly [number, ReleaseState])[]
): Promise<{ store: FakeConfigStore; newest: Release }> {
  const store = new FakeConfigStore();
  let newest: Release | null = null;
  for (const [number, state] of states) {
    newest = await recordRelease(store, 'shop', number, content(), state, {});
  }
  return { store, newest: newest! };
}

const numbers = (configs: readonly SwarmConfig[]) =>
  readReleases(configs, 'shop').map(({ number }) => number);

describe('a release', () => {
  it.each([
    ['in one part', content(), 1],
    ['in several parts', LARGE, 2],
  ])('%s must be read as it was recorded', async (_, recorded, parts) => {
    const store = new FakeConfigStore();
    await recordRelease(store, 'shop', 7, recorded, 'pending', {});
    expect(store.configs).toHaveLength(parts);
    for (const { Spec } of store.configs) {
      expect(Spec.Labels?.['com.docker.stack.namespace']).toBe('shop');
      expect(Buffer.from(Spec.Data ?? '', 'base64').length).toBeLessThan(1000 * 1024);
    }
    const [release] = readReleases([...store.configs].reverse(), 'shop');
    expect(release).toMatchObject({ stack: 'shop', number: 7, state: 'pending', ...recorded });
    expect(release?.configs.map(({ Spec }) => Spec.Name)).toEqual(
      ['shop_scalectl-release-7', 'shop_scalectl-release-7.2'].slice(0, parts),
    );
  });

  it('must leave nothing behind when one of its parts cannot be written', async () => {
    const store = new FakeConfigStore();
    store.broken.add('shop_scalectl-release-1.2');
    const error = await rejectionOf(recordRelease(store, 'shop', 1, LARGE, 'pending', {}));
    expect(error.message).toBe('disk full');
    expect(store.configs).toEqual([]);
  });

  it('must be recorded by one of two that want the same number', async () => {
    const store = new FakeConfigStore();
    const both = await Promise.allSettled(
      ['a', 'b'].map((image) => recordRelease(store, 'shop', 1, content(image), 'pending', {})),
    );
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { kind: 'conflict' } });
    expect(readReleases(store.configs, 'shop')[0]).toMatchObject(content('a'));
  });
});

describe('the history', () => {
  it('must be of one stack, newest first by number', async () => {
    const { store } = await storeWith([9, 'good'], [10, 'good'], [2, 'failed']);
    await recordRelease(store, 'shop2', 11, content(), 'good', {});
    await store.createConfig({ Name: 'shop_app', Labels: { 'com.docker.stack.namespace': 'shop' } });
    expect(numbers(store.configs)).toEqual([10, 9, 2]);
  });

  const damage: Record<string, (configs: SwarmConfig[]) => unknown> = {
    'lacks its first part': (configs) => configs.shift(),
    'lacks its last part': (configs) => configs.pop(),
    'holds something else': ([first]) => (first!.Spec.Data = 'bm9uZQ=='),
    'holds nothing': ([first]) => delete first!.Spec.Data,
  };
  it.each(Object.entries(damage))('must name a release that %s, and not use it', async (_, harm) => {
    const store = new FakeConfigStore();
    await recordRelease(store, 'shop', 4, LARGE, 'good', {});
    harm(store.configs);
    await recordRelease(store, 'shop', 3, content(), 'good', {});
    const { releases, unreadable } = readHistory(store.configs, 'shop');
    expect(releases.map(({ number }) => number)).toEqual([3]);
    expect(unreadable).toEqual([4]);
    expect(nextNumber(store.configs, 'shop')).toBe(5);
  });

  it('must name a release in a form that is not known yet', async () => {
    const store = new FakeConfigStore();
    const { gzipSync } = await import('node:zlib');
    const { configs } = await recordRelease(store, 'shop', 1, content(), 'good', {});
    const later = gzipSync(JSON.stringify({ format: 2 })).toString('base64');
    const changed = configs.map((config) => ({ ...config, Spec: { ...config.Spec, Data: later } }));
    expect(readHistory(changed, 'shop')).toEqual({ releases: [], unreadable: [1] });
  });

  it('must begin at 1, and go on after the highest number', async () => {
    expect(nextNumber([], 'shop')).toBe(1);
    const { store } = await storeWith([3, 'good'], [12, 'failed']);
    expect(nextNumber(store.configs, 'shop')).toBe(13);
  });
});

describe('the state of a release', () => {
  it('must change with a label of its first part alone', async () => {
    const store = new FakeConfigStore();
    const release = await recordRelease(store, 'shop', 1, LARGE, 'pending', {});
    await markRelease(store, release, 'good', {});
    expect(readReleases(store.configs, 'shop')[0]?.state).toBe('good');
    expect(store.configs.map(({ Version }) => Version.Index)).toEqual([2, 1]);
  });

  it('must be written again when somebody else was quicker', async () => {
    const { store, newest } = await storeWith([1, 'pending']);
    let times = 2;
    store.beforeUpdate = () => {
      if (times-- > 0) store.configs[0]!.Version.Index++;
    };
    await markRelease(store, newest, 'failed', {});
    expect(readReleases(store.configs, 'shop')[0]?.state).toBe('failed');
  });

  it('must not matter when the release is gone, or another has its number', async () => {
    const { store, newest } = await storeWith([1, 'pending']);
    await store.removeConfig(store.configs[0]!.ID);
    await markRelease(store, newest, 'good', {});
    await recordRelease(store, 'shop', 1, content(), 'pending', {});
    await markRelease(store, newest, 'good', {});
    expect(readReleases(store.configs, 'shop')[0]?.state).toBe('pending');
  });
});

describe('the number of releases', () => {
  const range = (from: number, to: number, state: ReleaseState) =>
    Array.from({ length: to - from + 1 }, (_, index) => [from + index, state] as const);

  it.each<[string, (readonly [number, ReleaseState])[], number[]]>([
    ['must stay as it is up to ten', range(1, 10, 'good'), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
    ['must not pass ten', range(1, 13, 'good'), [13, 12, 11, 10, 9, 8, 7, 6, 5, 4]],
    [
      'must not pass ten when nobody waits for any of them',
      range(1, 12, 'pending'),
      [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
    ],
    [
      'must include the last good one',
      [[1, 'good'], [2, 'good'], ...range(3, 13, 'failed')],
      [13, 12, 11, 10, 9, 8, 7, 6, 5, 2],
    ],
  ])('%s', async (_, states, kept) => {
    const { store, newest } = await storeWith(...states);
    await trimReleases(store, await store.listConfigs(), newest, {});
    expect(numbers(store.configs)).toEqual(kept);
  });

  it('must count what cannot be read, and take all its parts', async () => {
    const store = new FakeConfigStore();
    await recordRelease(store, 'shop', 1, LARGE, 'good', {});
    store.configs.shift();
    for (let number = 2; number <= 11; number++) {
      await recordRelease(store, 'shop', number, content(), 'good', {});
    }
    const newest = readReleases(store.configs, 'shop')[0]!;
    await trimReleases(store, await store.listConfigs(), newest, {});
    expect(store.configs).toHaveLength(10);
    expect(readHistory(store.configs, 'shop').unreadable).toEqual([]);
  });

  it('must leave a newer release of somebody else alone, and bear that they trim too', async () => {
    const { store } = await storeWith(...range(1, 12, 'good'));
    const seen = await store.listConfigs();
    const mine = readReleases(seen, 'shop').find(({ number }) => number === 11)!;
    await store.removeConfig(store.configs[0]!.ID);
    await trimReleases(store, seen, mine, {});
    expect(numbers(store.configs)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  });
});

describe('a rollback that names no release', () => {
  const back = (to: number): ReleaseOrigin => ({ kind: 'rollback', to });
  it.each<[string, [number, ReleaseState, ReleaseOrigin?][], number | null]>([
    ['must have somewhere to go', [], null],
    ['must not go to the present', [[1, 'good']], null],
    [
      'must go to the good one before',
      [
        [3, 'good'],
        [2, 'good'],
        [1, 'good'],
      ],
      2,
    ],
    [
      'must pass over those that failed',
      [
        [3, 'good'],
        [2, 'failed'],
        [1, 'good'],
      ],
      1,
    ],
    [
      'must go to the newest good one from one that failed',
      [
        [3, 'failed'],
        [2, 'good'],
        [1, 'good'],
      ],
      2,
    ],
    [
      'must go to the newest good one from one that nobody saw come up',
      [
        [3, 'pending'],
        [2, 'good'],
      ],
      2,
    ],
    [
      'must take one that nobody saw come up where there is no better',
      [
        [3, 'failed'],
        [2, 'pending'],
        [1, 'pending'],
      ],
      2,
    ],
    [
      'must not go where the last rollback went',
      [
        [4, 'good', back(2)],
        [3, 'failed'],
        [2, 'good'],
        [1, 'good'],
      ],
      1,
    ],
    [
      'must undo a rollback',
      [
        [4, 'good', back(2)],
        [3, 'good'],
        [2, 'good'],
      ],
      3,
    ],
    [
      'must not go to one that failed',
      [
        [2, 'good'],
        [1, 'failed'],
      ],
      null,
    ],
  ])('%s', (_, releases, target) => {
    const history = releases.map(([number, state, origin = FILES]): Release => ({
      ...content('nginx', { origin }),
      stack: 'shop',
      number,
      state,
      configs: [],
    }));
    expect(rollbackTarget(history)?.number ?? null).toBe(target);
  });
});
