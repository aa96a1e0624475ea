/** When Swarm starts a task again: `deploy.restart_policy`, or the older `restart`. */

import type { RestartPolicy } from '../swarm/objects.js';
import type { ComposeService } from './compose.js';
import { maybe } from './entries.js';

const CONDITIONS: Readonly<Record<string, RestartPolicy['Condition'] | 'none given'>> = {
  '': 'none given',
  no: 'none given',
  always: 'any',
  'unless-stopped': 'any',
  'on-failure': 'on-failure',
};

/**
 * `always`, `unless-stopped`, `on-failure[:ATTEMPTS]`, `no`. The last leaves the choice to Swarm, as docker has it.
 * @returns null for what is no restart policy, undefined where Swarm decides
 */
export function parseRestart(written: string): RestartPolicy | undefined | null {
  const [, name = '', attempts = ''] = /^([^:]*)(?::(.*))?$/s.exec(written) ?? [];
  const condition = Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined;
  if (condition === undefined || !/^(?:\+?\d+)?$/.test(attempts) || (name === '' && written !== ''))
    return null;
  if (condition === 'none given') return undefined;
  return {
    Condition: condition,
    ...(condition === 'on-failure' && { MaxAttempts: Number(attempts) }),
  };
}

export function convertRestart({ restart, deploy }: ComposeService): RestartPolicy | undefined {
  const policy = deploy?.restart_policy;
  if (policy === undefined) return parseRestart(restart ?? '') ?? undefined;
  return {
    ...maybe('Condition', policy.condition),
    ...maybe('Delay', policy.delay),
    ...maybe('MaxAttempts', policy.max_attempts),
    ...maybe('Window', policy.window),
  };
}
