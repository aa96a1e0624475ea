/**
 * Files of variables for stack files (`--env-file`), as docker compose reads them: `KEY=value`, an `export` before it,
 * comments, values in single quotes (as they are) or double quotes (escapes, several lines), and variables in what is
 * not in single quotes.
 */

import { UserError } from '../errors.js';
import { substitute, valueIn, type Environment } from './interpolate.js';
import type { SourceText } from './source.js';

const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(=[ \t]*|(?=\r?\n|$|#))/y;
const SINGLE = /'([^']*)'/y;
const DOUBLE = /"((?:[^"\\]|\\[^])*)"/y;
const REST_OF_LINE = /[^\r\n]*/y;
const BLANK_LINE = /[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$)/y;

/**
 * @param env what variables in values stand for, before what the file itself has said
 * @throws UserError with the line that cannot be read
 */
export function parseDotenv({ name, text }: SourceText, env: Environment): Record<string, string> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  const whole = text.replace(/^\uFEFF/, '');
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(whole);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const fail = (message: string, hint: string): never => {
    const line = whole.slice(0, at).split('\n').length;
    throw new UserError(message, { place: `${name}:${line}:1`, hint });
  };
  const expand = (key: string, value: string): string => {
    const known = (name: string) => valueIn(env, name) ?? values[name];
    const result = substitute(value, known);
    if ('text' in result) return result.text;
    // The value may be a secret: it is not shown.
    return result.name === null
      ? fail(`${key}: a "$" in its value begins no variable`, 'Put the value in single quotes.')
      : fail(`${key}: ${result.message}`, result.hint);
  };
  while (at < whole.length) {
    if (take(BLANK_LINE) !== null) continue;
    const [, key = '', equals = ''] =
      take(ASSIGNMENT) ?? fail('this line is no KEY=value', 'Write KEY=value, or begin a comment with "#".');
    const single = equals === '' ? null : take(SINGLE);
    const double = equals === '' || single !== null ? null : take(DOUBLE);
    if (single !== null || double !== null) {
      values[key] = single?.[1] ?? expand(key, unescape(double?.[1] ?? ''));
      if (take(BLANK_LINE) === null) fail(`more follows the closing quote of ${key}`, 'End the line there.');
      continue;
    }
    const [rest = ''] = take(REST_OF_LINE) ?? [];
    if (/^["']/.test(rest)) fail(`the quote of ${key} is never closed`, 'Close it.');
    take(BLANK_LINE);
    // A name alone stands for what the process has, which is looked at before all files anyway.
    if (equals !== '') values[key] = expand(key, rest.replace(/(^|[ \t])#.*$/, '').trim());
  }
  return { ...values };
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

function unescape(text: string): string {
  // An escaped dollar stays one when variables are looked for.
  return text.replace(/\\([^])/g, (_, char: string) =>
    char === '$' ? '$$' : (ESCAPES[char] ?? (/["\\]/.test(char) ? char : `\\${char}`)),
  );
}
