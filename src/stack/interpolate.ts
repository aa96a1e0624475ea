/**
 * Variables in a stack file: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`,
 * `${NAME?message}`, `$$` for a dollar. As `docker stack deploy` has it, except that an operator counts only inside
 * braces and is read directly after the name, where docker's pattern misreads `$A-$B` and `${X:?must-set}`.
 */

import type { Problem } from '../errors.js';
import type { Path, Source } from './source.js';

export interface Interpolated {
  value: unknown;
  /** paths (joined by NUL) whose text came out of a substitution, where numbers and booleans may be text */
  substituted: ReadonlySet<string>;
  /** names that were asked for without a default and are not set */
  unset: ReadonlySet<string>;
  problems: Problem[];
}

export function interpolate(source: Source, env: Readonly<Record<string, string | undefined>>): Interpolated {
  const substituted = new Set<string>();
  const unset = new Set<string>();
  const problems: Problem[] = [];

  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') {
      if (!value.includes('$')) return value;
      const result = substitute(value, env, unset);
      if ('problem' in result) {
        problems.push({
          place: source.place(path),
          ...result.problem,
          message: `${path.join('.')}: ${result.problem.message}`,
        });
        return value;
      }
      substituted.add(pathKey(path));
      return result.text;
    }
    if (Array.isArray(value)) return value.map((item: unknown, index) => walk(item, [...path, index]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]),
      );
    }
    return value;
  };

  return { value: walk(source.value, []), substituted, unset, problems };
}

export function pathKey(path: Path): string {
  return path.join('\0');
}

const VARIABLE = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?])([^}]*))?\}|)/g;

type Substitution = { text: string } | { problem: { message: string; hint: string } };

function substitute(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  unset: Set<string>,
): Substitution {
  const problems: { message: string; hint: string }[] = [];
  const result = text.replace(
    VARIABLE,
    (
      whole: string,
      dollar?: string,
      bare?: string,
      braced?: string,
      operator?: string,
      given?: string,
    ): string => {
      const operand = given ?? '';
      if (dollar !== undefined) return '$';
      const name = bare ?? braced;
      if (name === undefined) {
        problems.push({
          message: `invalid interpolation format: "${text}"`,
          hint: 'Write ${NAME}, or $$ for a dollar sign that should stay.',
        });
        return whole;
      }
      if (operand.includes('${')) {
        problems.push({
          message: `a default cannot hold another variable: "${text}"`,
          hint: 'Write the default out, or set the variable in the environment.',
        });
        return whole;
      }
      const value = env[name];
      const missing = value === undefined || (value === '' && operator?.startsWith(':') === true);
      if (!missing) return value;
      if (operator?.endsWith('-') === true) return operand;
      if (operator?.endsWith('?') === true) {
        problems.push({
          message: `required variable ${name} is missing a value${operand === '' ? '' : `: ${operand}`}`,
          hint: `Set it in the environment: export ${name}=…`,
        });
        return whole;
      }
      unset.add(name);
      return '';
    },
  );
  const [problem] = problems;
  return problem === undefined ? { text: result } : { problem };
}
