/**
 * Unquoted YAML scalars as docker reads them, and as it prints them where a number or a date stands for text.
 * Source: gopkg.in/yaml.v3 resolve.go; Go strconv.ParseInt with base 0; fmt's %v of a float64 and a time.Time.
 */

import type { Scalar } from './tree.js';

export interface GoScalar {
  kind: 'text' | 'number' | 'boolean' | 'null' | 'date';
  value: Scalar;
  /** as it reads where text is wanted */
  text: string;
}

const WORDS = new Map<string, GoScalar>([
  ...['true', 'True', 'TRUE'].map((word) => [word, scalar('boolean', true, 'true')] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, scalar('boolean', false, 'false')] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, scalar('null', null, '')] as const),
]);

const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** Whether it is sure to be text: neither a word with a meaning nor what begins like a number. */
export function isPlainText(source: string): boolean {
  return !WORDS.has(source) && !/^[-+.0-9]/.test(source);
}

export function goScalar(source: string): GoScalar {
  const word = WORDS.get(source);
  if (word !== undefined) return word;
  const first = source.charAt(0);
  if (first === '.') return (FLOAT.test(source) ? floatOf(source) : null) ?? scalar('text', source, source);
  if (!/[-+0-9]/.test(first)) return scalar('text', source, source);
  const date = goDate(source);
  if (date !== null) return scalar('date', source, date);
  const plain = source.replaceAll('_', '');
  return integerOf(plain) ?? (FLOAT.test(plain) ? floatOf(plain) : null) ?? scalar('text', source, source);
}

function scalar(kind: GoScalar['kind'], value: Scalar, text: string): GoScalar {
  return { kind, value, text };
}

const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n;

function integerOf(plain: string): GoScalar | null {
  const match = INTEGER.exec(plain);
  if (match === null) return null;
  const [, sign, hex, binary, octal, decimal] = match;
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : (decimal ?? '0');
  const value = sign === '-' ? -BigInt(digits) : BigInt(digits);
  return value < LEAST || value >= MOST ? null : scalar('number', Number(value), value.toString());
}

function floatOf(plain: string): GoScalar | null {
  const value = Number(plain);
  return Number.isFinite(value) ? scalar('number', value, goFloat(value)) : null;
}

/** The shortest digits that give the number back; with an exponent below 1e-4 and from 1e6. */
export function goFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  // Within these bounds JavaScript prints without an exponent too.
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const DATE =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2}))|(?: +(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?))?$/;

/** As Go prints the time that this text means; null where it means none. */
function goDate(source: string): string | null {
  const match = DATE.exec(source);
  if (match === null) return null;
  const [, year = '', month = '', day = '', ...rest] = match;
  const [hour = '0', minute = '0', second = '0', part = ''] = rest[0] === undefined ? rest.slice(5) : rest;
  const zone = rest[4] ?? 'Z';
  const [m, d] = [Number(month), Number(day)];
  if (m < 1 || m > 12 || d < 1 || d > daysIn(Number(year), m)) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const two = (text: string) => text.padStart(2, '0');
  const decimals = part.slice(0, 9).replace(/0+$/, '');
  const offset = zone.replace(':', '');
  const zoneText = /^(?:Z|[-+]0000)$/.test(offset) ? '+0000 UTC' : `${offset} ${offset}`;
  const time = `${two(hour)}:${two(minute)}:${two(second)}${decimals === '' ? '' : `.${decimals}`}`;
  return `${year}-${two(month)}-${two(day)} ${time} ${zoneText}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
