/** Policies from a file of labels, or from the services of a stack file. */

import { parse } from 'yaml';
import { UserError, type Problem } from '../errors.js';
import { LABEL_PREFIX } from '../policy/keys.js';
import { decodeLabels } from '../policy/labels.js';
import type { Policy } from '../policy/policy.js';
import { policyScaler } from '../simulate/policy-scaler.js';
import type { PolicyToRun } from '../simulate/simulate.js';
import { substitute, type Environment } from '../stack/interpolate.js';

/**
 * @param load what the trace is of: policies that go by the other are left out
 * @param env what variables in labels stand for
 * @throws UserError with every problem of every policy in it
 */
export function policiesInFile(
  file: string,
  text: string,
  load: 'requests' | 'jobs',
  env: Environment = {},
): PolicyToRun[] {
  const problems: Problem[] = [];
  const policies: PolicyToRun[] = [];
  for (const [name, written] of labelSets(file, text)) {
    const labels = withVariables(name, written, env, problems);
    const decoded = decodeLabels(name, labels, 'replicated');
    if (decoded.kind === 'invalid') problems.push(...decoded.problems);
    if (decoded.kind !== 'policy' || !fits(decoded.value, load)) continue;
    problems.push(...unsimulated(name, decoded.value));
    const { min, max } = decoded.value;
    policies.push({ name, make: () => policyScaler(decoded.value), bounds: { min, max } });
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  if (policies.length > 0) return policies;
  const wanted = load === 'jobs' ? 'a queue' : 'requests';
  throw new UserError(`has no policy that goes by ${wanted} or CPU alone`, {
    place: file,
    hint: 'Write labels like scalectl.autoscale: "true", by themselves or under deploy.labels of a service.',
  });
}

function fits(policy: Policy, load: 'requests' | 'jobs'): boolean {
  const other = load === 'jobs' ? 'requests' : 'queue';
  return !policy.signals.some(({ kind }) => kind === other);
}

function unsimulated(name: string, policy: Policy): Problem[] {
  const scheduled = (policy.schedules ?? []).map((schedule) => ({
    place: name,
    message: `has the schedule ${schedule.name}, and a trace tells no time of day`,
    hint: 'Simulate it without that label.',
  }));
  const unseen = policy.signals.flatMap(({ kind }) => {
    if (kind === 'cpu' || kind === 'requests' || kind === 'queue') return [];
    const message = `goes by ${kind}, of which a trace of arrivals tells nothing`;
    return [{ place: name, message, hint: 'Simulate it without that label.' }];
  });
  return [...scheduled, ...unseen];
}

function withVariables(
  service: string,
  labels: Readonly<Record<string, string>>,
  env: Environment,
  problems: Problem[],
): Record<string, string> {
  const own = Object.entries(labels).filter(([key]) => key.startsWith(LABEL_PREFIX));
  return Object.fromEntries(
    own.map(([key, value]) => {
      const result = substitute(value, (name) => env[name]);
      if ('text' in result) return [key, result.text];
      problems.push({
        place: `service ${service}, label ${key}`,
        message: result.message,
        hint: result.hint,
      });
      return [key, value];
    }),
  );
}

function labelSets(file: string, text: string): [string, Record<string, string>][] {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new UserError(`is no YAML: ${(error as Error).message}`, { place: file, cause: error });
  }
  const top = recordOf(content);
  if (!('services' in top)) return [[file, textsOf(top)]];
  return Object.entries(recordOf(top['services'])).map(([service, value]) => {
    const { labels } = recordOf(recordOf(value)['deploy']);
    return [service, Array.isArray(labels) ? fromList(labels) : textsOf(recordOf(labels))];
  });
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textsOf(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function fromList(labels: readonly unknown[]): Record<string, string> {
  return Object.fromEntries(
    labels.map((label) => {
      const text = String(label);
      const at = text.indexOf('=');
      return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
