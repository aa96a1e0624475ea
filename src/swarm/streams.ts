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
  const open = { stdout: new OpenLine('stdout'), stderr: new OpenLine('stderr') };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    framed ??= buffer.length >= 4 ? isHeader(buffer) : null;
    if (framed === null) continue;
    if (!framed) {
      yield* open.stdout.take(buffer);
      buffer = Buffer.alloc(0);
      continue;
    }
    while (buffer.length >= HEADER_BYTES) {
      const size = buffer.readUInt32BE(4);
      if (buffer.length < HEADER_BYTES + size) break;
      const line = buffer[0] === 2 ? open.stderr : open.stdout;
      yield* line.take(buffer.subarray(HEADER_BYTES, HEADER_BYTES + size));
      buffer = buffer.subarray(HEADER_BYTES + size);
    }
  }
  if (framed === null) yield* open.stdout.take(buffer);
  yield* open.stdout.end();
  yield* open.stderr.end();
}

/** Longer output is cut off. */
const LARGEST_OUTPUT = 16 * 1024 * 1024;

/** All output of a command without a terminal, in the same frames. */
export async function readOutput(stream: Readable): Promise<{ stdout: string; stderr: string }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_OUTPUT) break;
  }
  const bytes = Buffer.concat(chunks);
  const parts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
    parts[bytes[at] === 2 ? 'stderr' : 'stdout'].push(bytes.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  const text = (name: keyof typeof parts): string => Buffer.concat(parts[name]).toString('utf8');
  return { stdout: text('stdout'), stderr: text('stderr') };
}

function isHeader(buffer: Buffer): boolean {
  return (buffer[0] ?? 255) <= 2 && buffer[1] === 0 && buffer[2] === 0 && buffer[3] === 0;
}

/** What has come of one output since its last newline; a chunk may end in the middle of a letter. */
class OpenLine {
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(private readonly name: 'stdout' | 'stderr') {}

  *take(bytes: Buffer): Iterable<LogLine> {
    const lines = (this.#text + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) yield parseLine(this.name, line);
  }

  *end(): Iterable<LogLine> {
    this.#text += this.#decoder.decode();
    if (this.#text !== '') yield parseLine(this.name, this.#text);
  }
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\S+) /;
/** `key=value` pairs, escaped as in a URL; a log driver with labels puts its own among those of Swarm. */
const DETAILS = /^((?:[^\s=,]+=[^\s,]*,)*com\.docker\.swarm\.[^\s=]+=\S*) /;

function parseLine(stream: 'stdout' | 'stderr', line: string): LogLine {
  const timestamp = TIMESTAMP.exec(line)?.[1] ?? null;
  let text = timestamp === null ? line : line.slice(timestamp.length + 1);
  const details = DETAILS.exec(text)?.[1] ?? '';
  if (details !== '') text = text.slice(details.length + 1);
  const pairs = new Map(
    details.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), unescape(pair.slice(at + 1))] as const;
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

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
