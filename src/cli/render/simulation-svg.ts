/** Demand as an area, the supply of each policy as a line, in one picture. */

import type { SimulationResult } from '../../simulate/simulate.js';

const WIDTH = 1200;
const HEIGHT = 420;
const MARGIN = { left: 48, right: 16, top: 16, bottom: 56 };
/** Tells apart for most colour-blind people. Source: M. Okabe and K. Ito, "Color Universal Design". */
const COLOURS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

export function drawSvg({ trace, policies, demand, supply }: SimulationResult): string {
  const [plotWidth, plotHeight] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const curves = [demand, ...supply].map((values) => thinned(values, plotWidth));
  const top = Math.max(1, ...curves.flat());
  const [needed = [], ...served] = curves;
  const x = (index: number, count: number) => round(MARGIN.left + (index / Math.max(1, count)) * plotWidth);
  const y = (value: number) => round(MARGIN.top + plotHeight * (1 - value / top));
  const steps = (values: readonly number[]) =>
    values.map((value, index) => `H${x(index, values.length)}V${y(value)}`).join('') +
    `H${WIDTH - MARGIN.right}`;
  const bottom = y(0);
  const hours = trace.seconds / 3600;
  const unit = hours > 72 ? { name: 'days', seconds: 86_400 } : { name: 'hours', seconds: 3600 };
  const ticks = Array.from({ length: 7 }, (_, index) => index / 6);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escape(trace.name)}: replicas needed and replicas that served</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<path d="M${MARGIN.left} ${bottom}${steps(needed)}V${bottom}Z" fill="#ddd"/>`,
    ...served.map(
      (values, index) =>
        `<path d="M${MARGIN.left} ${y(values[0] ?? 0)}${steps(values)}" fill="none" stroke="${colourOf(index)}" stroke-width="1.2"/>`,
    ),
    ...ticks.map((share) => {
      const label = round((share * trace.seconds) / unit.seconds);
      return `<text x="${x(share, 1)}" y="${bottom + 16}" text-anchor="middle">${label}</text>`;
    }),
    `<text x="${WIDTH - MARGIN.right}" y="${bottom + 30}" text-anchor="end">${unit.name}</text>`,
    `<text x="${MARGIN.left - 6}" y="${MARGIN.top + 10}" text-anchor="end">${top}</text>`,
    `<text x="${MARGIN.left - 6}" y="${bottom}" text-anchor="end">0</text>`,
    ...legend(['needed', ...policies.map(({ name }) => name)]),
    '</svg>',
    '',
  ].join('\n');
}

function legend(names: readonly string[]): string[] {
  return names.map((name, index) => {
    const at = MARGIN.left + index * 150;
    const fill = index === 0 ? '#ddd' : colourOf(index - 1);
    return (
      `<rect x="${at}" y="${HEIGHT - 18}" width="12" height="8" fill="${fill}"/>` +
      `<text x="${at + 18}" y="${HEIGHT - 10}">${escape(name)}</text>`
    );
  });
}

/** The greatest value of each of at most `count` stretches. */
function thinned(values: Int32Array, count: number): number[] {
  const stretches = Math.min(count, values.length);
  return Array.from({ length: stretches }, (_, index) => {
    let greatest = 0;
    const to = Math.floor(((index + 1) * values.length) / stretches);
    for (let t = Math.floor((index * values.length) / stretches); t < to; t++) {
      greatest = Math.max(greatest, values[t] ?? 0);
    }
    return greatest;
  });
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
