import { describe, expect, it } from 'vitest';
import {
  closest,
  didYouMean,
  formatAgeMs,
  formatDurationMs,
  parseDurationNs,
  parseSizeBytes,
} from './text.js';

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500e6],
    ['1.5s', 1.5e9],
    ['.5s', 0.5e9],
    ['1m30s', 90e9],
    ['2h', 7200e9],
    ['3us', 3000],
    ['3µs', 3000],
    ['7ns', 7],
  ])('%s must be read as Go reads it', (text, ns) => {
    expect(parseDurationNs(text)).toBe(ns);
  });

  it.each(['', '5', 's', '1d', '1 s', '-1s', '1s ', '1m30', 'soon', '1S'])('"%s" must be refused', (text) => {
    expect(parseDurationNs(text)).toBeNull();
  });

  it.each([
    [0, '0ms'],
    [250.4, '250ms'],
    [1500, '1.5s'],
    [9000, '9s'],
    [12_400, '12s'],
    [90_000, '1m30s'],
    [120_000, '2m'],
    [3_600_000, '1h'],
    [3_661_000, '1h1m1s'],
  ])('of %d ms must be shown as %s', (ms, text) => {
    expect(formatDurationMs(ms)).toBe(text);
  });
});

describe('an age', () => {
  it.each([
    [-5, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_599_999, '59m'],
    [3_600_000, '1h'],
    [47 * 3_600_000, '47h'],
    [48 * 3_600_000, '2d'],
    [400 * 86_400_000, '400d'],
  ])('of %d ms must be shown as %s', (ms, text) => {
    expect(formatAgeMs(ms)).toBe(text);
  });
});

describe('a size', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['512b', 512],
    ['10kb', 10_240],
    ['64M', 64 * 1024 ** 2],
    ['64MiB', 64 * 1024 ** 2],
    ['1.5g', 1.5 * 1024 ** 3],
    ['2 GB', 2 * 1024 ** 3],
    ['1t', 1024 ** 4],
  ])('%s must be read in powers of 1024', (text, bytes) => {
    expect(parseSizeBytes(text)).toBe(bytes);
  });

  it.each(['', 'M', '-1M', '1x', '1,5G', '64 MB extra'])('"%s" must be refused', (text) => {
    expect(parseSizeBytes(text)).toBeNull();
  });
});

describe('a guess at what was meant', () => {
  const services = ['backend', 'worker', 'redis', 'postgres-primary'];

  it.each([
    ['bakend', 'backend'],
    ['backedn', 'backend'],
    ['BACKEND', 'backend'],
    ['wroker', 'worker'],
    ['postgres-primry', 'postgres-primary'],
  ])('for "%s" must be %s', (word, meant) => {
    expect(closest(word, services)).toBe(meant);
  });

  it('must not be made where nothing is close', () => {
    expect(closest('frontend-proxy', services)).toBeNull();
    expect(didYouMean('zookeeper', services)).toBeUndefined();
  });

  it('must prefer the closest of several', () => {
    expect(closest('worke', ['workers', 'worker'])).toBe('worker');
  });

  it('must be put as a question', () => {
    expect(didYouMean('redsi', services)).toBe('Did you mean "redis"?');
  });
});
