/** Policies by name: scalectl's own default, and those that it is compared with. */

import { UserError } from '../errors.js';
import { DEFAULT_DOWN, DEFAULT_DOWN_BY_REQUESTS, DEFAULT_ON_ERROR, DEFAULT_UP } from '../policy/defaults.js';
import type { Policy } from '../policy/policy.js';
import { didYouMean } from '../text.js';
import { policyScaler } from './policy-scaler.js';
import { hpaCpu, hpaRps, kedaQueue, type Limits } from './reference/hpa-scalers.js';
import { awsTargetTracking, fixed, nomad, oracle, thresholds } from './reference/others.js';
import type { Scaler } from './view.js';

/** What the making of a policy may depend on. */
export interface Setting extends Limits {
  /** requests that arrive, or jobs that wait in a queue */
  load: 'requests' | 'jobs';
  /** replicas needed in each second, for those who know the future */
  needed: Int32Array;
  startupSeconds: number;
}

interface NamedPolicy {
  /** as it is written, with an example of its numbers */
  form: string;
  numbers: number;
  load: 'requests' | 'jobs' | 'any';
  make: (numbers: readonly number[], setting: Setting) => Scaler;
}

const NAMED: Readonly<Record<string, NamedPolicy>> = {
  scalectl: {
    form: 'scalectl',
    numbers: 0,
    load: 'any',
    make: (_, setting) =>
      policyScaler(setting.load === 'requests' ? defaultForRequests(setting) : defaultForJobs(setting)),
  },
  'hpa-cpu': named('hpa-cpu:70', 'any', ([target = 70], limits) => hpaCpu(target, limits)),
  'hpa-rps': named('hpa-rps:70', 'requests', ([target = 70], limits) => hpaRps(target, limits)),
  'keda-redis': named('keda-redis:5', 'jobs', ([length = 5], limits) => kedaQueue(length, limits)),
  'active+waiting': named('active+waiting:1', 'jobs', ([length = 1], limits) =>
    kedaQueue(length, limits, 'active+waiting'),
  ),
  nomad: named('nomad:70', 'any', ([target = 70], limits) => nomad(target, limits)),
  'aws-tt': named('aws-tt:70', 'any', ([target = 70], limits) => awsTargetTracking(target, limits)),
  threshold: {
    ...named('threshold:80/30', 'any', ([up = 80, down = 30]) => thresholds(up, down)),
    numbers: 2,
  },
  static: named('static:10', 'any', ([replicas = 1]) => fixed(replicas)),
  oracle: {
    form: 'oracle',
    numbers: 0,
    load: 'any',
    make: (_, { needed, startupSeconds }) => oracle(needed, startupSeconds),
  },
};

function named(form: string, load: NamedPolicy['load'], make: NamedPolicy['make']): NamedPolicy {
  return { form, numbers: 1, load, make };
}

/** The policy of that name, ready to run. @throws UserError when there is none, or it does not fit the load */
export function policyByName(name: string, setting: Setting): Scaler {
  const [head = '', ...rest] = name.split(':');
  const found = Object.hasOwn(NAMED, head) ? NAMED[head] : undefined;
  const place = '--policy';
  if (found === undefined) {
    const forms = Object.values(NAMED).map(({ form }) => form);
    throw new UserError(`"${name}" is no policy that scalectl knows`, {
      place,
      hint: didYouMean(head, Object.keys(NAMED)) ?? `There are: ${forms.join(', ')}; or --policy-file.`,
    });
  }
  const text = rest.join(':');
  const numbers = text === '' ? [] : text.split('/').map(Number);
  const fits = text === '' ? found.numbers === 0 : numbers.length === found.numbers;
  if (!fits || numbers.some((number) => !(number > 0))) {
    throw new UserError(`"${name}" is not how ${head} is written`, { place, hint: `Write ${found.form}.` });
  }
  if (found.load !== 'any' && found.load !== setting.load) {
    throw new UserError(`"${name}" goes by ${found.load}, and the trace is of ${setting.load}`, {
      place,
      hint:
        found.load === 'jobs' ? 'Add --job-seconds to make every arrival a job.' : 'Leave --job-seconds out.',
    });
  }
  return found.make(numbers, setting);
}

/** What scalectl does with `scalectl.http.backend` and `scalectl.cpu.target: "80"`, and nothing else said. */
function defaultForRequests({ min, max }: Limits): Policy {
  return {
    ...defaults({ min, max }),
    down: DEFAULT_DOWN_BY_REQUESTS,
    signals: [
      { kind: 'requests', backend: 'simulated', perReplica: null, forecast: true },
      { kind: 'cpu', rule: { kind: 'target', targetPercent: 80 } },
    ],
  };
}

/** What scalectl does with `scalectl.queue.key` and `scalectl.queue.target: "1"`: every worker takes one job at a time. */
function defaultForJobs({ min, max }: Limits): Policy {
  return {
    ...defaults({ min, max }),
    signals: [{ kind: 'queue', queue: 'list', url: 'redis://simulated', key: 'jobs', jobsPerReplica: 1 }],
  };
}

function defaults({ min, max }: Limits): Omit<Policy, 'signals'> {
  return { source: 'labels', min, max, up: DEFAULT_UP, down: DEFAULT_DOWN, onError: DEFAULT_ON_ERROR };
}
