import { request } from 'node:http';

export interface Answer {
  status: number;
  body: string;
}

/** Where to ask: an engine's unix socket, or a host and port. */
export type Target = { socketPath: string } | { host: string; port: number };

/**
 * One HTTP request; the whole answer is read, also where an engine streams progress.
 * @param timeoutMs longest silence on the connection
 * @throws the connection's error, or one saying that nothing came within the time
 */
export async function ask(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = 10_000,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const req = request(
      {
        ...target,
        method,
        path,
        timeout: timeoutMs,
        headers: payload === undefined ? {} : { 'content-type': 'application/json' },
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      },
    );
    req.on('timeout', () => req.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    req.on('error', reject);
    req.end(payload);
  });
}

/**
 * A request whose answer is JSON.
 * @throws Error with the engine's own message on a status of 400 or more
 */
export async function askJson<T>(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs?: number,
): Promise<T> {
  const answer = await ask(target, method, path, body, timeoutMs);
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.trim()}`);
  return (answer.body === '' ? undefined : JSON.parse(answer.body)) as T;
}
