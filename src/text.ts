/** Words for people: what was probably meant, and durations and sizes as Compose writes them. */

/** The candidate that is closest to `word`, or null when none is close enough to be a slip of the finger. */
export function closest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Edits between two words, a swap of neighbours counting as one (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const substituted = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, substituted, swapped));
    }
  }
  return cell(a.length, b.length);
}

/** `did you mean "backend"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const guess = closest(word, candidates);
  return guess === null ? undefined : `Did you mean "${guess}"?`;
}

const UNITS_NS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // the micro sign
  μs: 1e3, // the Greek letter
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * A duration as Go and Compose write it (`1m30s`, `500ms`, `0`), in nanoseconds; null when it is none.
 * Source: Go `time.ParseDuration`.
 */
export function parseDurationNs(text: string): number | null {
  if (text === '0') return 0;
  const part = /(?:(\d+)(?:\.(\d*))?|\.(\d+))(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) return null;
    const [, whole = '0', fraction = match[3] ?? '', , name = ''] = match;
    const unit = UNITS_NS[name] ?? NaN;
    // Whole and fraction by themselves: together they would be off by what a binary fraction cannot hold.
    total += Number(whole) * unit + Math.trunc(Number(fraction) * (unit / 10 ** fraction.length));
    at = part.lastIndex;
  }
  return text === '' || !Number.isFinite(total) ? null : Math.round(total);
}

/** A duration in milliseconds in the shortest form a person would write: `90s` -> `1m30s`. */
export function formatDurationMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000 && ms % 1000 !== 0) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return [h > 0 ? `${h}h` : '', m > 0 ? `${m}m` : '', s > 0 || seconds === 0 ? `${s}s` : ''].join('');
}

/** How long ago something was, in its largest unit: `12s`, `5m`, `3h`, `4d`. */
export function formatAgeMs(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 2 * 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

const SIZE_UNITS = 'bkmgtp';

/**
 * A size as docker reads it (`64M`, `1.5g`, `512`, `10kb`, powers of 1024), in bytes; null when it is none.
 * Source: docker/go-units `RAMInBytes`.
 */
export function parseSizeBytes(text: string): number | null {
  const match = /^\+?(\d+\.?\d*|\.\d+)(e[-+]?\d+)? ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text);
  if (match === null) return null;
  const power = match[3] === undefined ? 0 : SIZE_UNITS.indexOf(match[3].toLowerCase());
  return Math.trunc(Number(`${match[1] ?? ''}${match[2] ?? ''}`) * 1024 ** power);
}
