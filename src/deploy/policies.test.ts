import { describe, expect, it } from 'vitest';
import { convertStack } from '../stack/convert.js';
import { loadStack } from '../stack/load.js';
import { policiesOf } from './policies.js';

function lint(text: string) {
  const loaded = loadStack([{ name: 'stack.yml', text }], { env: {} });
  const desired = convertStack(loaded, {
    stack: 'shop',
    resolvePath: (path) => path,
    secretNames: {},
    configNames: {},
    env: {},
  });
  const { policies, problems } = policiesOf(desired, loaded);
  return { names: [...policies.keys()], problems };
}

const service = (name: string, lines: readonly string[]) =>
  [`  ${name}:`, '    image: nginx', ...lines.map((line) => `    ${line}`)].join('\n');

describe('the policies of a stack file', () => {
  it('must be found by the full name of their service', () => {
    const labels = "{ scalectl.autoscale: 'true', scalectl.max: '4', scalectl.cpu.target: '70' }";
    const text = `services:\n${service('web', [`deploy: { labels: ${labels} }`])}\n${service('db', [])}\n`;
    expect(lint(text)).toEqual({ names: ['shop_web'], problems: [] });
  });

  it('must have each problem at its place in the file', () => {
    const text = [
      'services:',
      service('web', ['deploy:', '  labels:', "    scalectl.autoscale: 'yes'"]),
      service('worker', ['deploy:', '  labels:', "    scalectl.autoscale: 'true'", "    scalectl.max: '4'"]),
    ].join('\n');
    expect(lint(text).problems).toEqual([
      {
        place: 'stack.yml:6:29',
        message: 'services.web.deploy.labels.scalectl.autoscale "yes" is neither true nor false',
        hint: 'Write scalectl.autoscale: "true".',
      },
      {
        place: 'stack.yml:11:29',
        message: 'services.worker.deploy.labels.scalectl.autoscale has nothing to go by',
        hint: 'Add scalectl.cpu.target: "70", scalectl.memory.target, or scalectl.queue.url and scalectl.queue.key.',
      },
    ]);
  });
});
