import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { decisionEvent, evaluation, outcome } from '../../test/support/outcomes.js';
import { isInstalled } from '../../test/support/servers.js';
import { renderMetrics } from './metrics-text.js';
import { Metrics } from './metrics.js';

let nowMs = 0;
const metrics = (): Metrics => new Metrics({ version: '1.2.3', monotonicMs: () => nowMs });
const at = { level: 'info', at: '2026-06-01T12:00:00Z' } as const;

const UNKNOWN = {
  signal: 'queue jobs',
  value: null,
  unit: 'jobs',
  aim: '10 jobs per replica',
  need: null,
  coverage: null,
  ageMs: null,
  note: 'ECONNREFUSED',
};

describe('the metrics', () => {
  it('tell what was decided, with the rule that had the last word', () => {
    const all = metrics();
    const adjustments = [
      { rule: 'up-step', before: 7, after: 5, text: '' },
      { rule: 'max', before: 5, after: 4, text: '' },
    ] as const;
    all.event(decisionEvent({ from: 2, to: 4, decision: { adjustments } }));
    all.event(decisionEvent({ from: 4, to: 2 }));
    all.event(decisionEvent({ from: 2, to: 4, action: { kind: 'failed', message: 'no' } }));
    const lines = all.render().split('\n');
    expect(lines).toContain('scalectl_decisions_total{service="shop_web",outcome="up",rule="max"} 1');
    expect(lines).toContain('scalectl_decisions_total{service="shop_web",outcome="down",rule="none"} 1');
    expect(lines).toContain('scalectl_scales_total{service="shop_web",direction="up"} 1');
    expect(lines).toContain('scalectl_scales_total{service="shop_web",direction="down"} 1');
    expect(lines).toContain('scalectl_errors_total{kind="write"} 1');
    expect(lines).toContain('scalectl_build_info{version="1.2.3"} 1');
  });

  it('leave out what is not known, and say that it is not', () => {
    const all = metrics();
    const one = outcome();
    const signals = [...one.decision.signals, UNKNOWN];
    all.tick(evaluation({ ...one, decision: { ...one.decision, signals } }), 40);
    nowMs += 1_500;
    const text = all.render();
    const lines = text.split('\n');
    expect(lines).toContain('scalectl_signal_value{service="shop_web",signal="cpu",unit="%"} 60');
    expect(lines).toContain('scalectl_signal_age_seconds{service="shop_web",signal="cpu"} 2');
    expect(lines).toContain('scalectl_signal_known{service="shop_web",signal="cpu"} 1');
    expect(lines).toContain('scalectl_signal_known{service="shop_web",signal="queue jobs"} 0');
    expect(text).not.toMatch(/scalectl_(signal_value|signal_age_seconds|raw_need)\{[^}]*queue jobs/);
    expect(lines).toContain('scalectl_tick_duration_seconds_bucket{le="0.05"} 1');
  });

  it('know nothing of services before the first tick and while the Engine is lost', () => {
    const all = metrics();
    expect(all.render()).not.toMatch(/scalectl_(desired|engine_up|leader)/);
    all.tick(evaluation(outcome({ from: 3 })), 40);
    expect(all.render()).toContain('scalectl_desired_replicas{service="shop_web"} 3\n');
    all.event({ ...at, type: 'engine-lost', message: 'gone' });
    expect(all.render()).toContain('scalectl_engine_up 0\n');
    expect(all.render()).not.toContain('scalectl_desired_replicas');
    all.event({ ...at, type: 'engine-back', afterMs: 1 });
    all.leader = false;
    expect(all.render()).toContain('scalectl_desired_replicas{service="shop_web"} 3\n');
    expect(all.render()).toContain('scalectl_leader 0\n');
  });

  it('escape what people name things', () => {
    const sample = { labels: { a: 'x"y\\z\nw' }, value: 1 };
    const text = renderMetrics([{ name: 'm', type: 'gauge', help: 'one\\\ntwo', samples: [sample] }]);
    expect(text).toBe('# HELP m one\\\\\\ntwo\n# TYPE m gauge\nm{a="x\\"y\\\\z\\nw"} 1\n');
  });

  it.runIf(isInstalled('promtool'))('are in the form that Prometheus wants', () => {
    const all = metrics();
    const one = outcome({ service: 'a "b"\\' });
    all.event({ ...at, type: 'decision', outcome: one });
    all.event(decisionEvent({ from: 2, to: 4 }));
    all.tick({ ...evaluation(one), invalid: [{ service: 'x', problems: [{ place: '', message: '' }] }] }, 40);
    all.leader = true;
    all.notification('sent');
    const check = (input: string) => spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    const { status, stdout, stderr } = check(all.render());
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
    expect(check(all.render().replace('} 1', '}} 1')).status).not.toBe(0);
  });
});
