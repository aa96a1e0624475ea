import { describe, expect, it } from 'vitest';
import { serviceSpec } from '../../test/support/objects.js';
import type { ServiceOperation } from './plan.js';
import { writeInOrder } from './write-in-order.js';

const operation = (name: string, after: string[] = []): ServiceOperation => ({
  kind: 'create-service',
  name,
  cause: '',
  spec: serviceSpec({ Name: name }),
  after,
});

/** Writes that end when they are told to, in the order in which they were begun. */
function writer() {
  const begun: string[] = [];
  const running = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  return {
    begun,
    write: ({ name }: ServiceOperation) => {
      begun.push(name);
      return new Promise<void>((resolve, reject) => running.set(name, { resolve, reject }));
    },
    end: async (name: string, error?: Error) => {
      if (error === undefined) running.get(name)?.resolve();
      else running.get(name)?.reject(error);
      running.delete(name);
      await new Promise((resolve) => setImmediate(resolve));
    },
    running: () => [...running.keys()],
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const { signal } = new AbortController();

describe('services', () => {
  it('must be written at once, eight at most', async () => {
    const { write, begun, end, running } = writer();
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
    const done = writeInOrder(
      names.map((name) => operation(name)),
      { write, signal },
    );
    await settle();
    expect(begun).toEqual(names.slice(0, 8));
    await end('s3');
    expect(begun).toEqual(names.slice(0, 9));
    while (running().length > 0) await end(running()[0]!);
    await done;
    expect(begun).toEqual(names);
  });

  it('must wait until what they depend on is up, and nothing else must wait for that', async () => {
    const { write, begun, end } = writer();
    const awaited: string[] = [];
    let comeUp: () => void = () => undefined;
    const waitFor = ([name = '']: readonly string[]) => {
      awaited.push(name);
      return new Promise<void>((resolve) => (comeUp = resolve));
    };
    const operations = [
      operation('db'),
      operation('web', ['db']),
      operation('api', ['db']),
      operation('free'),
    ];
    const done = writeInOrder(operations, { write, waitFor, signal });
    await settle();
    expect(begun).toEqual(['db', 'free']);
    await end('free');
    await end('db');
    expect([begun, awaited]).toEqual([['db', 'free'], ['db']]);
    comeUp();
    await settle();
    expect(begun).toEqual(['db', 'free', 'web', 'api']);
    await end('web');
    await end('api');
    await done;
    expect(awaited).toEqual(['db']);
  });

  it('must not be begun after a failure, which ends with what was begun', async () => {
    const { write, begun, end } = writer();
    const names = Array.from({ length: 9 }, (_, index) => `s${index}`);
    const operations = [...names.map((name) => operation(name)), operation('web', ['s0'])];
    const done = writeInOrder(operations, { write, signal });
    const outcome = expect(done).rejects.toThrow('refused');
    await settle();
    await end('s0', new Error('refused'));
    for (const name of names.slice(1)) await end(name);
    await outcome;
    expect(begun).toEqual(names.slice(0, 8));
  });
});
