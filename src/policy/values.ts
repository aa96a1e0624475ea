/** Parsers for the values of labels and variables. Each gives the value, or tells the sink what to write instead. */

import type { Problem } from '../errors.js';
import { parseDurationNs } from '../text.js';
import type { OnError, StepLimit } from './policy.js';

/** More replicas of one service than any Swarm runs; a bound beyond it is a slip of the finger. */
const MOST_REPLICAS = 10_000;
const LONGEST_MS = 24 * 3600_000;

/** Where a value stood, and where its problems go. */
export interface Field {
  place: string;
  /** as it is written: `scalectl.min` */
  name: string;
  text: string;
  /** the line to write for another value: `scalectl.min: "2"`, `MIN_REPLICAS=2` */
  assign: (value: string) => string;
}

export class ProblemSink {
  readonly problems: Problem[] = [];

  add(place: string, message: string, hint: string): void {
    this.problems.push({ place, message, hint });
  }

  reject(field: Field, what: string, hint: string): null {
    this.add(field.place, `"${field.text}" ${what}`, hint);
    return null;
  }
}

export function parseBoolean(field: Field, sink: ProblemSink): boolean | null {
  if (field.text === 'true') return true;
  if (field.text === 'false') return false;
  return sink.reject(field, 'is neither true nor false', `Write ${field.assign('true')}.`);
}

export function parseReplicas(field: Field, sink: ProblemSink): number | null {
  if (!/^\d+$/.test(field.text)) {
    return sink.reject(
      field,
      'is not a whole number of replicas',
      `Write ${field.assign('2')}, for example.`,
    );
  }
  const value = Number(field.text);
  if (value > MOST_REPLICAS) {
    return sink.reject(
      field,
      `is more than ${MOST_REPLICAS} replicas`,
      'Write a number that the Swarm can run.',
    );
  }
  return value;
}

/** A positive number of percent, written without the sign. */
export function parsePercent(field: Field, sink: ProblemSink): number | null {
  if (/^\d+(\.\d+)?\s*%$/.test(field.text)) {
    return sink.reject(
      field,
      'carries a percent sign',
      `Write ${field.assign(field.text.replace(/\s*%$/, ''))}.`,
    );
  }
  const value = parseDecimal(field.text);
  if (value === null || value <= 0 || value > 1000) {
    return sink.reject(field, 'is not a percentage above 0', `Write ${field.assign('70')}, for example.`);
  }
  return value;
}

/** A percentage of a whole. */
export function parseShare(field: Field, sink: ProblemSink): number | null {
  const value = parsePercent(field, sink);
  if (value === null || value <= 100) return value;
  return sink.reject(field, 'is more than all of it', `Write ${field.assign('100')} or less.`);
}

export function parsePositive(field: Field, sink: ProblemSink, what: string): number | null {
  const value = parseDecimal(field.text);
  if (value === null || value <= 0 || value > 1e9) {
    return sink.reject(
      field,
      `is not a number of ${what} above 0`,
      `Write ${field.assign('10')}, for example.`,
    );
  }
  return value;
}

/** A number that may be 0. */
export function parseCount(field: Field, sink: ProblemSink, what: string): number | null {
  const value = parseDecimal(field.text);
  if (value === null || value > 1e9) {
    return sink.reject(field, `is not a number of ${what}`, `Write ${field.assign('5')}, for example.`);
  }
  return value;
}

export function parseDurationMs(field: Field, sink: ProblemSink): number | null {
  const ns = parseDurationNs(field.text);
  if (ns === null) {
    return sink.reject(
      field,
      'is not a duration',
      `Write ${field.assign('30s')}, "1m30s" or "500ms": a number and its unit.`,
    );
  }
  if (ns / 1e6 > LONGEST_MS) return sink.reject(field, 'is longer than 24h', 'Write at most "24h".');
  return ns / 1e6;
}

/** `4`, `100%` or both, `4,100%`: the larger counts. */
export function parseStep(field: Field, sink: ProblemSink): StepLimit | null {
  const limit: StepLimit = { replicas: null, percent: null };
  for (const part of field.text.split(',').map((piece) => piece.trim())) {
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(part);
    const kind = percent === null ? 'replicas' : 'percent';
    const value = percent === null ? (/^\d+$/.test(part) ? Number(part) : NaN) : Number(percent[1]);
    if (!(value > 0 && value <= MOST_REPLICAS) || limit[kind] !== null) {
      return sink.reject(
        field,
        'is not a step',
        `Write ${field.assign('4')} (replicas), "100%" or "4,100%" (the larger counts).`,
      );
    }
    limit[kind] = value;
  }
  return limit;
}

export function parseOnError(field: Field, sink: ProblemSink): OnError | null {
  if (field.text === 'hold' || field.text === 'max') return { kind: field.text };
  if (/^\d+$/.test(field.text)) {
    const replicas = parseReplicas(field, sink);
    return replicas === null ? null : { kind: 'replicas', replicas };
  }
  return sink.reject(
    field,
    'is not something to do while nothing can be measured',
    `Write ${field.assign('hold')}, "max" or a number of replicas.`,
  );
}

export interface RedisAddress {
  /** without user and password */
  url: string;
  password: string | null;
}

/** A Redis URL. Its text is never repeated in a problem, since it may hold a password. */
export function parseRedisUrl(field: Field, sink: ProblemSink): RedisAddress | null {
  const example = `Write ${field.assign('redis://redis:6379')} (rediss:// for TLS, /1 behind it for database 1).`;
  const refuse = (what: string, hint = example): null => {
    sink.add(field.place, what, hint);
    return null;
  };
  if (!URL.canParse(field.text)) return refuse('is not a Redis URL');
  const url = new URL(field.text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    return refuse(`begins with ${url.protocol}//, which is not Redis`);
  }
  if (url.hostname === '') return refuse('names no host');
  if (url.search !== '' || url.hash !== '') return refuse('has something behind the database number');
  if (!/^\/?\d{0,4}$/.test(url.pathname)) return refuse('has a database that is not a number');
  const password = decodePassword(url.password);
  if (password === null) return refuse('has a password with a broken %-escape', 'Write % itself as %25.');
  if (url.username !== '' && url.username !== 'default') {
    return refuse('names a user, which is not supported', 'Let the default user read the queue.');
  }
  const port = url.port === '' ? '6379' : url.port;
  const database = url.pathname.replace(/^\//, '');
  return {
    url: `${url.protocol}//${url.hostname}:${port}/${database === '' ? '0' : String(Number(database))}`,
    password: password === '' ? null : password,
  };
}

function decodePassword(escaped: string): string | null {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return null;
  }
}

function parseDecimal(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}
