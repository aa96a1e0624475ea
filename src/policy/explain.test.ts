import { describe, expect, it } from 'vitest';
import { formatDurationMs } from '../text.js';
import { explainSettings } from './explain.js';
import { decodeLabels } from './labels.js';

const ON = { 'scalectl.autoscale': 'true', 'scalectl.max': '10' };

function lines(labels: Record<string, string>): string[] {
  return explainSettings(labels).map(({ key, value, from }) => `${key}=${value} (${from})`);
}

describe('the settings of a policy', () => {
  it('must say what labels give, then what holds without them', () => {
    expect(lines({ ...ON, 'scalectl.cpu.target': '70', 'scalectl.down.window': '2m', other: 'x' })).toEqual([
      'autoscale=true (label)',
      'max=10 (label)',
      'cpu.target=70 (label)',
      'down.window=2m (label)',
      'min=1 (default)',
      'up.window=0s (default)',
      'up.step=no limit (default)',
      'down.step=100% (default)',
      'up.cooldown=0s (default)',
      'down.cooldown=0s (default)',
      'hold=5m (default)',
      'coverage=100 (default)',
      'on-error=hold (default)',
    ]);
  });

  it('must name defaults of a signal only beside that signal', () => {
    const queue = lines({ ...ON, 'scalectl.queue.url': 'redis://redis', 'scalectl.queue.key': 'orders' });
    expect(queue).toContain('queue.kind=list (default)');
    expect(queue).toContain('queue.target=10 (default)');
    expect(lines(ON).join()).not.toMatch(/queue|http|json|prometheus/);
    const drain = lines({ ...ON, 'scalectl.queue.key': 'orders', 'scalectl.queue.drain': '60s' });
    expect(drain).toContain('queue.concurrency=measured (default)');
    expect(drain.join()).not.toContain('queue.target');
  });

  it('must be none where nothing is said, and not show what the autoscaler noted', () => {
    expect(lines({ other: 'x', 'scalectl.last-scale': '{}' })).toEqual([]);
  });

  it('must never show a password, also where it holds an @ or a /', () => {
    const [setting] = explainSettings({ 'scalectl.queue.url': 'redis://:p@ss/w0rd@redis:6379/1' });
    expect(setting?.value).toBe('redis://***@redis:6379/1');
  });

  it.each([
    [{ 'scalectl.cpu.target': '70' }],
    [{ 'scalectl.http.backend': 'app', 'scalectl.http.target': '50' }],
    [{ 'scalectl.http.backend': 'app', 'scalectl.sessions.target': '50' }],
    [{ 'scalectl.http.backend': 'app', 'scalectl.sessions.target': '50', 'scalectl.http.target': '9' }],
    [{ 'scalectl.queue.url': 'redis://redis', 'scalectl.queue.key': 'orders' }],
  ])('must agree with what is decoded from %j', (labels) => {
    const decoded = decodeLabels('web', { ...ON, ...labels }, 'replicated');
    if (decoded.kind !== 'policy') throw new Error(JSON.stringify(decoded));
    const { min, up, down, onError } = decoded.value;
    const said = lines({ ...ON, ...labels });
    expect(said).toContain(`min=${min} (default)`);
    expect(said.filter((line) => line.startsWith('down.window'))).toEqual([
      down.byStartUp === true
        ? `down.window=1m5s to ${formatDurationMs(down.windowMs)}, 6 start-ups (default)`
        : `down.window=${formatDurationMs(down.windowMs)} (default)`,
    ]);
    expect(said).toContain(`up.cooldown=${up.cooldownMs}s (default)`);
    expect(said).toContain(`on-error=${onError.kind} (default)`);
    const requests = decoded.value.signals.some(({ kind }) => kind === 'requests');
    expect(said.some((line) => line.startsWith('http.forecast'))).toBe(requests);
  });
});
