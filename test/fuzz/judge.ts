/** Runs a case through loading and converting, and says what is wrong with how it ended. */

import { UserError, type Problem } from '../../src/errors.js';
import { convertStack } from '../../src/stack/convert.js';
import { loadStack } from '../../src/stack/load.js';
import { DIRECTORY, type Case } from './cases.js';

export type Verdict =
  | { end: 'specs' }
  | { end: 'refused'; problems: readonly Problem[] }
  | { end: 'fault'; what: string; error?: unknown };

const ENV: Readonly<Record<string, string>> = { TAG: 'nginx', NUMBER: '3', EMPTY: '', HOME: '/home/me' };
const KEYS_OF_ALL_OBJECTS = Reflect.ownKeys(Object.prototype).length;

export function judge(one: Case): Verdict {
  let verdict: Verdict;
  try {
    verdict = specsFault(run(one)) ?? { end: 'specs' };
  } catch (error) {
    verdict =
      error instanceof UserError
        ? judgeRefusal(one, error)
        : { end: 'fault', what: `threw ${error instanceof Error ? error.name : typeof error}`, error };
  }
  if (Reflect.ownKeys(Object.prototype).length !== KEYS_OF_ALL_OBJECTS) {
    for (const key of Reflect.ownKeys(Object.prototype).slice(KEYS_OF_ALL_OBJECTS)) {
      Reflect.deleteProperty(Object.prototype, key);
    }
    return { end: 'fault', what: 'polluted the prototype of all objects' };
  }
  return verdict;
}

function run({ sources, files, strict }: Case): unknown {
  const loaded = loadStack(sources, {
    env: ENV,
    strict,
    directory: DIRECTORY,
    readFile: (path) => files.get(path) ?? null,
    profiles: [],
  });
  const names = (objects: object | undefined) =>
    Object.fromEntries(Object.keys(objects ?? {}).map((key) => [key, `shop_${key}`]));
  const desired = convertStack(loaded, {
    stack: 'shop',
    resolvePath: (path) => path,
    secretNames: names(loaded.file.secrets),
    configNames: names(loaded.file.configs),
    env: ENV,
  });
  return { desired, warnings: loaded.warnings };
}

/** What the Engine could not be sent: JSON has no such numbers, and objects that inherit lose what they inherit. */
function specsFault(specs: unknown): Verdict | null {
  const fault = (what: string): Verdict => ({ end: 'fault', what });
  const seen = new Set<unknown>();
  const walk = (value: unknown, path: string): Verdict | null => {
    if (typeof value === 'number' && !Number.isFinite(value)) return fault(`${path} is ${value}`);
    if (typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value))
      return fault(`${path} is ${value}, which is not exact`);
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
      return fault(`${path} is a ${typeof value}`);
    if (typeof value !== 'object' || value === null) return null;
    if (seen.has(value)) return null;
    seen.add(value);
    const parent: unknown = Object.getPrototypeOf(value);
    if (!Array.isArray(value) && parent !== Object.prototype && parent !== null)
      return fault(`${path} inherits from something of the file`);
    for (const [key, item] of Object.entries(value)) {
      const found = walk(item, `${path}.${key}`);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(specs, '');
}

function judgeRefusal(one: Case, error: UserError): Verdict {
  const problems: Problem[] = [
    {
      place: error.place ?? '',
      message: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
    },
    ...error.others,
  ];
  if (one.flawless) return { end: 'fault', what: `refused a file that is right: ${error.message}`, error };
  for (const problem of problems) {
    const what = faultOf(problem, one);
    if (what !== null) return { end: 'fault', what, error };
  }
  return { end: 'refused', problems };
}

function faultOf({ place, message, hint }: Problem, one: Case): string | null {
  const [, name, line, column] = /^(.*):(\d+):(\d+)$/.exec(place) ?? [];
  if (name === undefined) {
    // No line of it is at fault.
    return /empty|nested too deeply/.test(message) ? null : `no place in "${message}" (${place})`;
  }
  const text = textOf(name, one);
  if (text === undefined) return `the place "${place}" is in no file`;
  const lines = text.split('\n');
  const length = lines[Number(line) - 1]?.length;
  if (length === undefined || Number(column) > length + 2) return `the place ${place} is beyond the file`;
  const words = `${message} ${hint ?? ''}`;
  const everything = [...one.sources.map((source) => source.text), ...one.files.values()].join('\n');
  for (const slip of ['[object Object]', 'undefined', 'NaN']) {
    if (words.includes(slip) && !everything.includes(slip)) return `says ${slip}: "${words}"`;
  }
  if (message.length > 10_000) return `says too much: ${message.length} characters`;
  return null;
}

function textOf(name: string, { sources, files }: Case): string | undefined {
  const beside = [...files].find(([path]) => path === name || path.endsWith(`/${name.replace(/^\.\//, '')}`));
  return sources.find((source) => source.name === name)?.text ?? beside?.[1];
}
