/** What the YAML parser finds wrong, in words for somebody who writes stack files and not YAML parsers. */

import type { YAMLError } from 'yaml';

interface Words {
  message: string;
  hint: string;
}

const WORDS: Partial<Record<YAMLError['code'], Partial<Words>>> = {
  TAB_AS_INDENT: { message: 'a tab indents this line', hint: 'Indent with blanks.' },
  BAD_INDENT: { hint: 'Give the keys of one mapping, and the entries of one list, the same indentation.' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second ": " in one line',
    hint: 'Quote the text if the colon belongs to it.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key goes on over several lines',
    hint: 'Look for a missing colon, a missing quote or a wrong indentation here and above.',
  },
  BAD_SCALAR_START: { hint: 'Quote the text.' },
  BAD_DQ_ESCAPE: { hint: 'Write \\\\ for a backslash, or put the text in single quotes.' },
};

const BY_MESSAGE: readonly [RegExp, Words][] = [
  [
    /^Missing closing ["']quote/,
    { message: 'a quote is never closed', hint: 'Close it; it may stand some lines above this place.' },
  ],
  [
    /^Flow (?:sequence|map) .* end with a ([\]}])/,
    { message: 'a bracket is never closed, or what is in it not indented', hint: 'Close it with $1.' },
  ],
  [
    /^Implicit map keys need to be followed by map values/,
    { message: 'a key without a colon', hint: 'Write "key: value", or "- " before an entry of a list.' },
  ],
];

/** @param error as the parser throws it, with the place in its first line */
export function wordsFor({ code, message }: YAMLError): Words {
  const plain = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  for (const [pattern, words] of BY_MESSAGE) {
    const match = pattern.exec(plain);
    if (match !== null) return { ...words, hint: words.hint.replace('$1', match[1] ?? '') };
  }
  const lower = plain.charAt(0).toLowerCase() + plain.slice(1);
  return { message: lower, hint: 'Mend the YAML at this place.', ...WORDS[code] };
}
