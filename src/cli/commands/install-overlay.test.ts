import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadStack } from '../../stack/load.js';
import { overlayOf, variablesOf, type Installation } from './install-overlay.js';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const NOTHING: Installation = {
  image: null,
  interval: null,
  logFormat: null,
  stack: null,
  networks: [],
  socketProxy: null,
  redisPasswordSecret: null,
  socket: null,
  user: null,
};

function load(flags: Partial<Installation> = {}, env: Record<string, string> = {}) {
  const installation = { ...NOTHING, ...flags };
  const loaded = loadStack(
    [
      { name: 'stacks/autoscaler.yml', text: read('stacks/autoscaler.yml') },
      { name: 'flags', text: overlayOf(installation) },
    ],
    { env: { ...env, ...variablesOf(installation) } },
  );
  expect(loaded.warnings).toEqual([]);
  const { daemon, agent } = loaded.file.services ?? {};
  if (daemon === undefined || agent === undefined) throw new Error('a service is missing');
  return { file: loaded.file, daemon, agent };
}
/** Two files together have their mounts in order, one alone has them as it says. */
const byTarget = ({ volumes }: ReturnType<typeof load>['daemon']) =>
  volumes?.sort((a, b) => ((a.target ?? '') < (b.target ?? '') ? -1 : 1));
const targets = (volumes: readonly { target?: string }[] = []) => volumes.map(({ target }) => target);

describe('what --install deploys', () => {
  it('without flags is the stack file as it is, for every stack', () => {
    const { file, daemon, agent } = load();
    const alone = loadStack([{ name: 'f', text: read('stacks/autoscaler.yml') }], { env: {} }).file;
    for (const one of [file, alone]) for (const each of Object.values(one.services ?? {})) byTarget(each);
    expect(file).toEqual(alone);
    expect(daemon.command).toEqual([
      'autoscale',
      '--daemon',
      '--all-stacks',
      '--interval=5s',
      '--log-format=text',
    ]);
    expect(targets(agent.volumes)).toEqual(['/host/cgroup']);
  });

  it('is an image of this very version', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const { daemon, agent } = load();
    expect([daemon.image, agent.image]).toEqual(Array(2).fill(`scalectl/scalectl:${version}`));
    expect(load({ image: 'a/b:1' }).agent.image).toBe('a/b:1');
    expect(load({}, { SCALECTL_IMAGE: 'c/d:2' }).daemon.image).toBe('c/d:2');
  });

  it('says to the daemon what the flags say, and nothing of what the environment happens to hold', () => {
    const flags = { interval: '2s', logFormat: 'json', stack: 'shop', user: '65534:9', socket: '/s' };
    const { daemon } = load(flags);
    expect(daemon.command).toEqual([
      'autoscale',
      '--daemon',
      '--stack=shop',
      '--interval=2s',
      '--log-format=json',
    ]);
    expect(daemon.user).toBe('65534:9');
    expect(daemon.volumes).toContainEqual({ type: 'bind', source: '/s', target: '/var/run/docker.sock' });
    const env = { SCALECTL_INTERVAL: '9s', SCALECTL_SCOPE: '--stack=x', SCALECTL_LOG_FORMAT: 'json' };
    expect(load({}, env).daemon.command).toEqual(load().daemon.command);
  });

  it('is on the networks that are named, and the agents are not', () => {
    const { file, daemon, agent } = load({ networks: ['shop_data', 'agents'] });
    expect(Object.keys(daemon.networks ?? {}).sort()).toEqual(['agents', 'reach-1', 'reach-2']);
    expect(Object.keys(agent.networks ?? {})).toEqual(['agents']);
    expect(file.networks).toMatchObject({
      'reach-1': { external: true, name: 'shop_data' },
      'reach-2': { external: true, name: 'agents' },
    });
  });

  it('behind a proxy has no socket, and keeps the rest', () => {
    const { daemon } = load({ socketProxy: 'tcp://proxy:2375', user: '65534:65534' });
    expect(targets(load().daemon.volumes)).toContain('/var/run/docker.sock');
    expect(targets(daemon.volumes)).toEqual(['/run/scalectl', '/var/lib/scalectl']);
    expect(daemon.environment).toEqual({
      ...load().daemon.environment,
      DOCKER_HOST: 'tcp://proxy:2375',
    });
  });

  it('has the password of Redis as a secret that is there already', () => {
    const { file, daemon } = load({ redisPasswordSecret: 'shop_redis_password-1' });
    expect(daemon.secrets?.map(({ source }) => source).sort()).toEqual(['redis_password', 'token']);
    expect(file.secrets?.['redis_password']).toEqual({ external: true, name: 'shop_redis_password-1' });
    expect(daemon.environment?.['SCALECTL_REDIS_PASSWORD_FILE']).toBe('/run/secrets/redis_password');
  });

  it('makes the token up, and has no rights to spare', () => {
    const { file, daemon, agent } = load();
    expect(file.secrets).toEqual({ token: { 'x-scalectl-generate': true } });
    for (const service of [daemon, agent]) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], init: true });
      expect(service.cap_add).toBeUndefined();
      expect(service.ports).toBeUndefined();
      expect(service.deploy?.resources?.limits?.memory).toBeGreaterThan(0);
    }
  });
});
