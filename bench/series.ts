/** Measured times and what is said of them. */

export class MeasurementError extends Error {}

export interface Series {
  /** what was timed, as a person calls it */
  name: string;
  ms: readonly number[];
}

/** @throws MeasurementError when there is nothing to take a median of */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new MeasurementError('nothing was measured');
  return (lower + upper) / 2;
}

export function minimum({ ms }: Series): number {
  return ms.reduce((least, one) => Math.min(least, one), Infinity);
}

/**
 * The median of `a[i] / b[i]`. Rounds are interleaved, so what disturbs a machine for a second disturbs both sides
 * of one round: its quotient suffers less than either time does.
 * @throws MeasurementError when the rounds do not pair up
 */
export function medianRatio(a: Series, b: Series): number {
  if (a.ms.length !== b.ms.length) throw new MeasurementError(`${a.name} and ${b.name} have unequal rounds`);
  return median(a.ms.map((one, index) => one / (b.ms[index] ?? NaN)));
}
