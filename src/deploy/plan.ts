/** What is going to be done, as data: each operation is one API call with its cause. */

import type { ServiceSpec } from '../swarm/objects.js';
import type { DesiredNetwork } from '../stack/convert.js';

export interface Change {
  /** `image`, `env LOG_LEVEL`, `replicas` */
  what: string;
  from: string | null;
  to: string | null;
  /** whether Swarm replaces running tasks for it */
  restartsTasks: boolean;
}

export type Operation =
  | { kind: 'create-network'; name: string; cause: string; spec: DesiredNetwork['spec'] }
  | { kind: 'create-secret' | 'create-config'; name: string; cause: string; key: string }
  | { kind: 'create-service'; name: string; cause: string; spec: ServiceSpec }
  | {
      kind: 'update-service';
      name: string;
      cause: string;
      id: string;
      version: number;
      spec: ServiceSpec;
      changes: Change[];
    }
  | { kind: 'remove-service'; name: string; cause: string; id: string };

export interface Plan {
  stack: string;
  operations: Operation[];
  /** full names of services that stay as they are */
  unchanged: string[];
  warnings: string[];
}

/** Whether something that is there goes away by it, for good or for a moment. */
export function isDestructive(plan: Plan): boolean {
  return plan.operations.some(({ kind }) => kind.startsWith('remove-') || kind.startsWith('replace-'));
}

/** One line per operation and one per change, in the order of execution. Tests assert it, people read it. */
export function planText(plan: Plan): string {
  if (plan.operations.length === 0) return `stack ${plan.stack}: nothing to change`;
  return plan.operations.flatMap(operationLines).join('\n');
}

function operationLines(operation: Operation): string[] {
  const [verb, noun] = operation.kind.split('-') as [string, string];
  const sign = { create: '+', update: '~', remove: '-' }[verb] ?? ' ';
  const head = `${sign} ${verb} ${noun} ${operation.name}: ${operation.cause}`;
  return operation.kind === 'update-service' ? [head, ...operation.changes.map(changeLine)] : [head];
}

function changeLine({ what, from, to, restartsTasks }: Change): string {
  const values = from === null && to === null ? '' : ` ${from ?? 'none'} -> ${to ?? 'none'}`;
  return `    ${what}${values} (${restartsTasks ? 'restarts tasks' : 'no restart'})`;
}
