import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { swarmSecret } from '../../test/support/objects.js';
import { loadStack } from '../stack/load.js';
import { keepGenerated, readMaterials, type MaterialOptions } from './materials.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'materials-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const OURS = { 'com.docker.stack.namespace': 'shop' };
const NONE: MaterialOptions['found'] = { secrets: [], configs: [] };

function materials(top: string, options: Partial<MaterialOptions> = {}) {
  const loaded = loadStack([{ name: 'stack.yml', text: `services: {web: {image: x}}\n${top}\n` }], {
    env: {},
  });
  return readMaterials(loaded, {
    stack: 'shop',
    directory,
    env: {},
    salt: 'cluster',
    found: NONE,
    recorded: () => null,
    ...options,
  });
}

const one = (...given: Parameters<typeof materials>) => materials(...given)[0]!;
const write = (name: string, content: string | Buffer) => writeFileSync(join(directory, name), content);

describe('a secret or config from a file', () => {
  it('must be named after its content, and labelled as ours', () => {
    write('conf', 'a: 1');
    expect(one('configs: {conf: {file: ./conf, labels: {x: y}}}')).toEqual({
      kind: 'config',
      key: 'conf',
      place: 'stack.yml:2:11',
      name: 'shop_conf-7af42cd5b45f',
      external: false,
      data: Buffer.from('a: 1'),
      fingerprint: '7af42cd5b45f',
      there: null,
      driver: null,
      generated: false,
      keepAt: null,
      labels: { x: 'y', 'com.docker.stack.namespace': 'shop' },
      templating: null,
    });
  });

  it.each([
    ['configs', 'conf'],
    ['secrets', 'password'],
  ])('must get another name with another content (%s), and the same with the same', (kind) => {
    const name = (content: string) => {
      write('file', content);
      return one(`${kind}: {x: {file: ./file}}`).name;
    };
    const first = name('one');
    expect(first).toMatch(/^shop_x-[0-9a-f]{12}$/);
    expect(name('two')).not.toBe(first);
    expect(name('one')).toBe(first);
  });

  it('must not show by its name that two secrets, or two Swarms, have the same password', () => {
    write('file', 'hunter2');
    const tails = [
      one('secrets: {x: {file: ./file}}').name,
      one('secrets: {y: {file: ./file}}').name,
      one('secrets: {x: {file: ./file}}', { salt: 'another cluster' }).name,
    ].map((name) => name.slice(-12));
    expect(new Set(tails).size).toBe(3);
  });

  it('must get another name when its templating changes', () => {
    write('file', 'x');
    expect(one('configs: {x: {file: ./file, template_driver: golang}}')).toMatchObject({
      templating: 'golang',
    });
    expect(one('configs: {x: {file: ./file, template_driver: golang}}').name).not.toBe(
      one('configs: {x: {file: ./file}}').name,
    );
  });

  it('must be read byte by byte', () => {
    const bytes = Buffer.from([0, 255, 10, 13, 10]);
    write('file', bytes);
    expect(one('secrets: {x: {file: ./file}}').data).toEqual(bytes);
  });

  it('must keep the name that the file gives it', () => {
    write('file', 'x');
    expect(one('secrets: {x: {file: ./file, name: exact}}').name).toBe('exact');
  });

  it.each([
    ['secrets: {x: {file: ./gone}}', (dir: string) => `secrets.x: there is no readable file ${dir}/gone`],
    ['configs: {x: {file: ./folder}}', (dir: string) => `configs.x: there is no readable file ${dir}/folder`],
    ['secrets: {x: {file: ./empty}}', () => 'secrets.x: the file has 0 bytes; Swarm takes from 1 to 511999'],
    [
      'secrets: {x: {file: ./large}}',
      () => 'secrets.x: the file has 512000 bytes; Swarm takes from 1 to 511999',
    ],
    ['secrets: {x: {}}', () => 'secrets.x: nothing says where the secret comes from'],
  ])('must be refused: %s', (top, message) => {
    mkdirSync(join(directory, 'folder'));
    write('empty', '');
    write('large', Buffer.alloc(512_000));
    const error = errorOf(() => materials(top));
    expect(error.message).toBe(message(directory));
    expect(error.place).toMatch(/^stack\.yml:2:\d+$/);
    expect(error.exitCode).toBe(2);
    expect(error.hint).toBeDefined();
  });
});

