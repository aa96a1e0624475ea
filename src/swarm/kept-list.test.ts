import { describe, expect, it } from 'vitest';
import { KeptList } from './kept-list.js';

type Task = ReturnType<typeof task>;

const task = (n: number, index = 10, given: object = {}) => ({
  ID: `task${n}`,
  Version: { Index: index },
  ServiceID: 'web',
  Spec: { ContainerSpec: { Env: [`TEXT="}]},{"ID":"\\\\ ü € 𝄞 ${n}`, ''] } },
  Status: { State: 'running' },
  ...given,
});

/** In pieces of so many bytes. */
async function* pieces(text: string, size: number): AsyncIterable<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const read = (list: KeptList<Task>, text: string, size = 64 * 1024) => list.read(pieces(text, size));
const ids = (tasks: Task[]) => tasks.map(({ ID }) => ID);

describe('a list', () => {
  it('must be what JSON says, however it arrives, at the first look and at those after it', async () => {
    const tasks = Array.from({ length: 7 }, (_, n) => task(n));
    for (const text of [
      JSON.stringify(tasks),
      JSON.stringify(tasks, null, 2),
      `${JSON.stringify(tasks)}\n`,
    ]) {
      for (let size = 1; size < 400; size += 7) {
        const list = new KeptList<Task>();
        for (let look = 0; look < 3; look++) expect(await read(list, text, size)).toEqual(tasks);
      }
    }
  });

  it.each([
    ['[]', 0],
    ['null\n', 0],
    [' [ ] ', 0],
    ['[{}]', 1],
  ])('of %s must hold as many as it says', async (text, length) => {
    expect(await read(new KeptList<Task>(), text)).toHaveLength(length);
  });

  it.each([
    '',
    '[',
    '{"message":"no"}',
    '[{"ID":"a"',
    '[{"ID":"a"},',
    '[{}] {}',
    '[{} {}]',
    'nothing',
    '[1]',
  ])('must not be taken for whole where it is %j', async (text) => {
    await expect(read(new KeptList<Task>(), text)).rejects.toThrow(SyntaxError);
  });

  it('must not be taken for whole where it ends within a task that was there before', async () => {
    const list = new KeptList<Task>();
    const text = JSON.stringify([task(1), task(2)]);
    await read(list, text);
    for (let length = 1; length < text.length; length++) {
      await expect(read(list, text.slice(0, length))).rejects.toThrow(SyntaxError);
    }
    expect(ids(await read(list, text))).toEqual(['task1', 'task2']);
  });

  it('must hold the objects of the last look for what has not changed, and no others', async () => {
    const list = new KeptList<Task>();
    const first = await read(list, JSON.stringify([task(1), task(2), task(3)]));
    const changed = task(2, 11, { Status: { State: 'failed!' } });
    const second = await read(list, JSON.stringify([task(3), changed, task(4), task(1)]));
    expect(second).toEqual([task(3), changed, task(4), task(1)]);
    expect(second[0]).toBe(first[2]);
    expect(second[3]).toBe(first[0]);
  });

  it('must read a task of the same version anew where it is not as long as before', async () => {
    const list = new KeptList<Task>();
    const before = [task(1), task(2)];
    await read(list, JSON.stringify(before));
    for (const State of ['new', 'starting', 'a much longer state than that']) {
      const after = [task(1, 10, { Status: { State } }), task(2)];
      expect(await read(list, JSON.stringify(after))).toEqual(after);
    }
  });

  it('must keep what it is told to keep', async () => {
    const list = new KeptList<Task>((one) => ({ ...one, ServiceID: 'kept' }));
    const text = JSON.stringify([task(1)]);
    for (let look = 0; look < 2; look++)
      expect(await read(list, text)).toEqual([task(1, 10, { ServiceID: 'kept' })]);
  });
});
