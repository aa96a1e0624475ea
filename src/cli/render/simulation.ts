/** A simulation on the terminal: a table of its measures, and demand and supply of one policy drawn. */

import type { ChalkInstance } from 'chalk';
import type { PolicyResult, SimulationResult } from '../../simulate/simulate.js';
import { formatDurationMs } from '../../text.js';
import { renderTable, type Column } from './table.js';

const CHART_ROWS = 10;
const MOST_COLUMNS = 120;

export interface SimulationDisplay {
  colour: ChalkInstance;
  width: number;
  /** all columns, whatever the width */
  wide: boolean;
  withChart: boolean;
}

export function simulationText(result: SimulationResult, display: SimulationDisplay): string {
  const { colour, wide, width, withChart } = display;
  const { trace, baseline, policies } = result;
  const isJobs = trace.load === 'jobs';
  const length = formatDurationMs(trace.seconds * 1000);
  const head = `${trace.name}: ${Math.round(trace.arrivals)} ${trace.load} in ${length}, ${trace.peakReplicas} replicas at the peak`;
  const columns: Column<PolicyResult>[] = [
    { title: 'POLICY', value: ({ name }) => name },
    column('LATE %', ({ violationPercent }) => violationPercent.toFixed(3)),
    column('LONGEST', (one) => formatDurationMs(one.longestViolationSeconds * 1000), 3),
    column('HOURS', ({ replicaHours }) => replicaHours.toFixed(1)),
    column('UNDER %', ({ thetaUnder }) => thetaUnder.toFixed(2), 2),
    column('OVER %', ({ thetaOver }) => thetaOver.toFixed(1), 2),
    column('TIME UNDER %', ({ tauUnder }) => tauUnder.toFixed(2), 4),
    column('TIME OVER %', ({ tauOver }) => tauOver.toFixed(1), 4),
    column('JITTER/MIN', ({ jitterPerMinute }) => jitterPerMinute.toFixed(2), 5),
    column('REVERSALS/H', ({ reversalsPerHour }) => reversalsPerHour.toFixed(1), 3),
    column('SPEEDUP', (one) => (one.name === baseline ? '1' : one.elasticSpeedup.toFixed(2)), 1),
    ...(isJobs ? [column('KILLED', ({ jobsKilled }: PolicyResult) => String(jobsKilled ?? '-'))] : []),
  ];
  const lines = [
    colour.bold(head),
    renderTable(columns, policies, { width: wide ? Infinity : width, colour }),
  ];
  const last = policies.at(-1);
  const supply = result.supply.at(-1);
  if (withChart && last !== undefined && supply !== undefined) {
    const chartWidth = Math.min(MOST_COLUMNS, Math.max(20, width) - 6);
    lines.push('', chart(result.demand, supply, chartWidth, colour));
    lines.push(
      colour.dim(
        `      ${last.name}: ${FULL} needed and there, ${SPARE} there beyond need, ${LACK} needed and not there`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

function column(title: string, value: (row: PolicyResult) => string, expendable = 0): Column<PolicyResult> {
  return { title, value, align: 'right', expendable };
}

const FULL = '█';
const SPARE = '░';
const LACK = '▒';

/** One column per stretch of time, with the means of demand and supply in it. */
function chart(demand: Int32Array, supply: Int32Array, width: number, colour: ChalkInstance): string {
  const count = Math.min(width, demand.length);
  const columns = Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * demand.length) / count);
    const to = Math.floor(((index + 1) * demand.length) / count);
    return { needed: mean(demand, from, to), served: mean(supply, from, to) };
  });
  const top = Math.max(1, ...columns.map(({ needed, served }) => Math.max(needed, served)));
  const rows: string[] = [];
  for (let row = CHART_ROWS; row >= 1; row--) {
    const level = ((row - 0.5) / CHART_ROWS) * top;
    const cells = columns.map(({ needed, served }) => {
      if (level <= Math.min(needed, served)) return FULL;
      if (level <= served) return SPARE;
      return level <= needed ? colour.red(LACK) : ' ';
    });
    const label = row === CHART_ROWS ? String(Math.round(top)) : row === 1 ? '0' : '';
    rows.push(`${label.padStart(4)}  ${cells.join('').trimEnd()}`.trimEnd());
  }
  return rows.join('\n');
}

function mean(values: Int32Array, from: number, to: number): number {
  let sum = 0;
  for (let t = from; t < to; t++) sum += values[t] ?? 0;
  return sum / Math.max(1, to - from);
}
