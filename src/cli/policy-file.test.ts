import { describe, expect, it } from 'vitest';
import { policiesInFile } from './policy-file.js';

const LABELS = 'scalectl.autoscale: "true"\nscalectl.max: 10\nscalectl.cpu.target: 70\n';

describe('policies from a file', () => {
  it('may be labels alone', () => {
    const [policy, ...more] = policiesInFile('p.yml', LABELS, 'requests');
    expect(policy).toMatchObject({ name: 'p.yml', bounds: { min: 1, max: 10 } });
    expect(more).toEqual([]);
  });

  it('may be those of the services of a stack file, as a map or as a list', () => {
    const stack = `services:
  web: { image: a, deploy: { labels: { scalectl.autoscale: "true", scalectl.max: "4", scalectl.cpu.target: "60" } } }
  api:
    deploy:
      labels:
        - scalectl.autoscale=true
        - scalectl.min=2
        - scalectl.max=$MOST
        - scalectl.cpu.target=60
  database: { image: postgres }
`;
    expect(
      policiesInFile('s.yml', stack, 'requests', { MOST: '8' }).map(({ name, bounds }) => [name, bounds]),
    ).toEqual([
      ['web', { min: 1, max: 4 }],
      ['api', { min: 2, max: 8 }],
    ]);
  });

  it.each([
    ['services: {}', 'has no policy that'],
    ['', 'has no policy that'],
    ['a: [', 'is no YAML'],
    [
      `${LABELS}scalectl.queue.url: redis://r\nscalectl.queue.key: jobs\n`,
      'has no policy that goes by requests or CPU alone',
    ],
    [LABELS.replace('70', 'x'), 'is not a percentage above 0'],
    [`${LABELS}scalectl.memory.target: 70\n`, 'goes by memory, of which a trace of arrivals tells nothing'],
  ])('%j is refused', (text, message) => {
    expect(() => policiesInFile('p.yml', text, 'requests')).toThrow(message);
  });
});
