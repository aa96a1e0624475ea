import { describe, expect, it } from 'vitest';
import { familiarImage } from './image.js';

describe('an image reference', () => {
  const digest = `sha256:${'a'.repeat(64)}`;

  it.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1.25', 'nginx:1.25'],
    ['library/nginx', 'nginx:latest'],
    ['docker.io/library/nginx', 'nginx:latest'],
    ['index.docker.io/library/nginx:1', 'nginx:1'],
    ['docker.io/someone/thing', 'someone/thing:latest'],
    ['docker.io/library/a/b', 'library/a/b:latest'],
    ['registry.example.com:5000/a/b/c:t', 'registry.example.com:5000/a/b/c:t'],
    ['localhost/x', 'localhost/x:latest'],
    ['HOST/x', 'HOST/x:latest'],
    ['[::1]:5000/x', '[::1]:5000/x:latest'],
    ['a__b/c--d.e', 'a__b/c--d.e:latest'],
    [`nginx@${digest}`, `nginx@${digest}`],
    [`docker.io/library/nginx:1@${digest}`, `nginx:1@${digest}`],
  ])('%s must be known as %s', (written, familiar) => {
    expect(familiarImage(written)).toBe(familiar);
  });

  it.each([
    '',
    'A',
    'nginx:',
    'two words',
    '-x',
    'a/',
    '/a',
    'x@sha256:12',
    'a'.repeat(64),
    'a..b',
    'x:tag:tag',
  ])('"%s" must be none', (written) => {
    expect(familiarImage(written)).toBeNull();
  });
});
