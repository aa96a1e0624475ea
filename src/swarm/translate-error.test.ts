import { describe, expect, it } from 'vitest';
import { EngineError } from './engine.js';
import { translateError } from './translate-error.js';

const ADDRESS = 'unix:///run/docker.sock';
const system = (code: string, message = code) => Object.assign(new Error(message), { code });
const answer = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message}`), {
    statusCode,
    json: { message },
  });

describe('what went wrong with a call', () => {
  it.each<[unknown, string, string]>([
    [
      system('ENOENT'),
      'unreachable',
      `cannot reach the Docker Engine at ${ADDRESS}: there is no such socket`,
    ],
    [
      system('ECONNREFUSED'),
      'unreachable',
      `cannot reach the Docker Engine at ${ADDRESS}: nothing listens there`,
    ],
    [
      system('ECONNRESET'),
      'unreachable',
      `cannot reach the Docker Engine at ${ADDRESS}: the connection was closed`,
    ],
    [
      system('ENOTFOUND'),
      'unreachable',
      `cannot reach the Docker Engine at ${ADDRESS}: its host name does not resolve`,
    ],
    [
      new Error('ssh ended with code 255: Permission denied'),
      'unreachable',
      `cannot reach the Docker Engine at ${ADDRESS}: ssh ended with code 255: Permission denied`,
    ],
    [system('EACCES'), 'denied', `no permission to open ${ADDRESS}`],
    [
      new DOMException('late', 'TimeoutError'),
      'unreachable',
      `the Docker Engine at ${ADDRESS} did not answer in time`,
    ],
    [new DOMException('stop', 'AbortError'), 'aborted', 'the call was given up'],
    [system('ABORT_ERR'), 'aborted', 'the call was given up'],
    [
      answer(500, 'rpc error: code = Unknown desc = update out of sequence'),
      'out-of-sequence',
      'the object was changed by someone else meanwhile',
    ],
    [
      answer(503, 'This node is not a swarm manager. Use "docker swarm init" to initialize one.'),
      'not-manager',
      'This node is not a swarm manager. Use "docker swarm init" to initialize one.',
    ],
    [answer(404, 'service x not found'), 'not-found', 'service x not found'],
    [answer(500, 'network shop_default not found'), 'not-found', 'network shop_default not found'],
    [answer(409, 'rpc error: code = AlreadyExists desc = name conflicts'), 'conflict', 'name conflicts'],
    [answer(400, 'invalid'), 'bad-request', 'invalid'],
    [answer(500, 'rpc error: code = Unavailable desc = no leader '), 'other', 'no leader'],
    ['text', 'unreachable', `cannot reach the Docker Engine at ${ADDRESS}: text`],
  ])('%s must be told as %s', (error, kind, message) => {
    const translated = translateError(error, ADDRESS);
    expect(translated).toMatchObject({ kind, message, exitCode: 1, cause: error });
  });

  it('must be told once', () => {
    const error = new EngineError('not-found', 'gone');
    expect(translateError(error, ADDRESS)).toBe(error);
  });

  it('must come with a step to take', () => {
    expect(translateError(system('EACCES'), ADDRESS).hint).toContain('the group that owns the socket');
    expect(translateError(answer(503, 'This node is not part of a swarm'), ADDRESS).hint).toContain(
      'docker swarm init',
    );
    expect(translateError(answer(503, 'This node is not a swarm manager. Worker nodes'), ADDRESS).hint).toBe(
      'Point --host or DOCKER_HOST at a manager.',
    );
  });
});
