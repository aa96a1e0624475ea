/**
 * Finds the Engine to talk to, in the docker CLI's order: `--context`, `--host`, DOCKER_HOST, DOCKER_CONTEXT, the
 * `currentContext` of the docker configuration, the default socket.
 */

import type * as cryptoModule from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.js';

export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
  verify: boolean;
}

export type Endpoint =
  | { kind: 'unix'; address: string; socketPath: string }
  | { kind: 'tcp'; address: string; host: string; port: number; tls: TlsFiles | null }
  | { kind: 'ssh'; address: string; destination: string; port: string | null };

export interface EndpointRequest {
  context?: string | undefined;
  host?: string | undefined;
  env: NodeJS.ProcessEnv;
}

const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';

/** @throws UserError when an address cannot be understood or a context does not exist. */
export function resolveEndpoint(request: EndpointRequest): Endpoint {
  const { env } = request;
  if (request.context !== undefined && request.host !== undefined) {
    throw new UserError('--context and --host exclude each other', { hint: 'Give one of the two.' });
  }
  if (request.context !== undefined) return fromContext(request.context, '--context', env);
  if (request.host !== undefined) return parseAddress(request.host, '--host', env);
  if (env['DOCKER_HOST']) return parseAddress(env['DOCKER_HOST'], 'environment DOCKER_HOST', env);
  if (env['DOCKER_CONTEXT']) return fromContext(env['DOCKER_CONTEXT'], 'environment DOCKER_CONTEXT', env);
  const current = currentContext(env);
  if (current !== null)
    return fromContext(current, `${configDirectory(env)}/config.json: currentContext`, env);
  return parseAddress(DEFAULT_SOCKET, 'the default', env);
}

function configDirectory(env: NodeJS.ProcessEnv): string {
  return env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
}

function currentContext(env: NodeJS.ProcessEnv): string | null {
  const config = readJson(join(configDirectory(env), 'config.json'));
  const name = isRecord(config) ? config['currentContext'] : undefined;
  return typeof name === 'string' && name !== '' && name !== 'default' ? name : null;
}

function fromContext(name: string, place: string, env: NodeJS.ProcessEnv): Endpoint {
  if (name === 'default') return parseAddress(env['DOCKER_HOST'] || DEFAULT_SOCKET, place, env);
  const id = sha256(name);
  const base = join(configDirectory(env), 'contexts');
  const meta = readJson(join(base, 'meta', id, 'meta.json'));
  const endpoint = dig(meta, 'Endpoints', 'docker');
  const host = dig(endpoint, 'Host');
  if (typeof host !== 'string') {
    throw new UserError(`no docker context named "${name}"`, {
      place,
      hint: 'List the contexts with: docker context ls',
    });
  }
  const tlsDirectory = join(base, 'tls', id, 'docker');
  const ca = readText(join(tlsDirectory, 'ca.pem'));
  const cert = readText(join(tlsDirectory, 'cert.pem'));
  const key = readText(join(tlsDirectory, 'key.pem'));
  const tls: TlsFiles | null =
    ca !== null || cert !== null
      ? {
          ...(ca !== null && { ca }),
          ...(cert !== null && { cert }),
          ...(key !== null && { key }),
          verify: dig(endpoint, 'SkipTLSVerify') !== true,
        }
      : null;
  return parseAddress(host, place, env, tls);
}

function parseAddress(
  address: string,
  place: string,
  env: NodeJS.ProcessEnv,
  contextTls?: TlsFiles | null,
): Endpoint {
  const match = /^([a-z]+):\/\/(.*)$/.exec(address);
  const scheme = match?.[1];
  const rest = match?.[2] ?? '';
  if (scheme === 'unix' && rest.startsWith('/')) return { kind: 'unix', address, socketPath: rest };
  if (scheme === 'tcp' || scheme === 'http' || scheme === 'https') {
    const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : null;
    if (url !== null && url.hostname !== '') {
      const secure = scheme === 'https';
      const fromContext = contextTls === null && secure ? { verify: true } : contextTls;
      const tls =
        fromContext !== undefined ? fromContext : scheme === 'http' ? null : environmentTls(env, secure);
      // Not url.port, which is empty for 80.
      const port = /:(\d+)\/?$/.exec(rest)?.[1] ?? (tls === null ? 2375 : 2376);
      return { kind: 'tcp', address, host: withoutBrackets(url.hostname), port: Number(port), tls };
    }
  }
  if (scheme === 'ssh') {
    const url = URL.canParse(address) ? new URL(address) : null;
    // A leading dash would be read by ssh as an option.
    if (
      url !== null &&
      url.hostname !== '' &&
      !url.hostname.startsWith('-') &&
      !url.username.startsWith('-')
    ) {
      const host = withoutBrackets(url.hostname);
      const destination = url.username === '' ? host : `${url.username}@${host}`;
      return { kind: 'ssh', address, destination, port: url.port === '' ? null : url.port };
    }
  }
  throw new UserError(`cannot understand the Engine address "${address}"`, {
    place,
    hint: 'Use unix:///path/to/docker.sock, tcp://host:2376 or ssh://user@host.',
  });
}

/** A URL has an IPv6 address in brackets; whoever connects wants it without. */
function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function environmentTls(env: NodeJS.ProcessEnv, always: boolean): TlsFiles | null {
  const verify = env['DOCKER_TLS_VERIFY'] !== undefined && env['DOCKER_TLS_VERIFY'] !== '';
  if (!verify && env['DOCKER_TLS'] === undefined && !always) return null;
  const directory = env['DOCKER_CERT_PATH'] ?? configDirectory(env);
  const ca = readText(join(directory, 'ca.pem'));
  const cert = readText(join(directory, 'cert.pem'));
  const key = readText(join(directory, 'key.pem'));
  return {
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    verify: verify || always,
  };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function readJson(path: string): unknown {
  const text = readText(path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UserError('is not valid JSON', { place: path, hint: 'Mend or remove the file.' });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dig(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
}

/** Loaded here only: most calls name no context, and Node's cryptography takes longer to load than all of this. */
function sha256(text: string): string {
  const { createHash } = createRequire(import.meta.url)('node:crypto') as typeof cryptoModule;
  return createHash('sha256').update(text).digest('hex');
}
