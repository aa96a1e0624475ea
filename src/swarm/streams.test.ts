import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { LogLine } from './engine.js';
import { readLines, readLogLines, readOutput } from './streams.js';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The bytes in chunks of that many. */
function chunks(bytes: Buffer, size: number): Readable {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return Readable.from(parts, { objectMode: true });
}

function frame(stream: 1 | 2, text: string | Buffer): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

const AT = '2026-01-01T12:00:00.123456789Z';
const DETAILS = 'com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1';
const short = ({ stream, taskId, nodeId, timestamp, text }: LogLine) =>
  [stream, taskId ?? '-', nodeId ?? '-', timestamp ?? '-', text].join(' | ');

describe('lines', () => {
  it.each([1, 2, 3, 5, 1000])('must be whole however they are cut (%d bytes at a time)', async (size) => {
    const bytes = Buffer.from('{"a":"ü"}\n\n{"b":"€😀"}\nrest');
    expect(await all(readLines(chunks(bytes, size)))).toEqual(['{"a":"ü"}', '', '{"b":"€😀"}', 'rest']);
  });

  it('must be none in an empty stream', async () => {
    expect(await all(readLines(Readable.from([])))).toEqual([]);
  });
});

describe('log lines in frames', () => {
  const bytes = Buffer.concat([
    frame(1, `${AT} ${DETAILS} first: ü€😀\n`),
    frame(2, `${AT} ${DETAILS} error  with  blanks\n`),
    frame(1, `${AT} ${DETAILS} one\n${AT} ${DETAILS} two\r\n`),
    frame(1, `${AT} ${DETAILS} \n`),
    frame(1, `${AT} ${DETAILS} cut in`),
    frame(2, `${AT} ${DETAILS} between\n`),
    frame(1, ` two\n`),
  ]);

  it.each([1, 3, 7, 8, 9, 64, 100_000])(
    'must be whole however they are cut (%d bytes at a time)',
    async (size) => {
      expect((await all(readLogLines(chunks(bytes, size)))).map(short)).toEqual([
        `stdout | t1 | n1 | ${AT} | first: ü€😀`,
        `stderr | t1 | n1 | ${AT} | error  with  blanks`,
        `stdout | t1 | n1 | ${AT} | one`,
        `stdout | t1 | n1 | ${AT} | two`,
        `stdout | t1 | n1 | ${AT} | `,
        `stderr | t1 | n1 | ${AT} | between`,
        `stdout | t1 | n1 | ${AT} | cut in two`,
      ]);
    },
  );

  it('must keep a letter whole that two frames share', async () => {
    const euro = Buffer.from('€');
    const cut = Buffer.concat([
      frame(1, Buffer.concat([Buffer.from(`${AT} ${DETAILS} 5 `), euro.subarray(0, 1)])),
      frame(1, Buffer.concat([euro.subarray(1), Buffer.from('\n')])),
    ]);
    expect((await all(readLogLines(chunks(cut, 1000)))).map(({ text }) => text)).toEqual(['5 €']);
  });

  it('must find the task among details of other kinds', async () => {
    const line = `${AT} app=shop%2Cweb,com.docker.swarm.node.id=n1,com.docker.swarm.task.id=t1 hello\n`;
    expect((await all(readLogLines(chunks(frame(1, line), 1000)))).map(short)).toEqual([
      `stdout | t1 | n1 | ${AT} | hello`,
    ]);
  });

  it('must survive details that are not well escaped', async () => {
    const line = `${AT} com.docker.swarm.task.id=t1,com.docker.swarm.node.id=100% hello\n`;
    expect((await all(readLogLines(chunks(frame(1, line), 1000)))).map(short)).toEqual([
      `stdout | t1 | 100% | ${AT} | hello`,
    ]);
  });

  it('must pass a line on as it is where nothing is known of it', async () => {
    expect(
      (await all(readLogLines(chunks(frame(2, 'error from daemon in stream: gone\n'), 5)))).map(short),
    ).toEqual(['stderr | - | - | - | error from daemon in stream: gone']);
  });
});

describe('log lines of a container with a terminal', () => {
  it.each([1, 2, 3, 50, 1000])('must be whole however they are cut (%d bytes at a time)', async (size) => {
    const bytes = Buffer.from(`${AT} ${DETAILS} ü€😀\r\n${AT} ${DETAILS} rest`);
    expect((await all(readLogLines(chunks(bytes, size)))).map(short)).toEqual([
      `stdout | t1 | n1 | ${AT} | ü€😀`,
      `stdout | t1 | n1 | ${AT} | rest`,
    ]);
  });

  it('must be passed on when they are shorter than a header', async () => {
    expect((await all(readLogLines(chunks(Buffer.from('ok\n'), 1)))).map(({ text }) => text)).toEqual(['ok']);
  });
});

describe('output of a command', () => {
  it.each([1, 3, 8, 1000])(
    'must be whole, and apart, however it is cut (%d bytes at a time)',
    async (size) => {
      const bytes = Buffer.concat([
        frame(1, '{"a":'),
        frame(2, 'warning ü\n'),
        frame(1, '"€"}\n'),
        frame(1, ''),
      ]);
      expect(await readOutput(chunks(bytes, size))).toEqual({ stdout: '{"a":"€"}\n', stderr: 'warning ü\n' });
    },
  );
});
