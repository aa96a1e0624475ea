import { describe, expect, it } from 'vitest';
import { loadStack } from './load.js';

function service(line: string, value: string) {
  const text = `services: {web: {image: x, ${line}}}\nconfigs: {c: {external: true}}\n`;
  return loadStack([{ name: 'stack.yml', text }], { env: { V: value } }).services['web'];
}

describe('text out of a variable', () => {
  it.each([
    ['tty: "$V"', 'Yes', { tty: true }],
    ['read_only: "$V"', 'n', { read_only: false }],
    ['stdin_open: "$V"', 'ON', { stdin_open: true }],
    ['deploy: {replicas: "$V"}', '+5', { deploy: { replicas: 5 } }],
    [
      'deploy: {update_config: {max_failure_ratio: "0.$V"}}',
      '5',
      { deploy: { update_config: { max_failure_ratio: 0.5 } } },
    ],
    ['healthcheck: {test: x, retries: "$V"}', '3', { healthcheck: { retries: 3 } }],
    ['ulimits: {nofile: "$V"}', '10', { ulimits: { nofile: { soft: 10, hard: 10 } } }],
    ['ulimits: {nofile: {soft: "$V", hard: 20}}', '10', { ulimits: { nofile: { soft: 10, hard: 20 } } }],
    ['ports: [{target: "$V"}]', '80', { ports: [{ target: 80 }] }],
    ['configs: [{source: c, mode: "$V"}]', '0440', { configs: [{ mode: 440 }] }],
  ])('%s must be read as docker reads it: %j', (line, value, expected) => {
    expect(service(line, value)).toMatchObject(expected);
  });

  it('must stay text where text is wanted', () => {
    expect(service('hostname: "$V", labels: {a: "$V"}', '080')).toMatchObject({
      hostname: '080',
      labels: { a: '080' },
    });
  });
});
