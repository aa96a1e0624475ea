/** One request over a connection of its own, to one address if need be. Loads no more of Node than it uses. */

import { isIP } from 'node:net';

export interface HttpGetOptions {
  signal: AbortSignal;
  headers?: Readonly<Record<string, string>>;
  /** Connect to this address instead of asking what the host's name means. */
  address?: string;
  /** Longer answers are refused; 8 MiB by default. */
  maxBytes?: number;
}

export interface HttpSendOptions extends HttpGetOptions {
  method: 'GET' | 'POST';
  body?: string;
  /** Connect to this unix socket instead; the URL then says what to ask for and nothing of where. */
  socketPath?: string;
}

export interface HttpAnswer {
  status: number;
  body: string;
  /** the server's clock when it answered, milliseconds since 1970; null where it does not tell */
  dateMs: number | null;
}

/** See httpSend. */
export function httpGet(url: string, options: HttpGetOptions): Promise<HttpAnswer> {
  return httpSend(url, { ...options, method: 'GET' });
}

/**
 * Follows no redirect, so that credentials stay with the host they are meant for. Throws Error with one line that
 * holds neither URL nor headers: no connection, no answer before the signal aborted, an answer too long.
 */
export async function httpSend(url: string, options: HttpSendOptions): Promise<HttpAnswer> {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const { request } = secure ? await import('node:https') : await import('node:http');
  const hostname = target.hostname.replace(/^\[|\]$/g, '');
  const { signal, headers = {}, address = hostname, maxBytes = 8 * 1024 * 1024, socketPath } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...(socketPath === undefined
        ? { host: address, port: target.port === '' ? (secure ? 443 : 80) : Number(target.port) }
        : { socketPath }),
      method: options.method,
      path: target.pathname + target.search,
      headers: { host: target.host, accept: '*/*', ...headers },
      agent: false,
      signal,
      ...(secure && isIP(hostname) === 0 ? { servername: hostname } : {}),
    });
    outgoing.on('error', (error) =>
      reject(new Error(signal.aborted ? 'no answer in time' : reasonOf(error), { cause: error })),
    );
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxBytes) chunks.push(chunk);
        else incoming.destroy(new Error(`the answer is longer than ${maxBytes} bytes`));
      });
      incoming.on('error', (error) =>
        reject(new Error(signal.aborted ? 'no answer in time' : reasonOf(error))),
      );
      incoming.on('end', () => {
        const dateMs = Date.parse(incoming.headers.date ?? '');
        resolve({
          status: incoming.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          dateMs: Number.isNaN(dateMs) ? null : dateMs,
        });
      });
    });
    outgoing.end(options.body);
  });
}

/** Several addresses that all refuse come as one error without a message of its own. */
function reasonOf(error: Error & { code?: string }): string {
  const text = error.message === '' ? (error.code ?? 'no connection') : error.message;
  return text.split('\n', 1)[0]?.slice(0, 200) ?? 'no connection';
}