describe('a content that is no file', () => {
  it('must be the text or the variable that the stack names', () => {
    const [secret, config, text] = materials(
      'secrets: {s: {environment: PASSWORD}}\nconfigs: {c: {environment: CONF}, t: {content: "a\\n"}}',
      { env: { PASSWORD: 'hunter2', CONF: 'x=1' } },
    );
    expect(secret).toMatchObject({ data: Buffer.from('hunter2') });
    expect(config).toMatchObject({ data: Buffer.from('x=1') });
    expect(text).toMatchObject({
      data: Buffer.from('a\n'),
      name: expect.stringMatching(/^shop_t-/) as string,
    });
  });

  it('must be asked for, all that is missing at once, and never be shown', () => {
    const top =
      'secrets: {s: {environment: PASSWORD}, f: {file: ./gone}}\nconfigs: {c: {environment: EMPTY}}';
    expect(problemsOf(errorOf(() => materials(top, { env: { EMPTY: '' } })))).toEqual([
      'stack.yml:2:28: secrets.s: the variable PASSWORD is not set',
      `stack.yml:2:49: secrets.f: there is no readable file ${directory}/gone`,
      'stack.yml:3:28: configs.c: the variable EMPTY has 0 bytes; Swarm takes from 1 to 1023999',
    ]);
  });

  it('must be what a driver holds, and be another one with other options', () => {
    const name = (options: string) =>
      one(`secrets: {s: {driver: vault, driver_opts: {path: ${options}}, template_driver: golang}}`);
    expect(name('a')).toMatchObject({
      data: null,
      external: false,
      driver: { Name: 'vault', Options: { path: 'a' } },
      templating: 'golang',
    });
    expect(name('b').name).not.toBe(name('a').name);
    expect(name('a').name).toBe(name('a').name);
  });
});

describe('a name', () => {
  it('must be no longer than Swarm allows, and stay another for another key', () => {
    const key = 'k'.repeat(70);
    const [first, second] = materials(`configs: {${key}1: {content: x}, ${key}2: {content: x}}`);
    for (const { name } of [first!, second!]) expect(name).toMatch(/^shop_k{46}-[0-9a-f]{12}$/);
    expect(first!.name).not.toBe(second!.name);
    expect(first!.name).toHaveLength(64);
  });

  it('must not stand for what only a Swarm can tell where none is asked', () => {
    expect(one('secrets: {s: {environment: S}}', { env: { S: 'x' }, salt: null }).name).toBe(
      'shop_s-????????????',
    );
  });
});

describe('what docker has made under a plain name', () => {
  const config = (Data: string, Templating?: { Name: string }) => ({
    found: {
      secrets: [],
      configs: [
        {
          ...swarmSecret('shop_c'),
          Spec: {
            Name: 'shop_c',
            Labels: OURS,
            Data: Buffer.from(Data).toString('base64'),
            ...(Templating && { Templating }),
          },
        },
      ],
    },
  });
  const secret = { found: { secrets: [swarmSecret('shop_s', OURS)], configs: [] }, env: { S: 'x' } };
  const S = 'secrets: {s: {environment: S}}';

  it('must be used as long as a config has the same content', () => {
    expect(one('configs: {c: {content: same}}', config('same'))).toMatchObject({
      name: 'shop_c',
      there: 'same',
    });
    expect(one('configs: {c: {content: new}}', config('same'))).toMatchObject({
      name: expect.stringMatching(/^shop_c-/) as string,
      there: null,
    });
    const templated = 'configs: {c: {content: same, template_driver: golang}}';
    expect(one(templated, config('same')).name).toMatch(/^shop_c-/);
    expect(one(templated, config('same', { Name: 'golang' })).name).toBe('shop_c');
  });

  it('must be used where nobody knows what a secret holds, and as long as a release knows it as the same', () => {
    expect(one(S, secret)).toMatchObject({ name: 'shop_s', there: 'unseen' });
    const { fingerprint } = one(S, secret);
    expect(one(S, { ...secret, recorded: () => fingerprint })).toMatchObject({
      name: 'shop_s',
      there: 'same',
    });
    expect(one(S, { ...secret, recorded: () => 'another' })).toMatchObject({
      name: `shop_s-${fingerprint ?? ''}`,
      there: null,
    });
  });
});

