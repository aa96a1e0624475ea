import { createServer } from 'node:http';
import { log, reason } from './log.js';

const MAX_BODY_BYTES = 16 * 1024;

/** An answer that a handler gives by throwing. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {Record<string, string>} [headers]
   */
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * @typedef {object} Call
 * @property {Record<string, string>} params  from the path
 * @property {URLSearchParams} query
 * @property {() => Promise<unknown>} json    the body, parsed
 * @property {AbortSignal} signal             aborted when the client is gone
 *
 * @typedef {{ status?: number, body?: unknown, text?: string, headers?: Record<string, string> }} Answer
 * @typedef {{ method: string, path: string, handle: (call: Call) => Promise<Answer> | Answer }} Route
 */

/**
 * The route for a request; `undefined` if no path fits, `wrongMethod` if the path fits another method.
 *
 * @param {Route[]} routes
 * @param {string} method
 * @param {string} pathname
 */
export function match(routes, method, pathname) {
  const parts = pathname.split('/');
  let wrongMethod = false;
  for (const route of routes) {
    const wanted = route.path.split('/');
    if (wanted.length !== parts.length) continue;
    /** @type {Record<string, string>} */
    const params = {};
    const fits = wanted.every((part, i) => {
      if (!part.startsWith(':')) return part === parts[i];
      params[part.slice(1)] = parts[i];
      return parts[i] !== '';
    });
    if (!fits) continue;
    if (route.method === method || (route.method === 'GET' && method === 'HEAD')) return { route, params };
    wrongMethod = true;
  }
  return wrongMethod ? { wrongMethod } : undefined;
}

/** @param {import('node:http').IncomingMessage} request */
async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new HttpError(413, `body larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new HttpError(400, 'body is not JSON');
  }
}

/**
 * @param {object} options
 * @param {Route[]} options.routes
 * @param {string} options.service                   goes into `x-svc`: the balancer checks who answers on an address
 * @param {string} options.id                        goes into `x-served-by`
 * @param {import('./metrics.js').Metrics} options.metrics
 * @param {(error: unknown) => boolean} options.isUnavailable  errors of a dependency that may pass: 503, not 500
 */
export function createApp({ routes, service, id, metrics, isUnavailable }) {
  const countRequest = metrics.counter('http_requests_total', 'Requests answered.');
  const observe = metrics.histogram('http_request_duration_seconds', 'Time to answer.');
  let inFlight = 0;
  let stopping = false;
  metrics.gauge('http_requests_in_flight', 'Requests being answered.', () => inFlight);

  const server = createServer((request, response) => {
    const startedAt = process.hrtime.bigint();
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'http://localhost');
    const found = match(routes, method, url.pathname);
    const path = found?.route?.path ?? 'other';
    const gone = new AbortController();
    inFlight++;
    response.on('close', () => {
      inFlight--;
      if (!response.writableFinished) gone.abort();
      const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
      countRequest({ method, path, status: response.writableFinished ? response.statusCode : 499 });
      observe({ path }, seconds);
    });

    answer()
      .catch((/** @type {unknown} */ error) => failure(error, path))
      .then((result) => send(response, result, method))
      .catch((/** @type {unknown} */ error) => {
        log('error', 'could not answer', { path, reason: reason(error) });
        response.destroy();
      });

    async function answer() {
      if (!found) throw new HttpError(404, `nothing at ${url.pathname}`);
      if (!found.route) throw new HttpError(405, `${method} is not possible at ${url.pathname}`);
      return found.route.handle({
        params: found.params,
        query: url.searchParams,
        json: () => readJson(request),
        signal: gone.signal,
      });
    }
  });
  // Longer than the balancer keeps an idle connection: it must be the balancer who closes, or a request can meet a
  // connection that is just being closed here.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 80_000;

  /**
   * @param {import('node:http').ServerResponse} response
   * @param {Answer} answer
   * @param {string} method
   */
  function send(response, { status = 200, body, text, headers = {} }, method) {
    if (response.destroyed) return;
    const payload = text ?? (body === undefined ? '' : `${JSON.stringify(body)}\n`);
    response.writeHead(status, {
      'content-type': text === undefined ? 'application/json' : 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': Buffer.byteLength(payload),
      'x-svc': service,
      'x-served-by': id,
      ...(stopping ? { connection: 'close' } : {}),
      ...headers,
    });
    response.end(method === 'HEAD' ? undefined : payload);
  }

  /**
   * @param {unknown} error
   * @param {string} path
   * @returns {Answer}
   */
  function failure(error, path) {
    if (error instanceof HttpError) {
      return { status: error.status, body: { error: error.message }, headers: error.headers };
    }
    log('error', 'request failed', { path, reason: reason(error) });
    if (isUnavailable(error)) {
      return { status: 503, body: { error: 'a database is not available' }, headers: { 'retry-after': '2' } };
    }
    return { status: 500, body: { error: 'internal error' } };
  }

  return {
    /**
     * @param {number} port
     * @param {string} host
     * @returns {Promise<number>} the port, which is of interest if 0 was asked for
     */
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
        });
      }),
    /** Stops accepting, lets what runs finish, closes kept-alive connections as soon as they are idle. */
    close: () => {
      stopping = true;
      return new Promise((resolve) => {
        server.close(() => resolve(undefined));
        server.closeIdleConnections();
      });
    },
  };
}
