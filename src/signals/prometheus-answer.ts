/** The answer of Prometheus to an instant query. Source: its HTTP API, `/api/v1/query`. Pure. */

import type { Measurement } from './types.js';

interface Answer {
  status?: unknown;
  error?: unknown;
  warnings?: unknown;
  data?: { resultType?: unknown; result?: unknown };
}

/**
 * The number of a scalar, or of a vector with exactly one series. No series, several, NaN and infinity are unknown;
 * an answer with warnings may be incomplete.
 *
 * @param dateMs the server's clock, from which the age of an answer out of a cache is told
 */
export function parseInstant(httpStatus: number, body: string, dateMs: number | null): Measurement {
  let answer: Answer;
  try {
    answer = JSON.parse(body) as Answer;
  } catch {
    return unknown(`it answers ${httpStatus} and no JSON`);
  }
  if (answer.status !== 'success') {
    const message = typeof answer.error === 'string' ? answer.error.split('\n', 1)[0] : undefined;
    return unknown(message?.slice(0, 200) ?? `it answers ${httpStatus}`);
  }
  const sample = sampleOf(answer.data?.resultType, answer.data?.result);
  if (typeof sample === 'string') return unknown(sample);
  const [seconds, text] = sample;
  const value = typeof text === 'string' && text !== '' ? Number(text) : NaN;
  if (!Number.isFinite(value)) return unknown(`the query gives ${String(text)}`);
  const ageMs =
    dateMs === null || typeof seconds !== 'number' ? 0 : Math.max(0, Math.round(dateMs - seconds * 1000));
  const warnings = Array.isArray(answer.warnings) ? (answer.warnings as unknown[]) : [];
  return {
    value,
    // Its own clock has whole seconds in the header and rounds down.
    ...(ageMs <= 1_000 ? {} : { ageMs }),
    ...(warnings.length === 0 ? {} : { partial: `Prometheus warns: ${String(warnings[0]).slice(0, 200)}` }),
  };
}

/** `[time, "value"]`, or what is wrong with it. */
function sampleOf(type: unknown, result: unknown): [unknown, unknown] | string {
  if (type === 'scalar' && Array.isArray(result)) return [result[0], result[1]];
  if (type !== 'vector' || !Array.isArray(result)) {
    return `the query gives a ${String(type)}, not one number`;
  }
  const [series, ...others] = result as { value?: unknown }[];
  if (series === undefined)
    return 'the query gives no series (a metric that is absent, or no longer scraped)';
  if (others.length > 0) return `the query gives ${others.length + 1} series; sum() makes one of them`;
  return Array.isArray(series.value) ? [series.value[0], series.value[1]] : 'the query gives a histogram';
}

function unknown(note: string): Measurement {
  return { value: null, note: `Prometheus: ${note}` };
}
