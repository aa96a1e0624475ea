import { describe, expect, it } from 'vitest';
import { importHpa } from './import-hpa.js';
import { decodeLabels } from './labels.js';

const resource = (name: string, target: object) => ({ type: 'Resource', resource: { name, target } });
const CPU = resource('cpu', { type: 'Utilization', averageUtilization: 60 });

function hpa(spec: object, apiVersion = 'autoscaling/v2') {
  return importHpa({
    apiVersion,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web-hpa' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 10, metrics: [CPU], ...spec },
  });
}

function imported(spec: object) {
  const result = hpa(spec);
  if ('problems' in result) throw new Error(JSON.stringify(result));
  return result;
}

const up = (scaleUp: object) => imported({ behavior: { scaleUp } });
const OF_THE_LIMIT = 'cpu is a percentage of the request in Kubernetes, and of the limit here';

describe('an imported HPA', () => {
  it('must become a policy that can be carried out', () => {
    const { service, labels, warnings } = imported({
      minReplicas: 2,
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          policies: [{ type: 'Pods', value: 3, periodSeconds: 15 }],
        },
        scaleDown: {
          stabilizationWindowSeconds: 120,
          policies: [
            { type: 'Percent', value: 10, periodSeconds: 15 },
            { type: 'Pods', value: 2, periodSeconds: 15 },
          ],
        },
      },
    });
    expect(service).toBe('web');
    expect(labels).toEqual({
      'scalectl.autoscale': 'true',
      'scalectl.min': '2',
      'scalectl.max': '10',
      'scalectl.cpu.target': '60',
      'scalectl.up.window': '0s',
      'scalectl.up.step': '3',
      'scalectl.down.window': '2m',
      'scalectl.down.step': '2,10%',
    });
    expect(warnings).toEqual([`spec.metrics[0]: ${OF_THE_LIMIT}`]);
    expect(decodeLabels(service, labels, 'replicated').kind).toBe('policy');
  });

  it('must keep what Kubernetes does where it says nothing', () => {
    expect(imported({}).labels).toMatchObject({ 'scalectl.min': '1', 'scalectl.up.step': '4,100%' });
    expect(imported({ metrics: undefined }).labels).toMatchObject({ 'scalectl.cpu.target': '80' });
  });

  it.each<[string, ReturnType<typeof imported>, Record<string, string | undefined>, string]>([
    [
      'another period',
      up({ policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }] }),
      { 'up.step': '1' },
      'spec.behavior.scaleUp.policies[0]: 4 in 60 s become 1 in 15 s, the period of steps here',
    ],
    [
      'the smaller of two kinds',
      up({
        selectPolicy: 'Min',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 50, periodSeconds: 15 },
        ],
      }),
      { 'up.step': '4' },
      'spec.behavior.scaleUp.selectPolicy Min has no equal for both kinds: only the number of replicas is taken over',
    ],
    [
      'a direction that is switched off',
      imported({ behavior: { scaleDown: { selectPolicy: 'Disabled' } } }),
      { 'down.step': undefined },
      'spec.behavior.scaleDown is Disabled, which has no equal: the service would go that way too',
    ],
    ['a tolerance', up({ tolerance: '0.05' }), {}, 'spec.behavior.scaleUp.tolerance has no equal here'],
    [
      'a quantity',
      imported({ metrics: [CPU, resource('memory', { type: 'AverageValue', averageValue: '500Mi' })] }),
      { 'cpu.target': '60', 'memory.target': undefined },
      'spec.metrics[1] (memory as AverageValue) has no equal: write a percentage as scalectl.cpu.target or .memory.target',
    ],
    [
      'a metric from outside',
      imported({ metrics: [CPU, { type: 'External', external: {} }] }),
      { 'cpu.target': '60' },
      'spec.metrics[1] (External) has no equal: see scalectl.prometheus, .queue, .http and .json',
    ],
  ])('must warn of %s', (_, { labels, warnings }, expected, warning) => {
    for (const [key, value] of Object.entries(expected)) expect(labels[`scalectl.${key}`]).toBe(value);
    expect(warnings).toContain(warning);
  });

  it('must not be made of a manifest that is wrong itself', () => {
    expect(hpa({ maxReplicas: 'many', minReplicas: 1.5 }, 'autoscaling/v1')).toMatchObject({
      problems: [{ place: 'apiVersion' }, { place: 'spec.maxReplicas' }, { place: 'spec.minReplicas' }],
    });
  });
});
