/**
 * `depends_on`: which service comes after which. Docker reads over it, so the short form, which docker takes, is never a
 * reason to refuse a file: what cannot be kept of it is left out, with a warning. The long form says what is required.
 */

import { didYouMean } from '../text.js';
import type { Checking } from './check.js';
import type { ComposeService, DependencyCondition } from './compose.js';

export interface DependencyEdge {
  key: string;
  condition: DependencyCondition;
}

interface Found {
  /** service -> those that come before it; without cycles */
  edges: ReadonlyMap<string, DependencyEdge[]>;
  missing: { service: string; other: string; required: boolean }[];
  /** names along a cycle, the first one again at the end */
  cycles: { way: string[]; required: boolean }[];
}

type Services = Readonly<Record<string, ComposeService>>;

export function findDependencies(services: Services): Found {
  const edges = new Map<string, DependencyEdge[]>();
  const found: Found = { edges, missing: [], cycles: [] };
  const visit = (service: string, way: readonly string[]): void => {
    if (edges.has(service)) return;
    const kept: DependencyEdge[] = [];
    for (const [other, { condition, required }] of Object.entries(services[service]?.depends_on ?? {})) {
      const here = [...way, service];
      if (!Object.hasOwn(services, other)) {
        found.missing.push({ service, other, required });
      } else if (here.includes(other)) {
        found.cycles.push({ way: [...here.slice(here.indexOf(other)), other], required });
      } else {
        visit(other, here);
        kept.push({ key: other, condition });
      }
    }
    edges.set(service, kept);
  };
  for (const service of Object.keys(services)) visit(service, []);
  return found;
}

export function checkDependencies(services: Services, checking: Checking): void {
  const { missing, cycles } = findDependencies(services);
  for (const { service, other, required } of missing) {
    const path = ['services', service, 'depends_on', other];
    if (required) {
      const hint = didYouMean(other, Object.keys(services)) ?? 'Remove it, or declare the service.';
      checking.report(path, `there is no service "${other}" in this file`, hint);
    } else {
      checking.warn(path, `depends_on: there is no service "${other}" to wait for`);
    }
  }
  for (const { way, required } of cycles) {
    const path = ['services', way.at(-2) ?? '', 'depends_on', way.at(-1) ?? ''];
    const circle = `services wait for each other: ${way.join(' -> ')}`;
    if (required) checking.report(path, circle, 'Remove one of these dependencies.');
    else checking.warn(path, `depends_on: ${circle}; the last does not wait`);
  }
}
