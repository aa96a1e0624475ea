import { describe, expect, it } from 'vitest';
import { signalAim, signalName } from './describe.js';
import { decodeLabels, decodeService } from './labels.js';

const ON = { 'scalectl.autoscale': 'true', 'scalectl.max': '10' };
const CPU = { ...ON, 'scalectl.cpu.target': '70' };

function problems(labels: Record<string, string>, facts = {}): string[] {
  const decoded = decodeLabels('shop_web', labels, 'replicated', facts);
  return decoded.kind === 'invalid'
    ? decoded.problems.map(({ place, message, hint }) => `${place}: ${message}. ${hint ?? ''}`)
    : [decoded.kind];
}

describe('a policy from labels', () => {
  it('has defaults for everything but max', () => {
    expect(decodeLabels('shop_web', CPU, 'replicated')).toEqual({
      kind: 'policy',
      value: {
        source: 'labels',
        min: 1,
        max: 10,
        signals: [{ kind: 'cpu', rule: { kind: 'target', targetPercent: 70 } }],
        up: { windowMs: 0, step: { replicas: null, percent: null }, cooldownMs: 0 },
        down: { windowMs: 300_000, step: { replicas: null, percent: 100 }, cooldownMs: 0 },
        onError: { kind: 'hold' },
      },
    });
  });

  it('takes every label that it knows', () => {
    const decoded = decodeLabels(
      'shop_worker',
      {
        'scalectl.autoscale': 'true',
        'scalectl.min': '0',
        'scalectl.max': '20',
        'scalectl.cpu.up': '80',
        'scalectl.cpu.down': '30',
        'scalectl.memory.target': '75.5',
        'scalectl.queue.url': 'rediss://redis.example:7000/2',
        'scalectl.queue.key': 'orders',
        'scalectl.queue.kind': 'list',
        'scalectl.queue.target': '2.5',
        'scalectl.up.window': '500ms',
        'scalectl.down.window': '1m30s',
        'scalectl.up.step': '3',
        'scalectl.down.step': '2, 10%',
        'scalectl.up.cooldown': '5s',
        'scalectl.down.cooldown': '1h',
        'scalectl.on-error': '3',
        'scalectl.last-scale': 'anything',
        'com.example.team': 'shop',
      },
      'replicated',
    );
    expect(decoded).toEqual({
      kind: 'policy',
      value: {
        source: 'labels',
        min: 0,
        max: 20,
        signals: [
          { kind: 'cpu', rule: { kind: 'band', upPercent: 80, downPercent: 30 } },
          { kind: 'memory', rule: { kind: 'target', targetPercent: 75.5 } },
          {
            kind: 'queue',
            queue: 'list',
            url: 'rediss://redis.example:7000/2',
            key: 'orders',
            jobsPerReplica: 2.5,
          },
        ],
        up: { windowMs: 500, step: { replicas: 3, percent: null }, cooldownMs: 5_000 },
        down: { windowMs: 90_000, step: { replicas: 2, percent: 10 }, cooldownMs: 3_600_000 },
        onError: { kind: 'replicas', replicas: 3 },
      },
    });
    if (decoded.kind === 'policy') {
      expect(decoded.value.signals.map((signal) => [signalName(signal), signalAim(signal)])).toEqual([
        ['cpu', '30 to 80 %'],
        ['memory', 'target 75.5 %'],
        ['queue orders', '2.5 jobs per replica'],
      ]);
    }
  });

  it.each([
    [{}, 'none'],
    [{ 'com.example.a': 'b', 'scalectl.last-scale': '{}' }, 'none'],
    [{ 'scalectl.autoscale': 'false' }, 'none'],
    [{ ...CPU, 'scalectl.autoscale': 'false' }, 'none'],
  ])('is absent where nobody asked for it: %j', (labels, kind) => {
    expect(decodeLabels('shop_web', labels, 'global').kind).toBe(kind);
  });
});