describe('a name that the file gives', () => {
  const NAMED = 'configs: {c: {content: new, name: exact}}';
  const found = (Data: string) => ({
    found: {
      secrets: [],
      configs: [
        {
          ...swarmSecret('exact'),
          Spec: { Name: 'exact', Labels: OURS, Data: Buffer.from(Data).toString('base64') },
        },
      ],
    },
  });

  it.each([
    ['nothing', {}, null],
    ['the same content', found('new'), 'same'],
    ['another content', found('old'), 'other'],
  ])('must be kept; what has it already has %s', (_, options, there) => {
    expect(one(NAMED, options)).toMatchObject({ name: 'exact', there });
  });

  it('must be compared by what a release knows of a secret', () => {
    const top = 'secrets: {s: {environment: S, name: exact}}';
    const options = { found: { secrets: [swarmSecret('exact', OURS)], configs: [] }, env: { S: 'x' } };
    const { fingerprint } = one(top, options);
    expect(one(top, options).there).toBe('unseen');
    expect(one(top, { ...options, recorded: () => fingerprint }).there).toBe('same');
    expect(one(top, { ...options, recorded: () => 'another' }).there).toBe('other');
  });
});

describe('an external secret or config', () => {
  it.each([
    ['{external: true}', 'x'],
    ['{external: true, name: real}', 'real'],
    ['{external: {name: real}}', 'real'],
  ])('must have its own name and no content: %s', (text, name) => {
    expect(one(`secrets: {x: ${text}}`)).toMatchObject({ name, data: null, generated: false });
  });
});

describe('a generated secret', () => {
  const GENERATE = 'secrets: {db: {file: ./db, x-scalectl-generate: true}}';
  const existing = (...names: string[]) => ({
    found: { secrets: names.map((name) => swarmSecret(name, OURS)), configs: [] },
  });

  it('must be long, and another one each time', () => {
    const [first, second] = [one(GENERATE), one(GENERATE)];
    expect(first.data?.toString()).toMatch(/^[\w-]{32}$/);
    expect(second.data?.toString()).not.toBe(first.data?.toString());
    expect(first).toMatchObject({ generated: true, labels: { 'scalectl.generated': 'true' } });
  });

  it('must give way to a file', () => {
    write('db', 'chosen');
    expect(one(GENERATE)).toMatchObject({ generated: false, data: Buffer.from('chosen') });
  });

  it('must be taken from the Swarm where there is one', () => {
    expect(one(GENERATE, existing('shop_db-0123456789ab'))).toMatchObject({
      name: 'shop_db-0123456789ab',
      data: null,
      generated: true,
    });
  });

  it('must not be mistaken for another secret whose name begins alike', () => {
    const names = ['shop_db-admin', 'shop_db-admin-0123456789ab', 'shop_db-0123456789ab'];
    expect(one(GENERATE, existing(...names)).name).toBe('shop_db-0123456789ab');
    expect(one(GENERATE, existing(...names.slice(0, 2))).data).not.toBeNull();
  });

  it('must be written beside the stack for its owner only, and never over a file', () => {
    const top = 'secrets: {db: {file: ./secrets/db, x-scalectl-generate: true}}';
    const made = one(top);
    expect(keepGenerated(made)).toBe(true);
    const path = join(directory, 'secrets', 'db');
    expect(readFileSync(path)).toEqual(made.data);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keepGenerated({ ...made, data: Buffer.from('other') })).toBe(false);
    expect(readFileSync(path)).toEqual(made.data);
    expect(one(top).name).toBe(made.name);
  });
});
