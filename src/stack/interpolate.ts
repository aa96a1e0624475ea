/**
 * Variables in a stack file: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`,
 * `${NAME?message}`, `${NAME:+instead}`, `${NAME+instead}`, `$$` for a dollar. Operators count only inside braces and are
 * read directly after the name, where docker's pattern misreads `$A-$B` and `${X:?must-set}`. As in Compose, what
 * follows an operator may hold variables itself; strictly, neither that nor `+` is there.
 */

import type { Problem } from '../errors.js';
import { isMapTree, mapEntries, mapItems, placeOf, type Tree } from './tree.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a variable is set to. A name that every object knows, as `constructor`, is not set by that. */
export function valueIn(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

export interface Interpolated {
  tree: Tree;
  /** names that were asked for without a default and are not set -> the first place where */
  unset: ReadonlyMap<string, string>;
  problems: Problem[];
}

export interface InterpolateOptions {
  env: Environment;
  /** only what docker knows */
  strict?: boolean;
}

/** Replaces variables in every text, not in keys. */
export function interpolate(root: Tree, { env, strict = false }: InterpolateOptions): Interpolated {
  const unset = new Map<string, string>();
  const problems: Problem[] = [];
  const done = new Map<Tree['content'], Tree['content']>();

  const path: (string | number)[] = [];
  const below = (tree: Tree, key: string | number): Tree => {
    path.push(key);
    const changed = walk(tree);
    path.pop();
    return changed;
  };
  const walk = (tree: Tree): Tree => {
    const { content } = tree;
    if (typeof content === 'string') return content.includes('$') ? replaced(tree, content) : tree;
    if (content === null || typeof content !== 'object') return tree;
    // What aliases share is looked at once.
    const before = done.get(content);
    const changed = before ?? (isMapTree(tree) ? mapEntries(tree, below) : mapItems(tree, below)).content;
    done.set(content, changed);
    return changed === content ? tree : { ...tree, content: changed };
  };
  const replaced = (tree: Tree, text: string): Tree => {
    const onUnset = (name: string) => {
      if (!unset.has(name)) unset.set(name, placeOf(tree));
    };
    const lookUp = (name: string) => valueIn(env, name);
    const result = substitute(text, lookUp, { strict, onUnset });
    if ('text' in result) return { ...tree, content: result.text, substituted: true };
    problems.push({
      place: placeOf(tree),
      message: `${path.join('.')}: ${result.message}`,
      hint: result.hint,
    });
    return tree;
  };

  return { tree: walk(root), unset, problems };
}

export interface SubstituteOptions {
  strict?: boolean;
  /** called with a name that is not set and has no default */
  onUnset?: (name: string) => void;
}

/** One text with its variables replaced, or why that cannot be: `name` has no value, or (null) the text is wrong. */
export function substitute(
  text: string,
  lookUp: (name: string) => string | undefined,
  { strict = false, onUnset = () => undefined }: SubstituteOptions = {},
): { text: string } | { message: string; hint: string; name: string | null } {
  try {
    return { text: new Substitution(text, lookUp, strict, onUnset).run() };
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    return { message: error.message, hint: error.hint, name: error.variable };
  }
}

class Misread extends Error {
  constructor(
    message: string,
    readonly hint: string,
    readonly variable: string | null = null,
  ) {
    super(message);
  }
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;
/** Deeper is no default any more, but an attempt on the stack. */
const MOST_LEVELS = 20;

class Substitution {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly lookUp: (name: string) => string | undefined,
    private readonly strict: boolean,
    private readonly onUnset: (name: string) => void,
    private readonly level = 0,
  ) {}

  /** @throws Misread */
  run(): string {
    let result = '';
    for (;;) {
      const dollar = this.text.indexOf('$', this.at);
      if (dollar < 0) return result + this.text.slice(this.at);
      result += this.text.slice(this.at, dollar);
      this.at = dollar + 1;
      result += this.variable();
    }
  }

  /** What the text after a dollar stands for. */
  private variable(): string {
    if (this.takeText('$')) return '$';
    if (!this.takeText('{')) return this.value(this.take(NAME) ?? this.fail(), '', '');
    const name = this.take(NAME) ?? this.fail();
    const operator = this.take(OPERATOR) ?? '';
    const operand = operator === '' ? '' : this.operand();
    if (!this.takeText('}')) this.fail();
    if (this.strict && operator.endsWith('+')) this.fail();
    if (this.strict && operand.includes('${')) {
      throw new Misread(
        `a default cannot hold another variable: "${this.text}"`,
        'Write the default out, or set the variable in the environment.',
      );
    }
    return this.value(name, operator, operand);
  }

  private value(name: string, operator: string, operand: string): string {
    const value = this.lookUp(name);
    const missing = value === undefined || (value === '' && operator.startsWith(':'));
    if (operator.endsWith('+')) return missing ? '' : this.nested(operand);
    if (!missing) return value;
    if (operator.endsWith('-')) return this.nested(operand);
    if (operator.endsWith('?')) {
      const message = this.nested(operand);
      throw new Misread(
        `required variable ${name} is missing a value${message === '' ? '' : `: ${message}`}`,
        `Set it in the environment: export ${name}=…`,
        name,
      );
    }
    this.onUnset(name);
    return '';
  }

  /** Up to the brace that closes this variable, past those that close variables within. */
  private operand(): string {
    const start = this.at;
    let open = 0;
    for (; this.at < this.text.length; this.at++) {
      if (this.text.startsWith('${', this.at)) open++;
      else if (this.text.charAt(this.at) === '}' && (open === 0 || open-- === 0)) break;
    }
    return this.text.slice(start, this.at);
  }

  private nested(operand: string): string {
    if (this.strict || !operand.includes('${')) return operand;
    if (this.level === MOST_LEVELS) this.fail();
    return new Substitution(operand, this.lookUp, this.strict, this.onUnset, this.level + 1).run();
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    this.at += found?.length ?? 0;
    return found;
  }

  private takeText(text: string): boolean {
    const there = this.text.startsWith(text, this.at);
    if (there) this.at += text.length;
    return there;
  }

  private fail(): never {
    throw new Misread(
      `invalid interpolation format: "${this.text}"`,
      'Write ${NAME}, or $$ for a dollar sign that should stay.',
    );
  }
}
