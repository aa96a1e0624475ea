import { describe, expect, it } from 'vitest';
import { interpolate } from './interpolate.js';
import { parseSource } from './source.js';
import { substitutedPaths, toValue } from './tree.js';

const ENV = { A: 'x', B: 'y', EMPTY: '', N: '5' };

/** What one text becomes. */
function result(text: string, strict = false) {
  const source = parseSource({ name: 'stack.yml', text: `it: ${JSON.stringify(text)}\n` });
  const { tree, problems, unset } = interpolate(source.tree, { env: ENV, strict });
  return {
    text: (toValue(tree) as { it: string }).it,
    problems: problems.map(({ message }) => message),
    unset: [...unset.keys()],
    substituted: [...substitutedPaths(tree)],
  };
}

describe('variables', () => {
  it.each([
    ['plain', 'plain'],
    ['$A', 'x'],
    ['${A}', 'x'],
    ['$A-$B', 'x-y'],
    ['$A:-$B', 'x:-y'],
    ['${A}${B}', 'xy'],
    ['a$Ab', 'a'],
    ['$$A', '$A'],
    ['$$$A', '$x'],
    ['$${A}', '${A}'],
    ['${MISSING:-default}', 'default'],
    ['${MISSING-default}', 'default'],
    ['${EMPTY:-default}', 'default'],
    ['${EMPTY-default}', ''],
    ['${A:-default}', 'x'],
    ['${MISSING:-}', ''],
    ['${MISSING:-a:b-c?d}', 'a:b-c?d'],
    ['${A:?must-set}', 'x'],
    ['${EMPTY?must-set}', ''],
    ['${MISSING}', ''],
    ['http://$A:8080/$B?q=1', 'http://x:8080/y?q=1'],
    ['${MISSING:-${A}}', 'x'],
    ['${MISSING:-${OTHER:-${B}}z}', 'yz'],
    ['${A:-${1}}', 'x'],
    ['${MISSING:-{"a": "$$"}', '{"a": "$$"'],
    ['${A:+set}', 'set'],
    ['${EMPTY:+set}', ''],
    ['${EMPTY+set}', 'set'],
    ['${MISSING+set}', ''],
    ['${constructor:-none}', 'none'],
  ])('%s must become "%s"', (text, expected) => {
    const { text: got, problems } = result(text);
    expect(problems).toEqual([]);
    expect(got).toBe(expected);
  });

  it.each([
    ['${MISSING:?must-set}', 'it: required variable MISSING is missing a value: must-set'],
    ['${MISSING?}', 'it: required variable MISSING is missing a value'],
    ['${EMPTY:?is empty}', 'it: required variable EMPTY is missing a value: is empty'],
    ['${A', 'it: invalid interpolation format: "${A"'],
    ['${}', 'it: invalid interpolation format: "${}"'],
    ['${1A}', 'it: invalid interpolation format: "${1A}"'],
    ['costs 5$', 'it: invalid interpolation format: "costs 5$"'],
    ['${MISSING:-${A}', 'it: invalid interpolation format: "${MISSING:-${A}"'],
    ['${MISSING:-${1}}', 'it: invalid interpolation format: "${1}"'],
    ['${A:=x}', 'it: invalid interpolation format: "${A:=x}"'],
    ['${MISSING:?say ${B}}', 'it: required variable MISSING is missing a value: say y'],
    ['$1', 'it: invalid interpolation format: "$1"'],
  ])('%s must be refused', (text, problem) => {
    expect(result(text).problems).toEqual([problem]);
  });

  it.each([
    ['${A:+x}', 'it: invalid interpolation format: "${A:+x}"'],
    ['${MISSING:-${A}}', 'it: a default cannot hold another variable: "${MISSING:-${A}}"'],
  ])('%s must be refused strictly', (text, problem) => {
    expect(result(text, true).problems).toEqual([problem]);
  });

  it('must be named when they are unset and have no default, and only then', () => {
    expect(result('$MISSING ${OTHER} ${THIRD:-x} $A ${EMPTY}').unset).toEqual(['MISSING', 'OTHER']);
  });

  it('must mark the texts that they made, and no others', () => {
    expect(result('$N').substituted).toEqual(['it']);
    expect(result('5').substituted).toEqual([]);
  });

  it('must be replaced in values at every depth, and never in keys', () => {
    const source = parseSource({ name: 'stack.yml', text: '$A: [{b: "$B"}, 7, null]\n' });
    expect(toValue(interpolate(source.tree, { env: ENV }).tree)).toEqual({ $A: [{ b: 'y' }, 7, null] });
  });

  it('must all be reported, each at its place', () => {
    const source = parseSource({ name: 'stack.yml', text: 'a: "${"\nb:\n  - "${X:?}"\n' });
    expect(
      interpolate(source.tree, { env: ENV }).problems.map(({ place, message }) => `${place} ${message}`),
    ).toEqual([
      'stack.yml:1:4 a: invalid interpolation format: "${"',
      'stack.yml:3:5 b.0: required variable X is missing a value',
    ]);
  });
});
