import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejectionOf } from '../../test/support/errors.js';
import { registryAuth } from './registry-auth.js';

const HUB = 'https://index.docker.io/v1/';
const OURS = { auth: Buffer.from('me:s3:cret').toString('base64') };
const login = { username: 'me', password: 's3:cret' };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'registry-auth-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function configured(config: object | string) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  writeFileSync(join(directory, 'config.json'), text);
  return registryAuth({ DOCKER_CONFIG: directory, PATH: `${directory}:${process.env['PATH'] ?? ''}` });
}

/** A helper that notes down what it is asked. */
function helper(name: string, answer: string, code = 0): string {
  const asked = join(directory, `${name}.asked`);
  const script = `#!/bin/sh\n{ printf '%s ' "$1"; cat; } >> ${asked}\nprintf '%s' '${answer}'\nexit ${code}\n`;
  writeFileSync(join(directory, `docker-credential-${name}`), script, { mode: 0o755 });
  return asked;
}

const decoded = (header: string | undefined) =>
  header === undefined ? undefined : (JSON.parse(Buffer.from(header, 'base64').toString()) as unknown);

describe('what docker login has stored', () => {
  it.each([
    ['busybox:latest', { [HUB]: OURS }, HUB],
    ['me/app', { [HUB]: OURS }, HUB],
    ['docker.io/me/app', { [HUB]: OURS }, HUB],
    ['host.test:5000/app:1', { 'host.test:5000': OURS }, 'host.test:5000'],
    ['localhost/app', { localhost: OURS }, 'localhost'],
    ['host.test/app', { 'https://host.test/v1/': OURS }, 'host.test'],
  ])('must be found for %s', async (image, auths, serveraddress) => {
    expect(decoded(await configured({ auths })(image))).toEqual({ ...login, serveraddress });
  });

  it('must be a token where it is one', async () => {
    const auth = configured({ auths: { 'host.test': { auth: '', identitytoken: 'tok' } } });
    expect(decoded(await auth('host.test/x'))).toEqual({ identitytoken: 'tok', serveraddress: 'host.test' });
  });

  it.each([[{}], [{ auths: { 'other.test': OURS } }], [{ auths: { 'host.test': {} } }]])(
    'must be nothing where there is nothing: %j',
    async (config) => {
      expect(await configured(config)('host.test/x')).toBeUndefined();
    },
  );

  it('must be nothing where docker was never set up', async () => {
    mkdirSync(join(directory, 'empty'));
    expect(await registryAuth({ HOME: join(directory, 'empty') })('x')).toBeUndefined();
  });

  it('must be refused where it cannot be read, without a word of what it says', async () => {
    const error = await rejectionOf(configured('{"auths": {"x": {"auth": "c2VjcmV0')('x/y'));
    expect(error).toMatchObject({ message: 'is not valid JSON', place: join(directory, 'config.json') });
    const auths = { 'host.test': { auth: Buffer.from('nocolon').toString('base64') } };
    expect((await rejectionOf(configured({ auths })('host.test/y'))).message).toBe(
      'what is stored for host.test cannot be read',
    );
  });
});

describe('a credential helper', () => {
  const answer = (Username: string, Secret: string) => JSON.stringify({ ServerURL: 'x', Username, Secret });

  it('must be asked once for a registry, by its name on standard input', async () => {
    const asked = helper('fake', answer('me', 's3:cret'));
    const auth = configured({ credHelpers: { 'host.test': 'fake' }, credsStore: 'none' });
    expect(decoded(await auth('host.test/a'))).toEqual({ ...login, serveraddress: 'host.test' });
    await auth('host.test/b');
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(asked, 'utf8')).toBe('get host.test\n');
  });

  it('must be asked for every registry that has none of its own', async () => {
    const asked = helper('store', answer('<token>', 'tok'));
    const auth = configured({ credsStore: 'store' });
    expect(decoded(await auth('busybox'))).toEqual({ identitytoken: 'tok', serveraddress: HUB });
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(asked, 'utf8')).toBe(`get ${HUB}\n`);
  });

  it('must give way to the file where it knows nothing', async () => {
    helper('store', 'credentials not found in native keychain', 1);
    const auth = configured({ credsStore: 'store', auths: { 'host.test': OURS } });
    expect(decoded(await auth('host.test/a'))).toEqual({ ...login, serveraddress: 'host.test' });
    expect(await auth('other.test/a')).toBeUndefined();
  });

  it.each([
    ['is not there', 'gone', 'the credential helper docker-credential-gone cannot be run'],
    ['fails', 'bad', 'docker-credential-bad gave no credentials for host.test'],
    ['answers nonsense', 'odd', 'docker-credential-odd gave no credentials for host.test'],
  ])('that %s must be named', async (_, name, message) => {
    helper('bad', 'secret-thing', 3);
    helper('odd', 'secret-thing');
    const error = await rejectionOf(configured({ credsStore: name })('host.test/a'));
    expect(error.message).toBe(message);
    expect(error.exitCode).toBe(2);
  });
});
