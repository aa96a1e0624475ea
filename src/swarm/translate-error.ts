/** Turns what docker-modem and node:http throw into `EngineError`, in words a person can act on. */

import { EngineError } from './engine.js';

export function translateError(error: unknown, address: string): EngineError {
  if (error instanceof EngineError) return error;
  const { code, name, statusCode } = fields(error);
  if (name === 'TimeoutError') {
    return new EngineError('unreachable', `the Docker Engine at ${address} did not answer in time`, {
      hint: 'Look at its load and its logs, then try again.',
      cause: error,
    });
  }
  if (name === 'AbortError' || code === 'ABORT_ERR') {
    return new EngineError('aborted', 'the call was given up', { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new EngineError('denied', `no permission to open ${address}`, {
      hint: 'Run as root, or add your user to the group that owns the socket (usually "docker").',
      cause: error,
    });
  }
  if (statusCode === undefined) {
    return new EngineError(
      'unreachable',
      `cannot reach the Docker Engine at ${address}: ${reason(error, code)}`,
      {
        hint: 'Is it running? Check with: scalectl doctor',
        cause: error,
      },
    );
  }
  const message = engineMessage(error);
  const details = { statusCode, cause: error };
  if (/update out of sequence/i.test(message)) {
    return new EngineError('out-of-sequence', 'the object was changed by someone else meanwhile', details);
  }
  if (/not a swarm manager|node is not part of a swarm/i.test(message)) {
    return new EngineError('not-manager', message, {
      ...details,
      hint:
        /not part of a swarm/i.test(message) || /initialize/i.test(message)
          ? 'Form a Swarm with "docker swarm init", or point --host at a manager.'
          : 'Point --host or DOCKER_HOST at a manager.',
    });
  }
  // Source: Engine 20.10, which sends 500 for a network that a service asks for and that is not there.
  const isMissing = statusCode === 404 || /^network \S+ not found$/.test(message);
  if (isMissing) return new EngineError('not-found', message, details);
  if (statusCode === 409) return new EngineError('conflict', message, details);
  if (statusCode === 400) return new EngineError('bad-request', message, details);
  return new EngineError('other', message, details);
}

function fields(error: unknown): { code?: string; name?: string; statusCode?: number } {
  if (typeof error !== 'object' || error === null) return {};
  const { code, name, statusCode } = error as { code?: unknown; name?: unknown; statusCode?: unknown };
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof name === 'string' && { name }),
    ...(typeof statusCode === 'number' && { statusCode }),
  };
}

function reason(error: unknown, code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection was closed';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host name does not resolve';
  return error instanceof Error ? error.message : String(error);
}

function engineMessage(error: unknown): string {
  const json = (error as { json?: unknown }).json;
  const message =
    typeof json === 'object' && json !== null && typeof (json as { message?: unknown }).message === 'string'
      ? (json as { message: string }).message
      : error instanceof Error
        ? error.message
        : String(error);
  return message.replace(/^rpc error: code = \w+ desc = /, '').trim();
}
