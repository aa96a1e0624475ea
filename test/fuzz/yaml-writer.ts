/**
 * Writes values as YAML in all the ways that people do: blocks and flow, quoted and plain, with anchors, aliases and
 * merges. Not every text that comes out is valid: an alias may stand before its anchor, or within it.
 */

import type { Dice } from './dice.js';

/** Text that goes into the file as it is: `0755`, `*anchor`, `!!binary aGk=`. */
export class Raw {
  constructor(readonly text: string) {}
}

export interface Habits {
  /** how likely a collection is written on one line */
  flow: number;
  /** how likely a collection gets an anchor, and is taken up again further down */
  anchors: number;
}

const PLAIN = /^[A-Za-z_./][\w./-]*$/;
const NOT_TEXT_WHEN_PLAIN = /^(?:true|false|yes|no|on|off|null|y|n|\.nan|\.inf|~)$/i;

export function writeYaml(value: unknown, dice: Dice, habits: Habits): string {
  const anchors: string[] = [];

  const scalar = (one: unknown): string => {
    if (one instanceof Raw) return one.text;
    if (typeof one !== 'string') return one === null && dice.chance(0.5) ? '' : String(one);
    if (PLAIN.test(one) && !NOT_TEXT_WHEN_PLAIN.test(one) && dice.chance(0.8)) return one;
    if (dice.chance(0.3) && !/[\n\r\0-\x1f\x7f\u2028\u2029]/.test(one))
      return `'${one.replaceAll("'", "''")}'`;
    return JSON.stringify(one);
  };

  const flow = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(flow).join(', ')}]`;
    if (!isMapping(one)) return scalar(one);
    return `{${Object.entries(one)
      .map(([key, item]) => `${scalar(key)}: ${flow(item)}`)
      .join(', ')}}`;
  };

  const anchor = (): string => {
    if (!dice.chance(habits.anchors)) return '';
    const name = `a${anchors.length}`;
    anchors.push(name);
    return ` &${name}`;
  };

  /** What stands behind `key:` or `-`. */
  const block = (one: unknown, indent: string): string => {
    const isList = Array.isArray(one);
    if (!isList && !isMapping(one)) return ` ${scalar(one)}`;
    if (anchors.length > 0 && dice.chance(habits.anchors / 2)) return ` *${dice.pick(anchors)}`;
    const name = anchor();
    if ((isList ? one.length : Object.keys(one).length) === 0 || dice.chance(habits.flow)) {
      return `${name} ${flow(one)}`;
    }
    if (isList) return name + one.map((item) => `\n${indent}-${block(item, `${indent}  `)}`).join('');
    const merge =
      anchors.length > 0 && dice.chance(habits.anchors) ? `\n${indent}<<: *${dice.pick(anchors)}` : '';
    return name + merge + members(one, indent);
  };

  const members = (one: Record<string, unknown>, indent: string): string =>
    Object.entries(one)
      .map(([key, item]) => `\n${indent}${scalar(key)}:${block(item, `${indent}  `)}`)
      .join('');

  return isMapping(value) ? `${members(value, '').slice(1)}\n` : `${block(value, '').trimStart()}\n`;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Raw);
}

/** A copy to change: what is put in twice would otherwise change twice, or hold itself. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) as T;
}
