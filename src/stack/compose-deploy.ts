/** The shape of `deploy:`, which says how a service runs in the Swarm. */

import {
  anyNumber,
  duration,
  listOf,
  object,
  oneOf,
  show,
  size,
  text,
  wholeNumber,
  type Check,
} from './check.js';
import { pairs } from './pairs.js';

export const MAX_REPLICAS = 1_000_000;

/** Docker takes it in capitals too. */
const endpointMode: Check<'vip' | 'dnsrr'> = (value, path, checking) =>
  oneOf('vip', 'dnsrr')(typeof value === 'string' ? value.toLowerCase() : value, path, checking);

const rolloutShape = {
  parallelism: wholeNumber(),
  delay: duration,
  failure_action: oneOf('pause', 'continue', 'rollback'),
  monitor: duration,
  max_failure_ratio: ratio,
  order: oneOf('stop-first', 'start-first'),
};

function ratio(...[value, path, checking]: Parameters<Check<number>>): number | undefined {
  const number = anyNumber(value, path, checking);
  return number === undefined || (number >= 0 && number <= 1)
    ? number
    : checking.report(path, `must be from 0 to 1, got ${number}`);
}

const LEAST_NANO_CPUS = 1_000_000;

/** NanoCPUs. A fraction (`1/2`) is a number too. */
const cpus: Check<number> = (value, path, checking) => {
  if (value === '') return undefined;
  if (typeof value === 'number' && !checking.tolerate(path, 'text', value)) return undefined;
  const [, over = '', under = '1'] =
    /^\+?(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)(?:\/(\d+))?$/i.exec(String(value)) ?? [];
  const nano = (Number(over) / Number(under)) * 1e9;
  if (over === '' || !Number.isFinite(nano)) {
    return checking.report(path, `must be a number of cores, got ${show(value)}`, 'Write it as text: "0.5".');
  }
  const whole = Math.round(nano);
  if (Math.abs(nano - whole) > 1e-4) {
    return checking.report(
      path,
      `is finer than a billionth of a core: ${show(value)}`,
      'Write fewer digits.',
    );
  }
  return whole === 0 || whole >= LEAST_NANO_CPUS
    ? whole
    : checking.report(path, `must be at least 0.001, got ${show(value)}`);
};

const LEAST_MEMORY_BYTES = 4 * 1024 * 1024;

const memory: Check<number> = (value, path, checking) => {
  const bytes = size(value, path, checking);
  return bytes === undefined || bytes === 0 || bytes >= LEAST_MEMORY_BYTES
    ? bytes
    : checking.report(path, `must be at least 4M, got ${show(value)}`);
};

const genericResource = object(
  { discrete_resource_spec: object({ kind: text, value: anyNumber }) },
  { required: ['discrete_resource_spec'] },
);

const DEVICES = 'use generic_resources, and advertise them on the nodes';

export const deploy = object(
  {
    mode: oneOf('replicated', 'global', 'replicated-job', 'global-job'),
    replicas: wholeNumber(0, MAX_REPLICAS),
    labels: pairs,
    endpoint_mode: endpointMode,
    update_config: object(rolloutShape, { since: { order: 4 } }),
    rollback_config: object(rolloutShape),
    resources: object({
      limits: object(
        { cpus, memory, pids: wholeNumber(-1) },
        { since: { pids: 9, devices: null }, ignored: { devices: DEVICES } },
      ),
      reservations: object(
        { cpus, memory, generic_resources: listOf(genericResource) },
        {
          since: { generic_resources: 5, devices: null, pids: null },
          ignored: { devices: DEVICES, pids: 'a limit of them can be set' },
        },
      ),
    }),
    restart_policy: object({
      condition: oneOf('none', 'on-failure', 'any'),
      delay: duration,
      max_attempts: wholeNumber(),
      window: duration,
    }),
    placement: object(
      {
        constraints: listOf(text),
        preferences: listOf(object({ spread: text })),
        max_replicas_per_node: wholeNumber(),
      },
      { since: { preferences: 3, max_replicas_per_node: 8 } },
    ),
  },
  { since: { endpoint_mode: 2, rollback_config: 7 } },
);
