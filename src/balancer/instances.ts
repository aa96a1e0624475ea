/** The balancers behind an address: each task of a Swarm service is one, with counters of its own. */

import { connect } from 'node:net';
import { httpGet } from '../http-get.js';
import { resolveAll } from '../resolve-all.js';

/** One HAProxy process that can be asked. */
export interface BalancerInstance {
  /** for people, and to tell instances apart: the URL with the address that it meant */
  name: string;
  /** The CSV of its statistics. Throws Error with one line when it cannot be had before the signal aborts. */
  statistics(signal: AbortSignal): Promise<string>;
}

/** All addresses that a host's name means. Throws when it means none. */
export type ResolveName = (host: string) => Promise<string[]>;

export interface BalancerOptions {
  /** value of the Authorization header for statistics over HTTP */
  authorization: () => Promise<string | null>;
  resolve?: ResolveName;
}

/**
 * The instances behind a URL: `http(s)://…` of a statistics page, `tcp://host:port` or `unix:///path` of the runtime
 * API. A name like `tasks.shop_haproxy` means all its tasks; the name of a service with a virtual address would mean
 * whichever balancer answers. Throws Error when the name means nothing.
 */
export async function findInstances(url: string, options: BalancerOptions): Promise<BalancerInstance[]> {
  if (url.startsWith('unix://')) {
    const path = url.slice('unix://'.length);
    return [{ name: url, statistics: (signal) => askRuntime({ path }, signal) }];
  }
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = await (options.resolve ?? resolveAll)(host);
  return [...new Set(addresses)].map((address) => {
    const name = address === host ? url : `${url} at ${address}`;
    if (protocol === 'tcp:') {
      return { name, statistics: (signal) => askRuntime({ host: address, port: Number(port) }, signal) };
    }
    return { name, statistics: (signal) => askPage(url, address, options, signal) };
  });
}

async function askPage(
  url: string,
  address: string,
  { authorization }: BalancerOptions,
  signal: AbortSignal,
): Promise<string> {
  const header = await authorization();
  const { status, body } = await httpGet(url.endsWith(';csv') ? url : `${url};csv`, {
    address,
    signal,
    ...(header === null ? {} : { headers: { authorization: header } }),
  });
  if (status === 200) return body;
  throw new Error(
    status === 401 ? 'it wants a user and a password (SCALECTL_HAPROXY_AUTH_FILE)' : `it answers ${status}`,
  );
}

/** `show stat` for every proxy (-1), backends (2), every server (-1). */
function askRuntime(
  target: { path: string } | { host: string; port: number },
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    const chunks: Buffer[] = [];
    const abort = (): void => void socket.destroy(new Error('no answer in time'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    socket.on('connect', () => socket.write('show stat -1 2 -1\n'));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.on('error', (error) => reject(new Error(error.message.split('\n', 1)[0], { cause: error })));
    socket.on('close', () => signal.removeEventListener('abort', abort));
  });
}
