/** What the benchmarks hand back, and how it is shown. */

import { cpus, loadavg, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { median, medianRatio, minimum, type Series } from './series.js';

/** Ours against a named alternative, measured in turns. */
export interface Comparison {
  kind: 'comparison';
  title: string;
  ours: Series;
  other: Series;
  /** `faster`: the other's time over ours is at least the target; `share`: ours over the other's at most */
  direction: 'faster' | 'share';
  target: number;
  note?: string;
}

/** A value that must stay below a limit, beside what an alternative needs. */
export interface Limit {
  kind: 'limit';
  title: string;
  unit: string;
  ours: { name: string; value: number };
  others: { name: string; value: number }[];
  target: number;
  note?: string;
}

/** A time that has no target. */
export interface Fact {
  kind: 'fact';
  title: string;
  series: Series;
  note?: string;
}

export type Result = Comparison | Limit | Fact;

export interface Section {
  benchmark: string;
  /** release of the Engine it was measured on */
  engine: string;
  /** load averages of one minute, at the beginning and at the end */
  load: [number, number];
  results: Result[];
}

export function ratioOf({ direction, ours, other }: Comparison): { median: number; minimum: number } {
  return direction === 'faster'
    ? { median: medianRatio(other, ours), minimum: minimum(other) / minimum(ours) }
    : { median: medianRatio(ours, other), minimum: minimum(ours) / minimum(other) };
}

export function holds(result: Comparison | Limit): boolean {
  if (result.kind === 'limit') return result.ours.value < result.target;
  const ratio = ratioOf(result).median;
  return result.direction === 'faster' ? ratio >= result.target : ratio <= result.target;
}

export function loadNow(): number {
  return loadavg()[0] ?? 0;
}

export function machine() {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
    node: process.version,
  };
}

export function sectionText({ benchmark, engine, load, results }: Section): string {
  const head = `${benchmark} · Engine ${engine} · load ${load.map((one) => one.toFixed(1)).join(' -> ')}`;
  return [head, ...results.map(resultText), ''].join('\n');
}

function resultText(result: Result): string {
  const lines = [`  ${result.title}`];
  switch (result.kind) {
    case 'comparison': {
      lines.push(seriesText(result.ours), seriesText(result.other));
      const ratio = ratioOf(result);
      const [word, bound] = result.direction === 'faster' ? ['times faster', '>='] : ['times as long', '<='];
      lines.push(
        `    ${figure(ratio.median)} ${word} (by minima ${figure(ratio.minimum)}); ` +
          `target ${bound} ${result.target}: ${verdict(result)}`,
      );
      break;
    }
    case 'limit':
      for (const { name, value } of [result.ours, ...result.others]) {
        lines.push(`    ${name.padEnd(NAME_WIDTH)} ${figure(value)} ${result.unit}`);
      }
      lines.push(`    target < ${result.target} ${result.unit}: ${verdict(result)}`);
      break;
    case 'fact':
      lines.push(seriesText(result.series));
  }
  if (result.note !== undefined) lines.push(`    ${result.note}`);
  return lines.join('\n');
}

const NAME_WIDTH = 44;

function seriesText(series: Series): string {
  return (
    `    ${series.name.padEnd(NAME_WIDTH)} median ${figure(median(series.ms))} ms, ` +
    `min ${figure(minimum(series))} ms, ${series.ms.length} rounds`
  );
}

function verdict(result: Comparison | Limit): string {
  return holds(result) ? 'holds' : 'DOES NOT HOLD';
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The same for programs, with the figures that the text shows beside the single times. */
export function sectionJson(section: Section) {
  return {
    ...section,
    results: section.results.map((result) => {
      switch (result.kind) {
        case 'comparison':
          return {
            ...result,
            ours: summary(result.ours),
            other: summary(result.other),
            ratio: ratioOf(result),
            holds: holds(result),
          };
        case 'limit':
          return { ...result, holds: holds(result) };
        case 'fact':
          return { ...result, series: summary(result.series) };
      }
    }),
  };
}

function summary(series: Series) {
  return { ...series, median: median(series.ms), minimum: minimum(series), rounds: series.ms.length };
}
