import { describe, expect, it } from 'vitest';
import { errorOf } from '../../test/support/errors.js';
import { parseDotenv } from './dotenv.js';

const parse = (text: string, env: Record<string, string> = {}) =>
  parseDotenv({ name: 'vars.env', text }, env);

describe('a file of variables', () => {
  it.each([
    ['A=1', { A: '1' }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# c\n\n  A = 1  # c\n', { A: '1' }],
    ['export A=1\n\texport B=2', { A: '1', B: '2' }],
    ['A=a#b', { A: 'a#b' }],
    ['A=', { A: '' }],
    ['A=#c', { A: '' }],
    ['A', {}],
    ["A='a # $B \\n'", { A: 'a # $B \\n' }],
    ['A="a # \\"b\\" \\t\\\\"  # c', { A: 'a # "b" \t\\' }],
    ['A="one\ntwo"\nB=2', { A: 'one\ntwo', B: '2' }],
    ['A=1\nB=${A}2\nC="${A:-x}$A"', { A: '1', B: '12', C: '11' }],
    ['A=${HOST}', { A: 'h' }],
    ['A="\\$HOST"', { A: '$HOST' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=a=b', { A: 'a=b' }],
  ])('%j must be read', (text, values) => {
    expect(parse(text, { HOST: 'h' })).toEqual(values);
  });

  it.each([
    ['A=1\nnot a line', 'vars.env:2:1: this line is no KEY=value'],
    ['=1', 'vars.env:1:1: this line is no KEY=value'],
    ['A="1', 'vars.env:1:1: the quote of A is never closed'],
    ["B=2\nA='1' x", 'vars.env:2:1: more follows the closing quote of A'],
    ['A=${', 'vars.env:1:1: A: a "$" in its value begins no variable'],
    ['A=${B:?say B}', 'vars.env:1:1: A: required variable B is missing a value: say B'],
  ])('%j must be refused', (text, message) => {
    const error = errorOf(() => parse(text));
    expect(`${error.place ?? ''}: ${error.message}`).toBe(message);
    expect(error.hint).toBeDefined();
  });
});
