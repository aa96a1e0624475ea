import { HttpError } from './http.js';

/**
 * A whole number within bounds, from a query, a path or a JSON body; else a 400 that says what was expected.
 *
 * @param {unknown} value
 * @param {string} name
 * @param {{ min: number, max: number, fallback?: number }} rule
 * @returns {number}
 */
export function wholeInput(value, name, { min, max, fallback }) {
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  // Number(' ') is 0 and Number([5]) is 5: neither is what the caller meant.
  const number =
    typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value)) ? Number(value) : NaN;
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new HttpError(400, `${name}: expected a whole number from ${min} to ${max}`);
  }
  return number;
}

/**
 * @param {unknown} body
 * @returns {Record<string, unknown>}
 */
export function objectInput(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'body: expected a JSON object');
  }
  return /** @type {Record<string, unknown>} */ (body);
}
