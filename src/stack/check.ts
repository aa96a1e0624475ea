/** Small checks that combine into the shape of a Compose file. A check reports what is wrong and where, and goes on. */

import type { Problem } from '../errors.js';
import { didYouMean, parseDurationNs, parseSizeBytes } from '../text.js';
import type { Path, Source } from './source.js';
import { pathKey, setOwn } from './tree.js';

export interface Warning {
  place: string;
  text: string;
}

export interface CheckingOptions {
  /** refuse whatever the Compose format of the file's version does not know, as docker does */
  strict?: boolean;
  /** the N of Compose 3.N, by which strictness goes */
  minor?: number;
}

/** The newest Compose format that docker knows: 3.13. */
export const NEWEST_MINOR = 13;

export class Checking {
  readonly problems: Problem[] = [];
  /** each text once, with the first place where it applies */
  readonly warnings: Warning[] = [];
  readonly strict: boolean;
  readonly minor: number;

  constructor(
    private readonly source: Pick<Source, 'place'>,
    private readonly substituted: ReadonlySet<string>,
    { strict = false, minor = NEWEST_MINOR }: CheckingOptions = {},
  ) {
    this.strict = strict;
    this.minor = minor;
  }

  report(path: Path, message: string, hint?: string): undefined {
    this.problems.push({
      place: this.source.place(path),
      message: path.length === 0 ? message : `${path.join('.')}: ${message}`,
      ...(hint !== undefined && { hint }),
    });
  }

  warn(path: Path, text: string): void {
    if (this.warnings.some((warning) => warning.text === text)) return;
    this.warnings.push({ place: this.source.place(path), text });
  }

  /** For a form whose meaning is clear although the format has it otherwise. @returns whether it may be taken */
  tolerate(path: Path, expected: string, got: unknown): boolean {
    if (!this.strict) return true;
    this.report(path, `must be ${expected}, got ${show(got)}`, WITHOUT_STRICT);
    return false;
  }

  inOneFile(...paths: readonly [Path, Path]): boolean {
    const [one, other] = paths.map((path) => this.source.place(path).replace(/:\d+:\d+$/, ''));
    return one === other;
  }

  /** Text that came out of a variable may stand for a number or a boolean. */
  wasSubstituted(path: Path): boolean {
    return this.substituted.has(pathKey(path));
  }
}

const WITHOUT_STRICT = 'Without --strict it is taken.';

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
    : checking.report(
        path,
        `must be text, got ${show(value)}`,
        typeof value === 'number' || typeof value === 'boolean' ? `Quote it: "${value}"` : undefined,
      );

/** Text, for which a number or boolean without quotes stands too. */
export const anyText: Check<string> = (value, path, checking) => {
  if (typeof value !== 'number' && typeof value !== 'boolean') return text(value, path, checking);
  return checking.tolerate(path, 'text', value) ? textOf(value) : undefined;
};

export const scalarText: Check<string> = (value, path, checking) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return textOf(value);
  if (typeof value === 'boolean')
    return checking.tolerate(path, 'text or a number', value) ? textOf(value) : undefined;
  return checking.report(path, `must be text or a number, got ${show(value)}`);
};

/** A number as Go prints it: a fraction with an exponent from six digits before the point, or below 0.0001. */
function textOf(value: number | boolean): string {
  if (typeof value === 'boolean' || Number.isInteger(value)) return String(value);
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Words for true and false that docker takes out of a variable. */
const SPOKEN: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  on: true,
  false: false,
  no: false,
  n: false,
  off: false,
};

const FROM_VARIABLE = 'The value comes from a variable: look at what it is set to.';

