/** A number from any endpoint that answers JSON, found by a JSON pointer. */

import type { HttpAnswer } from '../http-get.js';
import type { JsonSignal } from '../policy/policy.js';
import { HttpSource, type HttpSourceOptions } from './http-source.js';
import type { Measurement } from './types.js';

const READ_DEADLINE_MS = 2_000;
const MOST_BYTES = 1024 * 1024;

export class JsonEndpoints extends HttpSource<JsonSignal> {
  protected override readonly maxBytes = MOST_BYTES;

  constructor(options: HttpSourceOptions) {
    super(options, READ_DEADLINE_MS);
  }

  describe({ pointer, url }: JsonSignal): string {
    return `${pointer} in ${url}`;
  }

  protected address({ url }: JsonSignal): string {
    return url;
  }

  protected measure({ status, body }: HttpAnswer, { pointer }: JsonSignal): Measurement {
    return status === 200 ? numberAt(pointer, body) : { value: null, note: `it answers ${status}` };
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
