/**
 * A HorizontalPodAutoscaler of Kubernetes (autoscaling/v2) as labels. What has no equal here becomes a warning, and
 * never a label that means something else.
 * Source: the API reference of HorizontalPodAutoscalerSpec v2.
 */

import type { Problem } from '../errors.js';
import { formatDurationMs } from '../text.js';
import { STEP_PERIOD_MS } from './defaults.js';

export interface Imported {
  /** name of the HPA */
  name: string;
  /** name of what it scales, which becomes a service */
  service: string;
  labels: Record<string, string>;
  warnings: string[];
}

type Fields = Readonly<Record<string, unknown>>;

const SPEC_FIELDS = ['scaleTargetRef', 'minReplicas', 'maxReplicas', 'metrics', 'behavior'];
const RULE_FIELDS = ['stabilizationWindowSeconds', 'policies', 'selectPolicy'];
/** What Kubernetes does where `behavior.scaleUp.policies` says nothing. */
const KUBERNETES_UP_STEP = '4,100%';
const LONGEST_WINDOW_SECONDS = 3600;

export function isHpa(document: unknown): boolean {
  return fieldsOf(document)['kind'] === 'HorizontalPodAutoscaler';
}

/** @returns labels, or what is wrong with the manifest itself, placed by the path of the field */
export function importHpa(document: unknown): Imported | { problems: [Problem, ...Problem[]] } {
  const manifest = fieldsOf(document);
  const spec = fieldsOf(manifest['spec']);
  const warnings: string[] = [];
  const problems: Problem[] = [];
  const refuse = (place: string, message: string, hint: string) => problems.push({ place, message, hint });
  const version = manifest['apiVersion'];
  if (version !== 'autoscaling/v2' && version !== 'autoscaling/v2beta2') {
    const hint = 'Convert it first: kubectl get hpa NAME -o yaml gives autoscaling/v2.';
    refuse(
      'apiVersion',
      `is ${JSON.stringify(version ?? null)}, and autoscaling/v2 is what can be read`,
      hint,
    );
  }
  const max = spec['maxReplicas'];
  if (!isCount(max, 1))
    refuse('spec.maxReplicas', 'is no number of replicas', 'Write maxReplicas: 10, for example.');
  const min = spec['minReplicas'] ?? 1;
  if (!isCount(min, 0))
    refuse('spec.minReplicas', 'is no number of replicas', 'Write minReplicas: 2, for example.');
  for (const key of Object.keys(spec)) {
    if (!SPEC_FIELDS.includes(key)) warnings.push(`spec.${key} has no equal here`);
  }
  const labels: Record<string, string> = {
    autoscale: 'true',
    min: isCount(min, 0) ? String(min) : '',
    max: isCount(max, 1) ? String(max) : '',
    ...metricLabels(spec['metrics'], warnings),
    ...behaviourLabels(fieldsOf(spec['behavior']), warnings),
  };
  const [first, ...others] = problems;
  if (first !== undefined) return { problems: [first, ...others] };
  const name = textOf(fieldsOf(manifest['metadata'])['name']) ?? 'unnamed';
  return {
    name,
    service: textOf(fieldsOf(spec['scaleTargetRef'])['name']) ?? name,
    labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [`scalectl.${key}`, value])),
    warnings,
  };
}

function metricLabels(metrics: unknown, warnings: string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  if (metrics === undefined || (Array.isArray(metrics) && metrics.length === 0)) {
    warnings.push('spec.metrics is missing; Kubernetes goes by cpu at 80 % then, and so do the labels');
    return { 'cpu.target': '80' };
  }
  listOf(metrics).forEach((metric, index) => {
    const place = `spec.metrics[${index}]`;
    const type = textOf(metric['type']) ?? 'without a type';
    const source = fieldsOf(metric[type === 'ContainerResource' ? 'containerResource' : 'resource']);
    const name = source['name'];
    const { type: kind, averageUtilization } = fieldsOf(source['target']);
    if (type !== 'Resource' && type !== 'ContainerResource') {
      warnings.push(`${place} (${type}) has no equal: see scalectl.prometheus, .queue, .http and .json`);
    } else if (
      (name !== 'cpu' && name !== 'memory') ||
      kind !== 'Utilization' ||
      !isCount(averageUtilization, 1)
    ) {
      const what = `${textOf(name) ?? 'a resource'} as ${textOf(kind) ?? 'no target'}`;
      warnings.push(
        `${place} (${what}) has no equal: write a percentage as scalectl.cpu.target or .memory.target`,
      );
    } else {
      labels[`${name}.target`] = String(averageUtilization);
      warnings.push(`${place}: ${name} is a percentage of the request in Kubernetes, and of the limit here`);
    }
  });
  return labels;
}

function behaviourLabels(behaviour: Fields, warnings: string[]): Record<string, string> {
  const labels: Record<string, string> = { 'up.step': KUBERNETES_UP_STEP };
  for (const [way, key] of [
    ['up', 'scaleUp'],
    ['down', 'scaleDown'],
  ] as const) {
    const rules = fieldsOf(behaviour[key]);
    const place = `spec.behavior.${key}`;
    const window = rules['stabilizationWindowSeconds'];
    if (isCount(window, 0) && window <= LONGEST_WINDOW_SECONDS) {
      labels[`${way}.window`] = window === 0 ? '0s' : formatDurationMs(window * 1000);
    } else if (window !== undefined) {
      warnings.push(
        `${place}.stabilizationWindowSeconds is not a number from 0 to ${LONGEST_WINDOW_SECONDS}`,
      );
    }
    if (rules['selectPolicy'] === 'Disabled') {
      warnings.push(`${place} is Disabled, which has no equal: the service would go that way too`);
      continue;
    }
    const step = stepOf(listOf(rules['policies']), rules['selectPolicy'], place, warnings);
    if (step !== null) labels[`${way}.step`] = step;
    for (const other of Object.keys(rules)) {
      if (!RULE_FIELDS.includes(other)) warnings.push(`${place}.${other} has no equal here`);
    }
  }
  return labels;
}

/** `4`, `100%` or `4,100%`, of which the larger counts, as with Max. */
function stepOf(
  policies: readonly Fields[],
  select: unknown,
  place: string,
  warnings: string[],
): string | null {
  const most = { Pods: 0, Percent: 0 };
  const period = STEP_PERIOD_MS / 1000;
  policies.forEach(({ type, value, periodSeconds }, index) => {
    const at = `${place}.policies[${index}]`;
    if ((type !== 'Pods' && type !== 'Percent') || !isCount(value, 1) || !isCount(periodSeconds, 1)) {
      warnings.push(`${at} cannot be read`);
      return;
    }
    const perStep = Math.max(1, Math.round((value * period) / periodSeconds));
    if (periodSeconds !== period) {
      const unit = type === 'Pods' ? '' : ' %';
      warnings.push(
        `${at}: ${value}${unit} in ${periodSeconds} s become ${perStep}${unit} in ${period} s, the period of steps here`,
      );
    }
    const least = select === 'Min' && most[type] > 0;
    most[type] = least ? Math.min(most[type], perStep) : Math.max(most[type], perStep);
  });
  const { Pods, Percent } = most;
  if (select === 'Min' && Pods > 0 && Percent > 0) {
    warnings.push(
      `${place}.selectPolicy Min has no equal for both kinds: only the number of replicas is taken over`,
    );
    return String(Pods);
  }
  const parts = [...(Pods > 0 ? [String(Pods)] : []), ...(Percent > 0 ? [`${Percent}%`] : [])];
  return parts.length === 0 ? null : parts.join(',');
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
