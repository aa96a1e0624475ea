/**
 * A table without lines around it. On a terminal that is too narrow the least important columns give way, and then the
 * widest of those that stay goes on in further lines.
 */

import { stripVTControlCharacters } from 'node:util';
import type { ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import { wrap } from './wrap.js';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'left' | 'right';
  /** the higher, the sooner it is left out; 0 stays always */
  expendable?: number;
}

/** A column with less room than this is not worth reading in lines. */
const NARROWEST = 16;

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, colour }: { width: number; colour: ChalkInstance },
): string {
  let shown = columns.map((column) => ({ ...column, cells: rows.map((row) => column.value(row)) }));
  const widthOf = (column: (typeof shown)[number]) =>
    Math.max(...[column.title, ...column.cells].map(visibleLength));
  const total = () => shown.reduce((sum, column) => sum + widthOf(column) + 2, -2);
  while (total() > width) {
    const most = Math.max(...shown.map(({ expendable = 0 }) => expendable));
    if (most === 0) break;
    shown = shown.filter(({ expendable = 0 }) => expendable !== most);
  }
  const room = Math.max(...shown.map(widthOf)) - (total() - width);
  if (room >= NARROWEST) {
    shown = shown.map((column) => ({
      ...column,
      cells: column.cells.map((cell) => wrap(cell, room).join('\n')),
    }));
  }
  const table = new Table({
    head: shown.map(({ title }) => colour.bold(title)),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: shown.map(({ align }) => align ?? 'left'),
  });
  rows.forEach((_, index) => table.push(shown.map(({ cells }) => cells[index] ?? '')));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
