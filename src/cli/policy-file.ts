/** Policies from a file of labels, or from the services of a stack file. */

import { parse } from 'yaml';
import { UserError, type Problem } from '../errors.js';
import { decodeLabels } from '../policy/labels.js';
import type { Policy } from '../policy/policy.js';
import { policyScaler } from '../simulate/policy-scaler.js';
import type { PolicyToRun } from '../simulate/simulate.js';

/** @throws UserError with every problem of every policy in it */
export function policiesInFile(file: string, text: string): PolicyToRun[] {
  const problems: Problem[] = [];
  const policies: PolicyToRun[] = [];
  for (const [name, labels] of labelSets(file, text)) {
    const decoded = decodeLabels(name, labels, 'replicated');
    if (decoded.kind === 'invalid') problems.push(...decoded.problems);
    if (decoded.kind !== 'policy') continue;
    problems.push(...unsimulated(name, decoded.value));
    const { min, max } = decoded.value;
    policies.push({ name, make: () => policyScaler(decoded.value), bounds: { min, max } });
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  if (policies.length > 0) return policies;
  throw new UserError('has no policy', {
    place: file,
    hint: 'Write labels like scalectl.autoscale: "true", by themselves or under deploy.labels of a service.',
  });
}

function unsimulated(name: string, policy: Policy): Problem[] {
  return policy.signals.flatMap(({ kind }) => {
    if (kind === 'cpu' || kind === 'requests' || kind === 'queue') return [];
    const message = `goes by ${kind}, of which a trace of arrivals tells nothing`;
    return [{ place: name, message, hint: 'Simulate it without that label.' }];
  });
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
