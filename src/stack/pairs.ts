/** `KEY=value`, as a list or as a mapping. */

import { by, mapOf, orNull, scalarText, setOf, text } from './check.js';

/** `KEY=value` entries or a mapping; a key without a value is null. */
export const pairs = by<Record<string, string | null>>((value) =>
  Array.isArray(value)
    ? (list, path, checking) => {
        const entries = setOf(text)(list, path, checking) ?? [];
        return Object.fromEntries(
          entries.map((entry) => {
            const at = entry.indexOf('=');
            return at < 0 ? [entry, null] : [entry.slice(0, at), entry.slice(at + 1)];
          }),
        );
      }
    : mapOf(orNull(scalarText)),
);
