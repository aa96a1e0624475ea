/**
 * Fills a queue named "orders" with a real library, and works at it, one phase for each line on stdin:
 * `node bull.mjs bullmq-5 PORT` says what it has done with a line on stdout.
 *
 *   filled    5 jobs, 2 with a priority, 1 due in an hour, 1 that is due; nobody works
 *   working   two jobs are being worked at, and never end
 *   paused    the queue is paused, for every worker
 */

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [library, port] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const connection = { host: '127.0.0.1', port: Number(port) };
const forever = () => new Promise(() => undefined);
const { queue, work } = library === 'bull' ? openBull() : openBullmq();

function openBull() {
  const Bull = require('bull');
  const bull = new Bull('orders', { redis: connection });
  return {
    queue: { add: (options) => bull.add({}, options), pause: () => bull.pause() },
    work: () => void bull.process(2, forever),
  };
}

function openBullmq() {
  const { Queue, Worker } = require(library);
  const bullmq = new Queue('orders', { connection });
  return {
    queue: { add: (options) => bullmq.add('job', {}, options), pause: () => bullmq.pause() },
    work: () => new Worker('orders', forever, { connection, concurrency: 2 }),
  };
}

async function fill() {
  for (let job = 0; job < 5; job++) await queue.add({});
  for (let job = 0; job < 2; job++) await queue.add({ priority: 3 });
  await queue.add({ delay: 3_600_000 });
  await queue.add({ delay: 1 });
}

await fill();
console.log('filled');
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
await lines.next();
work();
console.log('working');
await lines.next();
await queue.pause();
console.log('paused');
