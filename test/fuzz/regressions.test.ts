/** What fuzzing found, by name: small files that once ended in a crash, a hang or a wrong word. */

import { expect, test } from 'vitest';
import { DIRECTORY, type Case } from './cases.js';
import { judge } from './judge.js';

function outcome(text: string, given: Partial<Case> = {}): string {
  const verdict = judge({
    sources: [{ name: 'stack.yml', text }],
    files: new Map(),
    strict: false,
    flawless: false,
    ...given,
  });
  switch (verdict.end) {
    case 'specs':
      return 'specs';
    case 'refused':
      return verdict.problems.map(({ place, message }) => `${place}: ${message}`).join('\n');
    case 'fault':
      return `FAULT: ${verdict.what}`;
  }
}

/** Each value is no deeper than a hundred levels, and unfolds to what is. */
const tower = ['x-0: &a0 x']
  .concat(
    Array.from({ length: 62 }, (_, n) => `x-${n + 1}: &a${n + 1} ${'['.repeat(80)}*a${n}${']'.repeat(80)}`),
  )
  .concat('services: {web: {image: nginx, command: *a62}}', '')
  .join('\n');

const service = (...lines: string[]) =>
  ['services:', '  web:', '    image: nginx', ...lines.map((line) => `    ${line}`), ''].join('\n');

const deep = (levels: number, open: string, close: string) =>
  `services: ${open.repeat(levels)}${close.repeat(levels)}\n`;

const bomb = ['a: &a0 [x, x]']
  .concat(Array.from({ length: 30 }, (_, n) => `b${n}: &a${n + 1} [*a${n}, *a${n}]`))
  .concat('services: {web: {image: nginx, command: *a30}}', '')
  .join('\n');

test.each<[string, string, string]>([
  [
    'an anchor in what it names',
    service('labels: &a0', '  x: *a0'),
    'stack.yml:5:10: the anchor &a0 contains itself',
  ],
  [
    'a service that holds itself',
    'services:\n  web: &a0\n    image: nginx\n    logging: *a0\n',
    'stack.yml:4:14: the anchor &a0 contains itself',
  ],
  ['a thousand lists in lists', deep(1_000, '[', ']'), 'stack.yml: it is nested too deeply'],
  ['lists in lists of aliases', tower, 'stack.yml: it is nested too deeply'],
  [
    'aliases that unfold to more than there is memory for',
    bomb,
    'stack.yml:1:1: its aliases unfold to more than a stack file can hold',
  ],
  [
    'a mapping where text should be',
    service('hostname: {value: a}'),
    'stack.yml:4:5: services.web.hostname: must be text, got {"value":"a"}',
  ],
  [
    'a mapping that shadows the conversion to text',
    service('hostname: {toString: 1, valueOf: 2}'),
    'stack.yml:4:5: services.web.hostname: must be text, got {"toString":1,"valueOf":2}',
  ],
  [
    'a service by the name of a prototype',
    'services: {__proto__: {image: nginx}}\n',
    'stack.yml:1:12: services.__proto__: "__proto__" is no service name',
  ],
  [
    'a variable by the name of a prototype',
    service('environment: {__proto__: null, constructor: }'),
    'specs',
  ],
  ['a label by the name of a prototype', service('labels: {__proto__: x}'), 'specs'],
  [
    'a key by the name of a prototype',
    service('__proto__: {image: x}'),
    'stack.yml:4:5: services.web.__proto__: unknown key',
  ],
  [
    'a key that every object has',
    service('constructor: x'),
    'stack.yml:4:18: services.web.constructor: unknown key',
  ],
  [
    'a network that every object has',
    service('networks: [toString]'),
    'stack.yml:4:16: services.web.networks.toString: there is no network "toString" in this file',
  ],
])('%s', (_, text, expected) => {
  expect(outcome(text)).toBe(expected);
});

test.each([
  ['[', ']'],
  ['{a: ', '}'],
])('more levels of %s than the parser can call itself', (open, close) => {
  expect(outcome(deep(20_000, open, close))).toMatch(/^stack\.yml(:1:\d+)?: it is nested too deeply$/);
});

test('a variable that every object has must count as unset', () => {
  expect(outcome(service('hostname: "${constructor:?none}"'))).toContain('required variable constructor');
});

test('files that include each other must not go on for ever', () => {
  const files = new Map([
    [`${DIRECTORY}/one.yml`, 'include: [two.yml]\nservices: {}\n'],
    [`${DIRECTORY}/two.yml`, 'include: [one.yml]\nservices: {}\n'],
  ]);
  expect(outcome(`include: [one.yml]\n${service()}`, { files })).toContain('goes round in a circle');
});

test('services that extend each other must not go on for ever', () => {
  expect(outcome('services:\n  a: {extends: b, image: x}\n  b: {extends: a, image: x}\n')).toMatch(
    /^stack\.yml:\d+:\d+: .*circle/,
  );
});
