/** What goes wrong in a stack file: in its values, and in its text. */

import type { Dice } from './dice.js';
import { copyOf, isMapping, Raw } from './yaml-writer.js';

type Mapping = Record<string, unknown>;

/** Names that a careless program finds in every object. */
export const TREACHEROUS_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
];

const SCALARS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  65_536,
  4_294_967_296,
  9_007_199_254_740_993,
  ...[
    '0777',
    '0o17',
    '0x1F',
    '08',
    '1_000',
    '1e3',
    '.nan',
    '.inf',
    '-.Inf',
    '2001-01-01',
    '12:30:45',
    '99999999999999999999999',
  ],
  ...[
    'yes',
    'NO',
    '~',
    'null',
    '!!binary aGk=',
    '!!str 5',
    '!!int "x"',
    '!!float x',
    '!!set {a, b}',
    '!!omap [a: 1]',
  ],
  ...[
    '!custom x',
    '!!timestamp 1',
    '!!null x',
    '*a0',
    '*nowhere',
    '&a0 x',
    '"\\u0000"',
    '"\\ud800"',
    '|\n   text',
    '? a',
    '<<',
  ],
].map((one) => (typeof one === 'string' ? new Raw(one) : one));

const TEXTS: readonly string[] = [
  '',
  ' ',
  '\t',
  '\n',
  '-',
  ':',
  '::',
  '=',
  '==',
  '/',
  '.',
  '..',
  '~',
  '#',
  '@',
  '%',
  '{{',
  '{{.Task.Slot}}',
  '*',
  '&',
  '!',
  '$',
  '${',
  '${}',
  '${A',
  '${A:-',
  '${A:-}',
  '${A:?}',
  '${A?must be set}',
  '$$',
  '$$$',
  '$1',
  '${A:-${B:-c}}',
  '${A:+b}',
  '${é}',
  'ünïcödé',
  '日本語',
  '👩‍👩‍👧',
  'e\u0301',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\u0000',
  '\ud800',
  'a\u00a0b',
  'İ',
  'ß',
  'a'.repeat(3000),
  'a-'.repeat(500),
  '('.repeat(200),
  '1'.repeat(400),
  '${'.repeat(100),
  "'",
  '"',
  "'unclosed",
  '\\',
  '0:0',
  '1-2:3',
  '99999:1',
  '8080:80/xyz',
  '1:2:3:4',
  '[::1]:80:80',
  '-1:80',
  '80-70',
  '1-65535:1-65535',
  '0-65535',
  'a:b:c:d',
  ':/x',
  'x:',
  './',
  '../../etc',
  'C:\\x:/y',
  'data:/data:ro,nocopy,z',
  '1e999s',
  '10',
  '10x',
  '-5s',
  '9999999999h',
  '1d',
  '1e400',
  '0x10',
  'NaN',
  'Infinity',
  '1TB',
  '9e99g',
  '-1G',
  '1.5.5',
  'nginx:',
  ':tag',
  'NGINX',
  'a b',
  'true',
  'null',
  ...TREACHEROUS_KEYS,
];

/** A value that is in the wrong place, whatever the place. */
function junk(dice: Dice): unknown {
  switch (dice.below(8)) {
    case 0:
    case 1:
    case 2:
      return dice.pick(SCALARS);
    case 3:
    case 4:
      return dice.pick(TEXTS);
    case 5:
      return dice.pick<unknown>([
        [],
        {},
        [[]],
        [null],
        [{}],
        [[[['a']]]],
        { a: { b: { c: {} } } },
        [1, 'a', null, true],
      ]);
    case 6:
      return own(
        { a: 1 },
        dice.pick(TREACHEROUS_KEYS),
        dice.pick<unknown>(['x', { polluted: true }, null, ['a=b']]),
      );
    default:
      return nested(dice);
  }
}

function nested(dice: Dice): unknown {
  const depth = dice.pick([3, 10, 50, dice.chance(0.1) ? 3000 : 200]);
  const asList = dice.chance(0.5);
  return new Raw(asList ? '['.repeat(depth) + ']'.repeat(depth) : '{a: '.repeat(depth) + '}'.repeat(depth));
}