export const flag: Check<boolean> = (value, path, checking) => {
  if (typeof value === 'boolean') return value;
  const spoken =
    typeof value === 'string' && checking.wasSubstituted(path) ? SPOKEN[value.toLowerCase()] : undefined;
  if (spoken !== undefined) return spoken;
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
  (typeof value === 'string' ? parseDurationNs(value.replace(/^\+/, '')) : null) ??
  checking.report(
    path,
    `must be a duration, got ${show(value)}`,
    'Write it with a unit: "500ms", "30s", "1m30s".',
  );

/** Bytes. */
export const size: Check<number> = (value, path, checking) => {
  if (typeof value === 'number' && !checking.tolerate(path, 'text', value)) return undefined;
  return (
    (typeof value === 'string' || typeof value === 'number' ? parseSizeBytes(String(value)) : null) ??
    checking.report(path, `must be a size, got ${show(value)}`, 'Write it with a unit: "64M", "1G".')
  );
};

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

/** A list in which nothing may stand twice, though two files may say the same. */
export function setOf<T>(item: Check<T>): Check<T[]> {
  const list = listOf(item);
  return (value, path, checking) => {
    const seen = new Map<string, Path>();
    for (const [index, entry] of Array.isArray(value) ? value.entries() : []) {
      const written = JSON.stringify(entry);
      const at = [...path, index];
      const earlier = seen.get(written);
      if (earlier !== undefined && checking.inOneFile(earlier, at)) {
        checking.report(at, `${show(entry)} is in this list already`, 'Remove one of the two.');
      }
      seen.set(written, at);
    }
    return list(value, path, checking);
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
      if (checked !== undefined) setOwn(result, key, checked);
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
  /** keys Compose knows that are not to be had in a Swarm: key -> what to do instead */
  refused?: Readonly<Record<string, string>>;
  /** keys that are read over, with a warning; a text says more than that */
  ignored?: Readonly<Record<string, string | true>>;
  /** what ignored keys must hold, where strictness asks */
  strictly?: Readonly<Record<string, Check<unknown>>>;
  /** in which Compose 3.N a key came, where that is not 3.0; null for keys that only newer formats know */
  since?: Readonly<Record<string, number | null>>;
  /** keys that may be empty (null) also when strict */
  nullable?: readonly string[];
  /** whether docker reads over keys that it does not know here */
  open?: boolean;
  /** in which Compose 3.N keys that begin with x- came; null where docker's formats have none */
  extensions?: number | null;
}

export function object<S extends Shape>(shape: S, rules: ObjectRules = {}): Check<ShapeValue<S>> {
  const { ignored = {}, refused = {}, strictly = {}, since = {}, nullable = [], extensions = null } = rules;
  const known = [...Object.keys(shape), ...Object.keys(ignored)];
  return (value, path, checking) => {
    if (!isRecord(value)) return notMapping(value, path, checking);
    const result: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      const at = [...path, key];
      const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (check === undefined && key.startsWith('x-')) {
        if (rules.open !== true) isKnownBy(checking, at, extensions);
      } else if (check !== undefined || Object.hasOwn(ignored, key)) {
        if (!isKnownBy(checking, at, Object.hasOwn(since, key) ? since[key] : 0)) continue;
        if (check === undefined) {
          const more = ignored[key];
          if (checking.strict && Object.hasOwn(strictly, key)) strictly[key]?.(entry, at, checking);
          checking.warn(
            at,
            `"${key}" has no effect in a Swarm${typeof more === 'string' ? `: ${more}` : ''}`,
          );
        } else if (entry !== null) {
          const checked = check(entry, at, checking);
          if (checked !== undefined) result[key] = checked;
        } else if (checking.strict && !nullable.includes(key)) {
          checking.report(at, 'is empty', 'Write a value, or remove the key.');
        }
      } else if (Object.hasOwn(refused, key)) {
        checking.report(at, 'is not supported in a Swarm', refused[key]);
      } else if (rules.open === true) {
        checking.warn(at, `"${key}" has no effect in a Swarm`);
      } else {
        checking.report(at, 'unknown key', didYouMean(key, known) ?? ELSEWHERE);
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

const ELSEWHERE = 'Look whether it belongs to another level, or begin it with "x-" for a note of your own.';

function isKnownBy(checking: Checking, path: Path, since: number | null | undefined): boolean {
  if (!checking.strict || (since !== null && (since ?? 0) <= checking.minor)) return true;
  checking.report(
    path,
    since === null ? 'unknown key in Compose 3' : `unknown key in Compose 3.${checking.minor}`,
    since === null ? WITHOUT_STRICT : `Write version: "3.${since}" or later. ${WITHOUT_STRICT}`,
  );
  return false;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
