import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf } from '../../test/support/errors.js';
import { loadStack } from '../stack/load.js';
import { keepGenerated, readMaterials, type MaterialOptions } from './materials.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'materials-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const NONE: MaterialOptions['existing'] = { secret: new Set(), config: new Set() };

function materials(top: string, options: Partial<MaterialOptions> = {}) {
  const loaded = loadStack([{ name: 'stack.yml', text: `services: {web: {image: x}}\n${top}\n` }], {
    env: {},
  });
  return readMaterials(loaded, { stack: 'shop', directory, salt: 'cluster', existing: NONE, ...options });
}

const one = (...given: Parameters<typeof materials>) => materials(...given)[0]!;
const write = (name: string, content: string | Buffer) => writeFileSync(join(directory, name), content);

describe('a secret or config from a file', () => {
  it('must be named after its content, and labelled as ours', () => {
    write('conf', 'a: 1');
    expect(one('configs: {conf: {file: ./conf, labels: {x: y}}}')).toEqual({
      kind: 'config',
      key: 'conf',
      name: 'shop_conf-7af42cd5b45f',
      data: Buffer.from('a: 1'),
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
    ['secrets: {x: {file: ./empty}}', () => 'secrets.x: the file has 0 bytes; Swarm takes from 1 to 512000'],
    [
      'secrets: {x: {file: ./large}}',
      () => 'secrets.x: the file has 512001 bytes; Swarm takes from 1 to 512000',
    ],
    ['secrets: {x: {}}', () => 'secrets.x: nothing says where the secret comes from'],
  ])('must be refused: %s', (top, message) => {
    mkdirSync(join(directory, 'folder'));
    write('empty', '');
    write('large', Buffer.alloc(512_001));
    const error = errorOf(() => materials(top));
    expect(error.message).toBe(message(directory));
    expect(error.place).toMatch(/^stack\.yml:2:\d+$/);
    expect(error.exitCode).toBe(2);
    expect(error.hint).toBeDefined();
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
    existing: { secret: new Set(names), config: new Set<string>() },
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