describe('labels that cannot be carried out', () => {
  const at = (label: string) => `service shop_web, label scalectl.${label}: `;
  it.each<[Record<string, string>, string]>([
    [
      { ...CPU, 'scalectl.autoscale': 'yes' },
      `${at('autoscale')}"yes" is neither true nor false. Write scalectl.autoscale: "true".`,
    ],
    [
      { 'scalectl.min': '2' },
      `${at('autoscale')}is missing, so that the other scalectl labels do nothing. Add scalectl.autoscale: "true", or remove the others.`,
    ],
    [
      { 'scalectl.autoscale': 'true', 'scalectl.cpu.target': '70' },
      `${at('max')}is missing. Add scalectl.max: "10", for example: the most replicas you want to pay for.`,
    ],
    [
      ON,
      `${at('autoscale')}has nothing to go by. Add scalectl.cpu.target: "70", scalectl.memory.target, or scalectl.queue.url and scalectl.queue.key.`,
    ],
    [
      { ...CPU, 'scalectl.min': 'two' },
      `${at('min')}"two" is not a whole number of replicas. Write scalectl.min: "2", for example.`,
    ],
    [
      { ...CPU, 'scalectl.min': '-1' },
      `${at('min')}"-1" is not a whole number of replicas. Write scalectl.min: "2", for example.`,
    ],
    [
      { ...CPU, 'scalectl.max': '1000000' },
      `${at('max')}"1000000" is more than 10000 replicas. Write a number that the Swarm can run.`,
    ],
    [
      { ...CPU, 'scalectl.min': '11' },
      `${at('min')}"11" is more than scalectl.max, which is 10. Lower scalectl.min to 10 or less, or raise scalectl.max.`,
    ],
    [
      { ...CPU, 'scalectl.min': '0' },
      `${at('min')}"0" is for queue-driven services: a service that is off uses no CPU and would never come back. Write scalectl.min: "1", or let a queue wake the service (scalectl.queue.url and .key).`,
    ],
    [{ ...CPU, 'scalectl.max': '0' }, `${at('max')}"0" lets nothing run. Write scalectl.max: "1" or more.`],
    [
      { ...CPU, 'scalectl.cpu.target': '70%' },
      `${at('cpu.target')}"70%" carries a percent sign. Write scalectl.cpu.target: "70".`,
    ],
    [
      { ...CPU, 'scalectl.cpu.target': '0' },
      `${at('cpu.target')}"0" is not a percentage above 0. Write scalectl.cpu.target: "70", for example.`,
    ],
    [
      { ...CPU, 'scalectl.cpu.target': 'NaN' },
      `${at('cpu.target')}"NaN" is not a percentage above 0. Write scalectl.cpu.target: "70", for example.`,
    ],
    [
      { ...CPU, 'scalectl.cpu.up': '80', 'scalectl.cpu.down': '30' },
      `${at('cpu.target')}stands beside scalectl.cpu.up: it is one target or two thresholds. Remove scalectl.cpu.target, or scalectl.cpu.up and scalectl.cpu.down.`,
    ],
    [
      { ...ON, 'scalectl.cpu.up': '80' },
      `${at('cpu.up')}stands alone: two thresholds need scalectl.cpu.down too. Add scalectl.cpu.down, or use scalectl.cpu.target.`,
    ],
    [
      { ...ON, 'scalectl.cpu.up': '30', 'scalectl.cpu.down': '80' },
      `${at('cpu.down')}"80" is not below scalectl.cpu.up, which is 30. Lower scalectl.cpu.down to well below scalectl.cpu.up.`,
    ],
    [
      { ...ON, 'scalectl.cpu.up': '80', 'scalectl.cpu.down': '40' },
      `${at('cpu.down')}"40" would swing: 1 replica at 80 % become 2 at 40 %, which is not above 40 %, so that the next step takes one away again. Lower scalectl.cpu.down to below 40, or raise scalectl.cpu.up to at least 81, or use one target instead of two thresholds.`,
    ],
    [
      { ...CPU, 'scalectl.down.window': '300' },
      `${at('down.window')}"300" is not a duration. Write scalectl.down.window: "30s", "1m30s" or "500ms": a number and its unit.`,
    ],
    [
      { ...CPU, 'scalectl.down.window': '25h' },
      `${at('down.window')}"25h" is longer than 24h. Write at most "24h".`,
    ],
    [
      { ...CPU, 'scalectl.up.step': '0' },
      `${at('up.step')}"0" is not a step. Write scalectl.up.step: "4" (replicas), "100%" or "4,100%" (the larger counts).`,
    ],
    [
      { ...CPU, 'scalectl.up.step': '4,5' },
      `${at('up.step')}"4,5" is not a step. Write scalectl.up.step: "4" (replicas), "100%" or "4,100%" (the larger counts).`,
    ],
    [
      { ...CPU, 'scalectl.on-error': 'min' },
      `${at('on-error')}"min" is not something to do while nothing can be measured. Write scalectl.on-error: "hold", "max" or a number of replicas.`,
    ],
    [
      { ...CPU, 'scalectl.cpu.traget': '70' },
      `${at('cpu.traget')}is no label that scalectl knows. Did you mean "scalectl.cpu.target"?`,
    ],
    [
      { ...CPU, 'scalectl.colour': 'red' },
      `${at('colour')}is no label that scalectl knows. See docs/autoscaling.md for the labels.`,
    ],
    [
      { ...ON, 'scalectl.queue.url': 'redis://redis' },
      `${at('queue.url')}stands without scalectl.queue.key. Add scalectl.queue.key: "orders", for example.`,
    ],
    [
      { ...ON, 'scalectl.queue.target': '5' },
      `${at('queue.target')}stands without scalectl.queue.url. Add scalectl.queue.url: "redis://redis:6379", for example.`,
    ],
  ])('%j', (labels, message) => {
    expect(problems(labels)).toContain(message);
  });

  const queue = { ...ON, 'scalectl.queue.key': 'orders', 'scalectl.queue.url': 'redis://redis' };
  it.each([
    ['http://redis', 'begins with http://, which is not Redis'],
    ['redis', 'is not a Redis URL'],
    ['redis://', 'names no host'],
    ['redis://redis/orders', 'has a database that is not a number'],
    ['redis://redis?x=1', 'has something behind the database number'],
    ['redis://bob@redis', 'names a user, which is not supported'],
    ['redis://:hunter2@redis', 'holds a password, and everyone who can read the service can read its labels'],
    ['redis://:hunter2%@redis', 'has a password with a broken %-escape'],
  ])('queue.url %s', (url, message) => {
    const found = problems({ ...queue, 'scalectl.queue.url': url });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`label scalectl.queue.url: ${message}. `);
    expect(found[0]).not.toContain('hunter2');
  });

  it('a kind of queue that nobody knows', () => {
    expect(problems({ ...queue, 'scalectl.queue.kind': 'lst' })[0]).toContain('Did you mean "list"?');
  });

  it('finds all problems, not only the first', () => {
    const found = problems({
      'scalectl.autoscale': 'true',
      'scalectl.min': 'x',
      'scalectl.maxx': '1',
      'scalectl.cpu.target': '%',
    });
    expect(found.map((line) => /label ([\w.]+)/.exec(line)?.[1])).toEqual([
      'scalectl.maxx',
      'scalectl.min',
      'scalectl.cpu.target',
      'scalectl.max',
    ]);
  });

  it.each(['global', 'replicated-job', 'global-job'] as const)('a service in %s mode', (mode) => {
    const decoded = decodeLabels('shop_web', CPU, mode);
    expect(decoded.kind === 'invalid' && decoded.problems[0].message).toContain(`runs in ${mode} mode`);
  });
});

describe('what a service allows', () => {
  const spec = (limits: object, labels: Record<string, string>) => ({
    Name: 'shop_web',
    Labels: labels,
    Mode: { Replicated: {} },
    TaskTemplate: { Resources: { Limits: limits } },
  });

  it('a CPU target that the limit keeps out of reach', () => {
    const labels = { ...ON, 'scalectl.cpu.target': '95' };
    expect(decodeService(spec({}, labels)).kind).toBe('policy');
    const decoded = decodeService(spec({ NanoCPUs: 5e8 }, labels));
    expect(decoded.kind === 'invalid' && decoded.problems[0].message).toContain('"95" can never be exceeded');
  });

  it('a memory target without a limit', () => {
    const labels = { ...ON, 'scalectl.memory.target': '70' };
    expect(decodeService(spec({ MemoryBytes: 1e8 }, labels)).kind).toBe('policy');
    const decoded = decodeService(spec({}, labels));
    expect(decoded.kind === 'invalid' && decoded.problems[0].message).toContain('needs a memory limit');
  });
});
