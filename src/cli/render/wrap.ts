/** Text that keeps within the width of a terminal. */

import { stripVTControlCharacters } from 'node:util';

/** Lines of at most `width` letters, those after the first behind `indent` spaces more. A word that is longer stays whole. */
export function wrap(text: string, width: number, indent = 0): string[] {
  if (visible(text) <= width) return [text];
  const begin = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = begin;
  for (const word of text.trimStart().split(' ')) {
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (visible(longer) <= width || line.trim() === '') line = longer;
    else {
      lines.push(line);
      line = `${begin}${' '.repeat(indent)}${word}`;
    }
  }
  return [...lines, line];
}

function visible(text: string): number {
  return stripVTControlCharacters(text).length;
}
