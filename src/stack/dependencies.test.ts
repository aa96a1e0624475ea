import { describe, expect, it } from 'vitest';
import { errorOf, problemsOf } from '../../test/support/errors.js';
import { findDependencies } from './dependencies.js';
import { loadStack } from './load.js';

const load = (lines: string[]) =>
  loadStack([{ name: 'f.yml', text: ['services:', ...lines.map((line) => `  ${line}`)].join('\n') }], {
    env: {},
  });
const order = (lines: string[]) => Object.fromEntries(findDependencies(load(lines).services).edges);

describe('depends_on', () => {
  it('must be read short and long', () => {
    const lines = [
      'web: {image: x, depends_on: {db: {condition: service_healthy}, setup: {condition: service_completed_successfully}, api: }}',
      'api: {image: x, depends_on: [db]}',
      'db: {image: x}',
      'setup: {image: x}',
    ];
    expect(order(lines)).toEqual({
      web: [
        { key: 'db', condition: 'healthy' },
        { key: 'setup', condition: 'completed' },
        { key: 'api', condition: 'started' },
      ],
      api: [{ key: 'db', condition: 'started' }],
      db: [],
      setup: [],
    });
  });

  it('must leave out what docker reads over, with a warning', () => {
    const lines = [
      'a: {image: x, depends_on: [b, bb]}',
      'b: {image: x, depends_on: [c]}',
      'c: {image: x, depends_on: [a]}',
    ];
    expect(order(lines)).toEqual({
      a: [{ key: 'b', condition: 'started' }],
      b: [{ key: 'c', condition: 'started' }],
      c: [],
    });
    expect(load(lines).warnings).toEqual([
      'f.yml:2:33: depends_on: there is no service "bb" to wait for',
      'f.yml:4:30: depends_on: services wait for each other: a -> b -> c -> a; the last does not wait',
    ]);
  });

  it('must be refused where the long form cannot be kept', () => {
    const lines = [
      'web: {image: x, depends_on: {bd: {condition: service_healthy}}}',
      'db: {image: x, depends_on: {web: {condition: service_started}}}',
      'bd2: {image: x, depends_on: {db: {condition: service_started, required: false}, no: {required: false}}}',
    ];
    expect(problemsOf(errorOf(() => load(lines)))).toEqual([
      'f.yml:2:32: services.web.depends_on.bd: there is no service "bd" in this file',
    ]);
    const circle = [
      'a: {image: x, depends_on: {b: }}',
      'b: {image: x, depends_on: [a]}',
      'c: {image: x, depends_on: {c: }}',
    ];
    expect(problemsOf(errorOf(() => load(circle)))).toEqual([
      'f.yml:4:33: services.c.depends_on.c: services wait for each other: c -> c',
    ]);
  });
});
