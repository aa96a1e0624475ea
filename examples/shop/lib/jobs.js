import { setTimeout as sleep } from 'node:timers/promises';

/** A job that no retry can help. */
export class HopelessJob extends Error {}

/**
 * @param {string} text
 * @returns {{ orderId: number } | { sleepMs: number }}
 */
export function parseJob(text) {
  let job;
  try {
    job = JSON.parse(text);
  } catch {
    throw new HopelessJob('not JSON');
  }
  if (Number.isSafeInteger(job?.orderId) && job.orderId > 0) return { orderId: job.orderId };
  if (Number.isSafeInteger(job?.sleepMs) && job.sleepMs >= 0 && job.sleepMs <= 60_000)
    return { sleepMs: job.sleepMs };
  throw new HopelessJob('neither an orderId nor a sleepMs from 0 to 60000');
}

/**
 * Does one job.
 *
 * @param {string} text
 * @param {object} options
 * @param {{ processOrder: (id: number, worker: string) => Promise<boolean> }} options.shop
 * @param {string} options.id          of this worker
 * @param {AbortSignal} options.signal gives up on a job that takes longer than the worker may
 */
export async function perform(text, { shop, id, signal }) {
  const job = parseJob(text);
  if ('sleepMs' in job) await sleep(job.sleepMs, undefined, { signal });
  else if (!(await shop.processOrder(job.orderId, id))) throw new HopelessJob(`no order ${job.orderId}`);
}
