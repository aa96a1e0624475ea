/** Entries of objects that may be absent: an absent key is not the same as one that is undefined. */

/** The pair, or nothing. */
export function maybe<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

/** A label or setting without a value has an empty one. */
export function withValues(
  entries: Readonly<Record<string, string | null>> | undefined,
): Record<string, string> {
  return Object.fromEntries(Object.entries(entries ?? {}).map(([key, value]) => [key, value ?? '']));
}
