/** Reads what the Engine sends as streams: lines of JSON, and container output in its 8-byte frames. */

import type { Readable } from 'node:stream';
import type { LogLine } from './engine.js';

export async function* readLines(stream: Readable): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

const HEADER_BYTES = 8;

/**
 * Output of a service or task asked for with `timestamps` and `details`. Frames are `[stream, 0, 0, 0, size (4,
 * big-endian)]`; output of a container with a terminal has none.
 * Source: Engine API, "Attach to a container", stream format.
 */
export async function* readLogLines(stream: Readable): AsyncIterable<LogLine> {
  let buffer: Buffer = Buffer.alloc(0);
  let framed: boolean | null = null;
  const open = { stdout: '', stderr: '' };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    framed ??= buffer.length >= 4 ? isHeader(buffer) : null;
    if (framed === null) continue;
    if (!framed) {
      yield* take(open, 'stdout', buffer.toString('utf8'));
      buffer = Buffer.alloc(0);
      continue;
    }
    while (buffer.length >= HEADER_BYTES) {
      const size = buffer.readUInt32BE(4);
      if (buffer.length < HEADER_BYTES + size) break;
      const name = buffer[0] === 2 ? 'stderr' : 'stdout';
      yield* take(open, name, buffer.toString('utf8', HEADER_BYTES, HEADER_BYTES + size));
      buffer = buffer.subarray(HEADER_BYTES + size);
    }
  }
  if (open.stdout !== '') yield parseLine('stdout', open.stdout);
  if (open.stderr !== '') yield parseLine('stderr', open.stderr);
}

function isHeader(buffer: Buffer): boolean {
  return (buffer[0] ?? 255) <= 2 && buffer[1] === 0 && buffer[2] === 0 && buffer[3] === 0;
}

function* take(
  open: { stdout: string; stderr: string },
  name: 'stdout' | 'stderr',
  text: string,
): Iterable<LogLine> {
  const lines = (open[name] + text).split('\n');
  open[name] = lines.pop() ?? '';
  for (const line of lines) yield parseLine(name, line);
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\S+) /;
const DETAILS = /^(com\.docker\.swarm\.\S+?=\S*) /;

function parseLine(stream: 'stdout' | 'stderr', line: string): LogLine {
  const timestamp = TIMESTAMP.exec(line)?.[1] ?? null;
  let text = timestamp === null ? line : line.slice(timestamp.length + 1);
  const details = DETAILS.exec(text)?.[1] ?? '';
  if (details !== '') text = text.slice(details.length + 1);
  const pairs = new Map(
    details.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))] as const;
    }),
  );
  return {
    stream,
    timestamp,
    taskId: pairs.get('com.docker.swarm.task.id') ?? null,
    nodeId: pairs.get('com.docker.swarm.node.id') ?? null,
    text: text.replace(/\r$/, ''),
  };
}
