import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf } from '../../test/support/errors.js';
import { resolveEndpoint, type EndpointRequest } from './endpoint.js';

let config: string;
beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'docker-config-'));
});
afterEach(() => rmSync(config, { recursive: true }));

const resolve = ({ env = {}, ...request }: Partial<EndpointRequest>) =>
  resolveEndpoint({ ...request, env: { DOCKER_CONFIG: config, ...env } });

function addContext(name: string, docker: object, tls: Record<string, string> = {}): void {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = join(config, 'contexts', 'meta', id);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }));
  const files = join(config, 'contexts', 'tls', id, 'docker');
  mkdirSync(files, { recursive: true });
  for (const [file, text] of Object.entries(tls)) writeFileSync(join(files, file), text);
}

const selectContext = (name: string) =>
  writeFileSync(join(config, 'config.json'), JSON.stringify({ currentContext: name }));

describe('an address', () => {
  it.each<[string, object]>([
    ['unix:///run/d.sock', { kind: 'unix', socketPath: '/run/d.sock' }],
    ['tcp://host', { kind: 'tcp', host: 'host', port: 2375, tls: null }],
    ['tcp://host:80', { kind: 'tcp', host: 'host', port: 80, tls: null }],
    ['tcp://10.0.0.1:4243', { kind: 'tcp', host: '10.0.0.1', port: 4243, tls: null }],
    ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375, tls: null }],
    ['http://host:8080', { kind: 'tcp', host: 'host', port: 8080, tls: null }],
    ['https://host', { kind: 'tcp', host: 'host', port: 2376, tls: { verify: true } }],
    ['ssh://me@host', { kind: 'ssh', destination: 'me@host', port: null }],
    ['ssh://host:2222', { kind: 'ssh', destination: 'host', port: '2222' }],
  ])('%s must be understood', (address, expected) => {
    expect(resolve({ host: address })).toEqual({ address, ...expected });
  });

  it.each([
    '',
    'nonsense',
    '/var/run/docker.sock',
    'unix://relative.sock',
    'tcp://',
    'tcp://host:99999',
    'ssh://',
    'ssh://-oProxyCommand=evil',
    'ssh://-x@host',
    'npipe:////./pipe/docker',
    'ftp://host',
  ])('"%s" must be refused', (host) => {
    const error = errorOf(() => resolve({ host }));
    expect(`${error.place ?? ''}: ${error.message}`).toBe(
      `--host: cannot understand the Engine address "${host}"`,
    );
    expect(error.exitCode).toBe(2);
  });

  it('must use TLS as the environment says', () => {
    writeFileSync(join(config, 'ca.pem'), 'ca');
    writeFileSync(join(config, 'key.pem'), 'key');
    const host = 'tcp://host';
    expect(resolve({ host, env: { DOCKER_TLS_VERIFY: '1' } })).toMatchObject({
      port: 2376,
      tls: { ca: 'ca', key: 'key', verify: true },
    });
    expect(resolve({ host, env: { DOCKER_TLS: '1' } })).toMatchObject({ tls: { verify: false } });
    expect(resolve({ host, env: { DOCKER_TLS_VERIFY: '' } })).toMatchObject({ tls: null });
    expect(resolve({ host, env: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' } })).toMatchObject({
      tls: { verify: true },
    });
  });
});

describe('the Engine to talk to', () => {
  const address = (request: Partial<EndpointRequest>) => resolve(request).address;
  beforeEach(() => {
    addContext('far', { Host: 'tcp://far:2376' });
    addContext('near', { Host: 'unix:///near.sock' });
  });

  it('must be the default socket where nothing else is said', () => {
    expect(address({})).toBe('unix:///var/run/docker.sock');
    selectContext('default');
    expect(address({})).toBe('unix:///var/run/docker.sock');
  });

  it('must be found in the order of the docker CLI', () => {
    selectContext('far');
    expect(address({})).toBe('tcp://far:2376');
    expect(address({ env: { DOCKER_CONTEXT: 'near' } })).toBe('unix:///near.sock');
    const env = { DOCKER_HOST: 'unix:///host.sock', DOCKER_CONTEXT: 'near' };
    expect(address({ env })).toBe('unix:///host.sock');
    expect(address({ env, host: 'unix:///flag.sock' })).toBe('unix:///flag.sock');
    expect(address({ env, context: 'far' })).toBe('tcp://far:2376');
  });

  it('must be that of the environment under the context "default"', () => {
    expect(address({ context: 'default', env: { DOCKER_HOST: 'unix:///host.sock' } })).toBe(
      'unix:///host.sock',
    );
    expect(address({ context: 'default', env: { DOCKER_HOST: '' } })).toBe('unix:///var/run/docker.sock');
  });

  it('must be reached with the certificates of its context, and no others', () => {
    addContext(
      'tls',
      { Host: 'tcp://t:2376', SkipTLSVerify: false },
      { 'ca.pem': 'CA', 'cert.pem': 'CERT', 'key.pem': 'KEY' },
    );
    addContext('lax', { Host: 'tcp://t:2376', SkipTLSVerify: true }, { 'ca.pem': 'CA' });
    expect(resolve({ context: 'tls' })).toMatchObject({
      tls: { ca: 'CA', cert: 'CERT', key: 'KEY', verify: true },
    });
    expect(resolve({ context: 'lax' })).toMatchObject({ tls: { ca: 'CA', verify: false } });
    expect(resolve({ context: 'far', env: { DOCKER_TLS_VERIFY: '1' } })).toMatchObject({ tls: null });
  });

  it.each<[string, Partial<EndpointRequest>, string]>([
    ['both flags', { context: 'far', host: 'tcp://x' }, '?: --context and --host exclude each other'],
    ['an unknown context', { context: 'nope' }, '--context: no docker context named "nope"'],
    [
      'an unknown context in the environment',
      { env: { DOCKER_CONTEXT: 'nope' } },
      'environment DOCKER_CONTEXT: no docker context named "nope"',
    ],
    [
      'nonsense in the environment',
      { env: { DOCKER_HOST: 'nope' } },
      'environment DOCKER_HOST: cannot understand the Engine address "nope"',
    ],
  ])('must be refused: %s', (_, request, message) => {
    const error = errorOf(() => resolve(request));
    expect(`${error.place ?? '?'}: ${error.message}`).toBe(message);
    expect(error.hint).toBeDefined();
  });

  it('must name a configuration that cannot be read', () => {
    writeFileSync(join(config, 'config.json'), '{');
    const error = errorOf(() => resolve({}));
    expect(error).toMatchObject({
      message: 'is not valid JSON',
      place: join(config, 'config.json'),
      exitCode: 2,
    });
  });
});
