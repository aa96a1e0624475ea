/** A number from any endpoint that answers JSON, found by a JSON pointer. */

import { httpGet } from '../http-get.js';
import type { JsonSignal } from '../policy/policy.js';
import type { AuthorizationSource } from './authorization.js';
import { startDeadline } from './deadline.js';
import type { Measurement, ReadOptions, Source } from './types.js';

const READ_DEADLINE_MS = 2_000;
const MOST_BYTES = 1024 * 1024;

export class JsonEndpoints implements Source<JsonSignal, Measurement> {
  readonly #authorization: AuthorizationSource;
  readonly #deadlineMs: number;

  constructor(options: { authorization: AuthorizationSource; deadlineMs?: number }) {
    this.#authorization = options.authorization;
    this.#deadlineMs = options.deadlineMs ?? READ_DEADLINE_MS;
  }

  describe({ pointer, url }: JsonSignal): string {
    return `${pointer} in ${url}`;
  }

  async read(queries: readonly JsonSignal[], options: ReadOptions = {}): Promise<Measurement[]> {
    const deadline = startDeadline(this.#deadlineMs, options.signal);
    try {
      return await Promise.all(queries.map((query) => this.#ask(query, deadline.signal)));
    } finally {
      deadline.clear();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #ask({ url, pointer }: JsonSignal, signal: AbortSignal): Promise<Measurement> {
    try {
      const header = await this.#authorization();
      const { status, body } = await httpGet(url, {
        signal,
        maxBytes: MOST_BYTES,
        headers: { accept: 'application/json', ...(header === null ? {} : { authorization: header }) },
      });
      if (status !== 200) return { value: null, note: `it answers ${status}` };
      return numberAt(pointer, body);
    } catch (error) {
      return { value: null, note: error instanceof Error ? error.message : String(error) };
    }
  }
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'an object',
  string: 'a string',
  boolean: 'a boolean',
};

/** The number at a pointer (RFC 6901). Whatever else stands there, a number in quotes too, is unknown. */
export function numberAt(pointer: string, body: string): Measurement {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { value: null, note: 'the answer is no JSON' };
  }
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (const part of parts) {
    value = childOf(value, part);
    if (value === undefined) return { value: null, note: `the answer has nothing at ${pointer}` };
  }
  if (typeof value === 'number' && Number.isFinite(value)) return { value };
  const type =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'an array'
        : (TYPES[typeof value] ?? 'too large a number');
  return {
    value: null,
    note: `the answer has ${type} at ${pointer === '' ? 'its top' : pointer}, not a number`,
  };
}

function childOf(value: unknown, part: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(part) ? (value[Number(part)] as unknown) : undefined;
  return Object.hasOwn(value, part) ? (value as Record<string, unknown>)[part] : undefined;
}
