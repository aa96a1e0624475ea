/** The sources of measurements that the evaluation needs, put together. */

import type { EnvironmentPolicy } from '../policy/policy.js';
import { RedisLists } from '../signals/redis-lists.js';
import { passwordFromEnvironment } from '../signals/redis-password.js';
import { UsageSampler } from '../signals/usage.js';
import type { AutoscaleEngine } from './types.js';

export interface Sources {
  usage: UsageSampler;
  queues: RedisLists;
  close(): Promise<void>;
}

export function openSources(
  engine: Pick<AutoscaleEngine, 'containerStats' | 'local'>,
  env: Readonly<Record<string, string | undefined>>,
  environment: EnvironmentPolicy | null = null,
): Sources {
  const usage = new UsageSampler(engine);
  const queues = new RedisLists({ password: passwordFromEnvironment(env, passwordOf(environment)) });
  return {
    usage,
    queues,
    close: async () => {
      await Promise.all([usage.close(), queues.close()]);
    },
  };
}

function passwordOf(environment: EnvironmentPolicy | null): { url: string; password: string } | null {
  const password = environment?.redisPassword ?? null;
  const queue = environment?.policy.signals.find((signal) => signal.kind === 'queue');
  return password === null || queue === undefined ? null : { url: queue.url, password };
}
