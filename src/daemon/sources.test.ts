import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/engine-in-memory.js';
import type { LoadSignal } from '../policy/policy.js';
import { openSources, type Sources } from './sources.js';

let opened: Sources | null = null;
afterEach(() => opened?.close());

const sessions: LoadSignal = { kind: 'sessions', backend: 'app', target: 10 };
const described = (env: Record<string, string>, signal: LoadSignal = sessions): string => {
  opened = openSources(new FakeEngine(() => 0), env);
  return opened.loads.describe(signal);
};

describe('the sources', () => {
  it.each([
    [{}, 'sessions of backend "app" at http://127.0.0.1:8404/stats'],
    [{ SCALECTL_HAPROXY_URL: ' ' }, 'sessions of backend "app" at http://127.0.0.1:8404/stats'],
    [
      { SCALECTL_HAPROXY_URL: 'http://tasks.a:1/s, unix:///run/b.sock' },
      'sessions of backend "app" at http://tasks.a:1/s, unix:///run/b.sock',
    ],
  ])('balancers of a service that names none: %j', (env, text) => {
    expect(described(env)).toBe(text);
  });

  it('refuse a password in the address of balancers, and do not repeat it', () => {
    const open = () => described({ SCALECTL_HAPROXY_URL: 'http://bob:hunter2@lb/stats' });
    expect(open).toThrow('holds a user or a password');
    expect(open).not.toThrow('hunter2');
  });

  it.each<[LoadSignal, string]>([
    [
      { kind: 'queue', queue: 'rq', url: 'redis://r:6379/0', key: 'q', jobsPerReplica: 1 },
      'rq "q" at redis://r:6379/0',
    ],
    [
      { kind: 'queue', queue: 'rabbitmq', url: 'http://r/', key: 'q', jobsPerReplica: 1 },
      'queue "q" at http://r/',
    ],
    [{ kind: 'prometheus', url: 'http://p/', query: 'up', form: 'total', target: 1 }, 'up at http://p/'],
    [{ kind: 'json', url: 'http://j/', pointer: '/a', form: 'total', target: 1 }, '/a in http://j/'],
    [
      { kind: 'requests', backend: 'app', urls: ['http://h/'], perReplica: 1, forecast: true },
      'requests of backend "app" at http://h/',
    ],
  ])('each signal is asked where it is to be had: %j', (signal, text) => {
    expect(described({}, signal)).toBe(text);
  });
});
