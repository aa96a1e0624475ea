import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { renderTable, type Column } from './table.js';

interface Row {
  service: string;
  cpu: string;
  note: string;
  image: string;
}

const columns: Column<Row>[] = [
  { title: 'SERVICE', value: ({ service }) => service },
  { title: 'CPU', value: ({ cpu }) => cpu, align: 'right' },
  { title: 'NOTE', value: ({ note }) => note, expendable: 1 },
  { title: 'IMAGE', value: ({ image }) => image, expendable: 2 },
];
const rows: Row[] = [
  { service: 'backend', cpu: '5 %', note: 'n'.repeat(30), image: 'i'.repeat(30) },
  { service: 'db', cpu: '100 %', note: '', image: 'x' },
];

const plain = new Chalk({ level: 0 });
const table = (width: number, colour = plain) => renderTable(columns, rows, { width, colour });
const heads = (width: number) => table(width).split('\n')[0]!.split(/\s+/);

describe('a table', () => {
  it('must have its columns aligned, no lines, and no blanks at the ends', () => {
    expect(renderTable(columns.slice(0, 3), rows, { width: Infinity, colour: plain })).toBe(
      ['SERVICE    CPU  NOTE', `backend    5 %  ${'n'.repeat(30)}`, 'db       100 %'].join('\n'),
    );
  });

  it.each([
    [80, ['SERVICE', 'CPU', 'NOTE', 'IMAGE']],
    [79, ['SERVICE', 'CPU', 'NOTE', 'IMAGE']],
    [78, ['SERVICE', 'CPU', 'NOTE', 'IMAGE']],
    [77, ['SERVICE', 'CPU', 'NOTE']],
    [46, ['SERVICE', 'CPU', 'NOTE']],
    [45, ['SERVICE', 'CPU']],
    [5, ['SERVICE', 'CPU']],
  ])('of width %d must show %j', (width, expected) => {
    expect(heads(width)).toEqual(expected);
  });

  it('must fit a terminal of 80 columns', () => {
    const wide = rows.map((row) => ({ ...row, image: 'i'.repeat(60) }));
    const lines = renderTable(columns, wide, { width: 80, colour: plain }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('must go on in further lines where a column that stays is too long', () => {
    const kept = columns
      .slice(0, 3)
      .map(({ title, value, align }) => ({ title, value, ...(align && { align }) }));
    const long = [{ ...rows[0]!, note: 'one two three four five six' }, rows[1]!];
    expect(renderTable(kept, long, { width: 34, colour: plain }).split('\n')).toEqual([
      'SERVICE    CPU  NOTE',
      'backend    5 %  one two three four',
      '                five six',
      'db       100 %',
    ]);
    expect(renderTable(kept, long, { width: 31, colour: plain })).toContain('one two three four five six');
  });

  it('must be as wide as it likes in a pipe', () => {
    expect(heads(Infinity)).toHaveLength(4);
  });

  it('must not count colours as width, nor hold any where there are to be none', () => {
    const colour = new Chalk({ level: 1 });
    const red: Column<Row>[] = columns.map((column) => ({
      ...column,
      value: (row) => colour.red(column.value(row)),
    }));
    const coloured = renderTable(red, rows, { width: 78, colour });
    expect(coloured.split('\n')[0]).toContain('IMAGE');
    expect(coloured).toContain('\u001b[31m');
    expect(table(80)).not.toContain('\u001b');
  });
});
