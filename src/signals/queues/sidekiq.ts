/**
 * Sidekiq: the list `queue:<name>`, and for each process of the set `processes` a hash of the jobs that its threads
 * are at, each with its queue. A process writes that hash with its heartbeat, every 10 seconds, so that what is in
 * flight may be that old. Jobs due in `schedule` and `retry` are moved to their queue by Sidekiq itself.
 * Source: sidekiq `lib/sidekiq/api.rb` (`WorkSet`; the hash is `:work` from 7 on, `:workers` before).
 */

import { count, texts, type CountQueue } from '../redis-ask.js';

export const countSidekiq: CountQueue = async (ask, { key, prefix }) => {
  const named = (name: string): string => (prefix === undefined ? name : `${prefix}:${name}`);
  const [waiting, processes] = await ask(['llen', named(`queue:${key}`)], ['smembers', named('processes')]);
  const names = texts(processes);
  if (names.length === 0) return { waiting: count(waiting), inFlight: 0 };
  const answers = await ask(
    ...names.flatMap((name) => [
      // The set also names processes that are gone; their own hash has then run out.
      ['exists', named(name)] as const,
      ['hvals', named(`${name}:work`)] as const,
      ['hvals', named(`${name}:workers`)] as const,
    ]),
  );
  const jobs = names.flatMap((_, index) => {
    const [alive, work, workers] = answers.slice(index * 3);
    return count(alive) > 0 ? [...texts(work), ...texts(workers)] : [];
  });
  return { waiting: count(waiting), inFlight: jobs.filter((job) => queueOf(job) === key).length };
};

function queueOf(job: string): string | null {
  try {
    const { queue } = JSON.parse(job) as { queue?: unknown };
    return typeof queue === 'string' ? queue : null;
  } catch {
    return null;
  }
}
