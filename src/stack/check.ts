/** Small checks that combine into the shape of a Compose file. A check reports what is wrong and where, and goes on. */

import type { Problem } from '../errors.js';
import { didYouMean, parseDurationNs, parseSizeBytes } from '../text.js';
import { pathKey } from './interpolate.js';
import type { Path, Source } from './source.js';

export class Checking {
  readonly problems: Problem[] = [];

  constructor(
    private readonly source: Source,
    private readonly substituted: ReadonlySet<string>,
  ) {}

  report(path: Path, message: string, hint?: string): undefined {
    this.problems.push({
      place: this.source.place(path),
      message: path.length === 0 ? message : `${path.join('.')}: ${message}`,
      ...(hint !== undefined && { hint }),
    });
  }

  /** Text that came out of a variable may stand for a number or a boolean. */
  wasSubstituted(path: Path): boolean {
    return this.substituted.has(pathKey(path));
  }
}

/** Undefined means: not usable, and reported. */
export type Check<T> = (value: unknown, path: Path, checking: Checking) => T | undefined;

export type Checked<C> = C extends Check<infer T> ? T : never;

export const show = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? String(value) : text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

export const text: Check<string> = (value, path, checking) =>
  typeof value === 'string'
    ? value
    : checking.report(path, `must be text, got ${show(value)}`, `Quote it: "${String(value)}"`);

export const scalarText: Check<string> = (value, path, checking) =>
  typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : checking.report(
        path,
        `must be text or a number, got ${show(value)}`,
        typeof value === 'boolean' ? `Quote it: "${value}"` : undefined,
      );

const FROM_VARIABLE = 'The value comes from a variable: look at what it is set to.';

export const flag: Check<boolean> = (value, path, checking) => {
  if (typeof value === 'boolean') return value;
  if (checking.wasSubstituted(path) && (value === 'true' || value === 'false')) return value === 'true';
  return checking.report(
    path,
    `must be true or false, got ${show(value)}`,
    checking.wasSubstituted(path) ? FROM_VARIABLE : 'Write it without quotes: true or false.',
  );
};

export function wholeNumber(least = 0, most = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value, path, checking) => {
    const number =
      typeof value === 'string' && checking.wasSubstituted(path) && /^[-+]?\d+$/.test(value)
        ? Number(value)
        : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) {
      return checking.report(
        path,
        `must be a whole number, got ${show(value)}`,
        checking.wasSubstituted(path) ? FROM_VARIABLE : 'Write digits without quotes: 2, for example.',
      );
    }
    if (number < least || number > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
      return checking.report(path, `must be ${range}, got ${number}`);
    }
    return number;
  };
}

export const anyNumber: Check<number> = (value, path, checking) => {
  const number =
    typeof value === 'string' && checking.wasSubstituted(path) && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number)
    ? number
    : checking.report(path, `must be a number, got ${show(value)}`);
};

/** Nanoseconds. */
export const duration: Check<number> = (value, path, checking) =>
  (typeof value === 'string' ? parseDurationNs(value) : null) ??
  checking.report(
    path,
    `must be a duration, got ${show(value)}`,
    'Write it with a unit: "500ms", "30s", "1m30s".',
  );

/** Bytes. */
export const size: Check<number> = (value, path, checking) =>
  (typeof value === 'string' || typeof value === 'number' ? parseSizeBytes(String(value)) : null) ??
  checking.report(path, `must be a size, got ${show(value)}`, 'Write it with a unit: "64M", "1G".');

export function oneOf<const T extends string>(...choices: T[]): Check<T> {
  return (value, path, checking) =>
    choices.find((choice) => choice === value) ??
    checking.report(
      path,
      `must be one of ${choices.join(', ')}, got ${show(value)}`,
      typeof value === 'string' ? didYouMean(value, choices) : undefined,
    );
}

export function listOf<T>(item: Check<T>): Check<T[]> {
  return (value, path, checking) => {
    if (!Array.isArray(value)) {
      return checking.report(
        path,
        `must be a list, got ${show(value)}`,
        'Put each entry on a line with "- ".',
      );
    }
    return value.flatMap((entry, index) => {
      const checked = item(entry, [...path, index], checking);
      return checked === undefined ? [] : [checked];
    });
  };
}

function notMapping(value: unknown, path: Path, checking: Checking): undefined {
  return checking.report(
    path,
    `must be a mapping, got ${show(value)}`,
    'Put "key: value" on lines below it.',
  );
}

export function mapOf<T>(item: Check<T>): Check<Record<string, T>> {
  return (value, path, checking) => {
    if (!isRecord(value)) return notMapping(value, path, checking);
    const result: Record<string, T> = {};
    for (const [key, entry] of Object.entries(value)) {
      const checked = item(entry, [...path, key], checking);
      if (checked !== undefined) result[key] = checked;
    }
    return result;
  };
}

/** Tries no alternatives by trial: `pick` decides by the value's form, so that the message fits what was meant. */
export function by<T>(pick: (value: unknown) => Check<T>): Check<T> {
  return (value, path, checking) => pick(value)(value, path, checking);
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value, path, checking) => (value === null ? null : check(value, path, checking));
}

type Shape = Record<string, Check<unknown>>;
type ShapeValue<S extends Shape> = { [K in keyof S]?: Checked<S[K]> };

export interface ObjectRules {
  required?: readonly string[];
  /** keys Compose knows that do nothing, or are not to be had, in a Swarm: key -> what to do instead */
  refused?: Readonly<Record<string, string>>;
  /** keys without effect in a Swarm, warned about by whoever reads the result */
  ignored?: readonly string[];
}

export function object<S extends Shape>(shape: S, rules: ObjectRules = {}): Check<ShapeValue<S>> {
  const known = [...Object.keys(shape), ...(rules.ignored ?? [])];
  return (value, path, checking) => {
    if (!isRecord(value)) return notMapping(value, path, checking);
    const result: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      if (key.startsWith('x-') && !(key in shape)) continue;
      const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (check !== undefined) {
        if (entry === null) continue;
        const checked = check(entry, [...path, key], checking);
        if (checked !== undefined) result[key] = checked;
      } else if (rules.refused !== undefined && Object.hasOwn(rules.refused, key)) {
        checking.report([...path, key], 'is not supported in a Swarm', rules.refused[key]);
      } else if (!known.includes(key)) {
        checking.report([...path, key], 'unknown key', didYouMean(key, known));
      }
    }
    for (const key of rules.required ?? []) {
      if (value[key] === undefined || value[key] === null) {
        checking.report(path, `"${key}" is missing`, `Add "${key}:" here.`);
      }
    }
    return result as ShapeValue<S>;
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
