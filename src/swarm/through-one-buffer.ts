/**
 * A GET over a unix socket whose answer goes through one piece of memory. Node's own client takes a new piece for every
 * 64 KiB: for the tasks of a large Swarm 26 MB at every look, outside V8's heap, which it then collects for their sake.
 */

import { connect } from 'node:net';
import { addAbortSignal } from 'node:stream';

const BUFFER_BYTES = 64 * 1024;
const END_OF_HEAD = '\r\n\r\n';

export interface Get {
  socketPath: string;
  /** with its query */
  path: string;
  signal: AbortSignal;
  /** Called with each part of the body, whose bytes are others as soon as it returns. */
  take: (bytes: Buffer) => void;
}

/**
 * Returns false, before anything was taken, where whoever answers sends chunks all the same. Throws, beside what the
 * socket and `take` throw, an Error with `statusCode` and `json`, as docker-modem does.
 */
export function getThroughOneBuffer({ socketPath, path, signal, take }: Get): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let head = '';
  let statusCode: number | null = null;
  let refusal = '';
  let isChunked = false;

  const arrived = (bytes: Buffer): void => {
    let body = bytes;
    if (statusCode === null) {
      const before = head.length;
      head += bytes.toString('latin1');
      const end = head.indexOf(END_OF_HEAD);
      if (end === -1) return;
      statusCode = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(head)?.[1] ?? NaN);
      isChunked = /^transfer-encoding:/im.test(head.slice(0, end));
      body = bytes.subarray(end + END_OF_HEAD.length - before);
    }
    if (isChunked) socket.destroy();
    else if (statusCode === 200) take(body);
    else refusal += body.toString();
  };

  const socket = connect({
    path: socketPath,
    onread: {
      buffer,
      callback: (length) => {
        try {
          arrived(buffer.subarray(0, length));
        } catch (error) {
          socket.destroy(error as Error);
        }
        return true;
      },
    },
  });
  // Not as an option of `connect`, which keeps the socket and its buffer at the signal for as long as that is waited for.
  addAbortSignal(signal, socket);
  // To a request of HTTP/1.0 the body comes as it is, without chunks, and ends with the connection.
  socket.write(`GET ${path} HTTP/1.0\r\nHost: docker\r\n\r\n`);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => {
      if (isChunked) resolve(false);
      else if (statusCode === 200) resolve(true);
      else if (statusCode === null)
        reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
      else reject(refused(statusCode, refusal));
    });
  });
}

function refused(statusCode: number, text: string): Error {
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Then the text is all there is.
  }
  return Object.assign(new Error(text), { statusCode, json });
}
