import { describe, expect, it } from 'vitest';
import { roomFor, type NodeRoom, type TaskNeeds } from './capacity.js';

const node = (more: Partial<NodeRoom> = {}): NodeRoom => ({
  id: 'n1',
  hostname: 'node1',
  role: 'worker',
  labels: {},
  open: true,
  freeNanoCpus: 4e9,
  freeBytes: 8 * 2 ** 30,
  own: 0,
  ...more,
});
const needs = (more: Partial<TaskNeeds> = {}): TaskNeeds => ({
  nanoCpus: 0,
  bytes: 0,
  constraints: [],
  maxPerNode: 0,
  ...more,
});
const CPU = { nanoCpus: 1e9 };

describe('room for further replicas', () => {
  it.each<[string, NodeRoom[], TaskNeeds, waiting: number, more: number | null, text?: string]>([
    ['nothing reserved', [node()], needs(), 0, null],
    ['4 CPUs free', [node()], needs(CPU), 0, 4, 'no node has 1 CPU free for another task'],
    ['those that wait come first', [node()], needs(CPU), 3, 1],
    ['more wait than fit', [node()], needs(CPU), 9, 0],
    [
      'half CPUs on two nodes',
      [node({ freeNanoCpus: 7e8 }), node({ freeNanoCpus: 9e8 })],
      needs({ nanoCpus: 5e8 }),
      0,
      2,
    ],
    [
      'no sum of remnants is a place',
      [node({ freeNanoCpus: 6e8 }), node({ freeNanoCpus: 6e8 })],
      needs(CPU),
      0,
      0,
    ],
    [
      'memory is what is short',
      [node()],
      needs({ ...CPU, bytes: 3 * 2 ** 30 }),
      0,
      2,
      'no node has 3072 MiB of memory free for another task',
    ],
    ['reserved beyond what there is', [node({ freeNanoCpus: -1e9 })], needs(CPU), 0, 0],
    ['resources unknown', [node({ freeNanoCpus: null })], needs(CPU), 0, null],
    [
      'so many on each node',
      [node({ own: 2 }), node()],
      needs({ maxPerNode: 2 }),
      0,
      2,
      'no node may take another task (at most 2 on each)',
    ],
    [
      'no node open',
      [node({ open: false })],
      needs(),
      0,
      0,
      'no node that is active and ready meets its constraints',
    ],
    ['a role that none has', [node()], needs({ constraints: ['node.role == manager'] }), 0, 0],
    ['a role that one has', [node()], needs({ constraints: ['node.role==worker'] }), 0, null],
    ['another host', [node()], needs({ ...CPU, constraints: ['node.hostname != NODE1'] }), 0, 0],
    [
      'a label',
      [node({ labels: { zone: 'a' } }), node()],
      needs({ ...CPU, constraints: ['node.labels.zone == a'] }),
      0,
      4,
    ],
    [
      'a label that is missing is not that value',
      [node()],
      needs({ ...CPU, constraints: ['node.labels.zone != a'] }),
      0,
      4,
    ],
    [
      'what is not understood is no reason',
      [node()],
      needs({ ...CPU, constraints: ['engine.labels.x == y'] }),
      0,
      4,
    ],
  ])('%s', (_, nodes, needed, waiting, more, text) => {
    const room = roomFor(nodes, needed, waiting);
    expect(room?.more ?? null).toBe(more);
    if (text !== undefined) expect(room?.text).toBe(text);
  });
});
