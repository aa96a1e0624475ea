/** Two things that are told one after the other are mostly the same: what is the same in both is kept once. */

/**
 * `now`, or `before` where they are equal. In `now` the parts that equal those of `before` become those of `before`:
 * in place, since a copy would cost more than what is saved. It says what it said. Both are data as JSON has it.
 */
export function shared<T>(before: unknown, now: T): T {
  if (!isObject(before) || !isObject(now) || Array.isArray(before) !== Array.isArray(now))
    return before === now ? (before as T) : now;
  const keys = Object.keys(now);
  let isSame = keys.length === Object.keys(before).length;
  for (const key of keys) {
    const part = shared(before[key], now[key]);
    isSame &&= key in before && part === before[key];
    (now as Record<string, unknown>)[key] = part;
  }
  return isSame ? (before as unknown as T) : now;
}

/** Arrays too. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