/** Assigning to `__proto__` would make no key of it. */
function own(target: Mapping, key: string, value: unknown): Mapping {
  return Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

type Slot = { container: unknown[]; key: number } | { container: Mapping; key: string };

/** Changes one place of a value. */
export function mutateValue(root: Mapping, dice: Dice): void {
  const slots = slotsOf(root);
  if (slots.length === 0) return;
  const { container, key } = dice.pick(slots);
  if (Array.isArray(container)) {
    const act = dice.below(4);
    if (act === 0) container.splice(key as number, 1);
    else if (act === 1) container.push(copyOf(container[key as number]));
    else if (act === 2) container[key as number] = [container[key as number]];
    else container[key as number] = junk(dice);
    return;
  }
  const name = String(key);
  const value = container[name];
  switch (dice.below(8)) {
    case 0:
      Reflect.deleteProperty(container, name);
      break;
    case 1:
      Reflect.deleteProperty(container, name);
      own(container, misspelt(name, dice), value);
      break;
    case 2:
      own(container, dice.pick(TREACHEROUS_KEYS), dice.chance(0.5) ? value : junk(dice));
      break;
    case 3:
      own(container, dice.pick(TEXTS), junk(dice));
      break;
    case 4:
      own(container, name, dice.chance(0.5) ? [value] : { value });
      break;
    case 5:
      // What belongs somewhere else in the file.
      own(
        container,
        name,
        copyOf(dice.pick(slotsOf(root).map((other) => (other.container as Mapping)[other.key]))),
      );
      break;
    default:
      own(container, name, junk(dice));
  }
}

function slotsOf(root: Mapping): Slot[] {
  const slots: Slot[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach((item, key) => {
        slots.push({ container: value, key });
        walk(item);
      });
    } else if (isMapping(value)) {
      for (const [key, item] of Object.entries(value)) {
        slots.push({ container: value, key });
        walk(item);
      }
    }
  };
  walk(root);
  return slots;
}

function misspelt(name: string, dice: Dice): string {
  const at = dice.below(name.length);
  const around = [name.slice(0, at), name.slice(at + 1)] as const;
  return dice.pick([
    around.join(''),
    around.join('é'),
    name.toUpperCase(),
    `${name}s`,
    name.replaceAll('_', '-'),
    `${name} `,
  ]);
}

const FRAGMENTS = [
  '&a0 ',
  '*a0',
  '<<: *a0',
  '<<: [*a0, *a0]',
  '<<: 5',
  '&a0 [*a0]',
  '? ',
  ': ',
  '- ',
  '---\n',
  '...\n',
  '%YAML 1.1\n---\n',
  '%FOO\n',
  '|',
  '>-',
  '|9',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '#',
  '!!',
  '!',
  '@',
  '`',
  '%',
  '\t',
  '\r',
  '\r\n',
  '\n',
  '\n\n',
  ' ',
  '  ',
  '\u0000',
  '\u0007',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\ud83d',
  '\ud83d\ude00',
  '$',
  '${',
  '}',
  '\\',
  '=',
  '~',
  '0',
  '-',
  '__proto__: {a: 1}\n',
  'constructor: x\n',
];

/** Changes one place of a text. */
export function mutateText(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const lines = text.split('\n');
  const line = dice.below(lines.length);
  const edit = (replace: (old: string) => string[]) =>
    lines.flatMap((old, index) => (index === line ? replace(old) : [old])).join('\n');
  switch (dice.below(11)) {
    case 0:
      return text.slice(0, at) + dice.pick(FRAGMENTS) + text.slice(at);
    case 1:
      return text.slice(0, at) + dice.pick(FRAGMENTS) + text.slice(at + 1 + dice.below(4));
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + dice.below(20));
    case 3:
      return edit(() => []);
    case 4:
      return edit((old) => [old, old]);
    case 5:
      return edit((old) => [`${' '.repeat(1 + dice.below(4))}${old}`]);
    case 6:
      return edit((old) => [old.replace(/^ {1,2}/, '')]);
    case 7:
      return edit((old) => [old, lines[dice.below(lines.length)] ?? '']);
    case 8:
      return text.slice(0, at);
    case 9:
      return dice.chance(0.5) ? text.replaceAll('\n', '\r\n') : `\ufeff${text}`;
    default:
      return edit((old) => [`${old}${dice.pick(FRAGMENTS)}`]);
  }
}
