import { describe, expect, it } from 'vitest';
import { shellWords } from './shell-words.js';

describe('a command line', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['node server.js', ['node', 'server.js']],
    ['a\t b\n c', ['a', 'b', 'c']],
    [`sh -c 'echo "$HOME"'`, ['sh', '-c', 'echo "$HOME"']],
    [`say "two words" 'and three words'`, ['say', 'two words', 'and three words']],
    [`a"b c"d`, ['ab cd']],
    [`x '' ""`, ['x', '', '']],
    [String.raw`a\ b c\"d`, ['a b', 'c"d']],
    [String.raw`"a\"b" 'a\b'`, ['a"b', String.raw`a\b`]],
    ['run # a comment\nnow', ['run', 'now']],
    ['run a#b', ['run', 'a#b']],
  ])('%j must be split as a shell splits it', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it.each([`say "hello`, `say 'hello`, `it's`])('%j must be refused: its quote is never closed', (line) => {
    expect(shellWords(line)).toBeNull();
  });
});
