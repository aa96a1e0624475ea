import { describe, expect, it } from 'vitest';
import { roomFor, shortageText, type NodeRoom, type TaskNeeds } from './capacity.js';

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

const GIB = 2 ** 30;
const BOTH = { ...CPU, bytes: 3 * GIB };

describe('room for further replicas', () => {
  it.each<[string, NodeRoom[], TaskNeeds, waiting: number, more: number | null]>([
    ['nothing reserved', [node()], needs(), 0, null],
    ['4 CPUs free', [node()], needs(CPU), 0, 4],
    ['those that wait come first', [node()], needs(CPU), 3, 1],
    ['more wait than fit', [node()], needs(CPU), 9, -5],
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
    ['memory is what is short', [node()], needs({ ...CPU, bytes: 3 * GIB }), 0, 2],
    [
      'CPU on one node and memory on the other',
      [node({ freeBytes: 0 }), node({ freeNanoCpus: 0 })],
      needs({ ...CPU, bytes: GIB }),
      0,
      0,
    ],
    ['reserved beyond what there is', [node({ freeNanoCpus: -1e9 })], needs(CPU), 0, 0],
    ['resources unknown', [node({ freeNanoCpus: null })], needs(CPU), 0, null],
    ['so many on each node', [node({ own: 2 }), node()], needs({ maxPerNode: 2 }), 0, 2],
    ['more on a node than may be', [node({ own: 3 }), node()], needs({ maxPerNode: 2 }), 0, 2],
    ['no node open', [node({ open: false })], needs(), 0, 0],
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
  ])('%s', (_, nodes, needed, waiting, more) => {
    expect(roomFor(nodes, needed, waiting)?.more ?? null).toBe(more);
  });
});

describe('what is missing for so many replicas more', () => {
  it.each<[text: string, NodeRoom[], TaskNeeds, waiting: number, wanted: number]>([
    ['needs 2 more CPUs: room for 4 of 6 new replicas', [node()], needs(CPU), 0, 6],
    ['needs 1 more CPU: room for 4 of 5 new replicas', [node()], needs(CPU), 0, 5],
    ['needs 2 more CPUs: room for 1 of 3 new replicas', [node()], needs(CPU), 3, 3],
    ['needs 3 more CPUs: room for 0 of 1 new replica', [node()], needs(CPU), 6, 1],
    ['needs 0.75 more CPUs: room for 16 of 19 new replicas', [node()], needs({ nanoCpus: 2.5e8 }), 0, 19],
    ['needs 1.5 more CPUs: room for 2 of 3 new replicas', [node()], needs({ nanoCpus: 1.5e9 }), 0, 3],
    ['needs 6 GiB more memory: room for 2 of 4 new replicas', [node()], needs({ bytes: 3 * GIB }), 0, 4],
    [
      'needs 900 MiB more memory: room for 3 of 6 new replicas',
      [node({ freeBytes: GIB })],
      needs({ bytes: 300 * 2 ** 20 }),
      0,
      6,
    ],
    ['needs 1 more CPU and 9 GiB more memory: room for 2 of 5 new replicas', [node()], needs(BOTH), 0, 5],
    ['needs 6 GiB more memory: room for 2 of 4 new replicas', [node()], needs(BOTH), 0, 4],
    ['needs 6 GiB more memory: room for 0 of 1 new replica', [node()], needs(BOTH), 3, 1],
    [
      'needs 2 more CPUs and 2 GiB more memory: room for 0 of 2 new replicas',
      [node({ freeBytes: 0 }), node({ freeNanoCpus: 0 })],
      needs({ ...CPU, bytes: GIB }),
      0,
      2,
    ],
    [
      'needs 2 more nodes (at most 2 on each): room for 1 of 4 new replicas',
      [node({ own: 2 }), node({ own: 1 })],
      needs({ maxPerNode: 2 }),
      0,
      4,
    ],
    [
      'needs 1 more node (at most 2 on each): room for 1 of 2 new replicas',
      [node({ own: 1 })],
      needs({ ...CPU, maxPerNode: 2 }),
      0,
      2,
    ],
    ['no node that is active and ready meets its constraints', [node({ open: false })], needs(CPU), 0, 2],
  ])('%s', (text, nodes, needed, waiting, wanted) => {
    const room = roomFor(nodes, needed, waiting);
    expect(room === null ? null : shortageText(room, wanted)).toBe(text);
  });
});
