/** What is going to be done, as data: each operation with its cause. */

import type { NetworkSpec, ServiceSpec } from '../swarm/objects.js';

export interface Change {
  /** `image`, `env LOG_LEVEL`, `replicas` */
  what: string;
  from: string | null;
  to: string | null;
  /** whether Swarm replaces running tasks for it */
  restartsTasks: boolean;
}

/** Of a task that still fits its node Swarm takes new constraints as they come. */
export const CONSTRAINTS = 'placement constraints';

interface Named {
  name: string;
  cause: string;
}

interface Existing {
  id: string;
  version: number;
  changes: Change[];
}

export type NetworkOperation =
  | (Named & { kind: 'create-network'; spec: NetworkSpec })
  /** `previous` makes it again as it was; `users` are the services that are down meanwhile */
  | (Named & {
      kind: 'replace-network';
      id: string;
      spec: NetworkSpec;
      previous: NetworkSpec;
      users: string[];
      changes: Change[];
    })
  | (Named & { kind: 'remove-network'; id: string });

export type MaterialOperation =
  | (Named & { kind: 'create-secret' | 'create-config'; key: string })
  /** of labels only: nothing else can be changed */
  | (Named & Existing & { kind: 'update-secret' | 'update-config'; labels: Record<string, string> });

export type ServiceOperation =
  | (Named & { kind: 'create-service'; spec: ServiceSpec; after: string[] })
  | (Named & Existing & { kind: 'update-service'; spec: ServiceSpec; after: string[] })
  /** removed, and created when its tasks are gone */
  | (Named & { kind: 'replace-service'; id: string; spec: ServiceSpec; after: string[]; changes: Change[] });

export type Operation =
  NetworkOperation | MaterialOperation | ServiceOperation | (Named & { kind: 'remove-service'; id: string });

export interface Plan {
  stack: string;
  /** in the order of execution, but for what is done at the same time */
  operations: Operation[];
  /** full names of services that stay as they are */
  unchanged: string[];
  warnings: string[];
}

/** What goes away by it, for good or for a moment: `service shop_old`. */
export function losses(plan: Plan): { removed: string[]; replaced: string[] } {
  const named = (verb: string) =>
    plan.operations.flatMap(({ kind, name }) =>
      kind.startsWith(`${verb}-`) ? [`${kind.slice(verb.length + 1)} ${name}`] : [],
    );
  return { removed: named('remove'), replaced: named('replace') };
}

export type Sign = '+' | '~' | '±' | '-' | ' ';

export interface PlanLine {
  sign: Sign;
  text: string;
  /** a change of the operation that stands above */
  detail: boolean;
}

/** One line per operation, and one per change where there are several. */
export function planLines(plan: Plan): PlanLine[] {
  if (plan.operations.length === 0) {
    return [{ sign: ' ', text: `stack ${plan.stack}: nothing to change`, detail: false }];
  }
  return plan.operations.flatMap(operationLines);
}

const SIGNS: Readonly<Record<string, Sign>> = { create: '+', update: '~', replace: '±', remove: '-' };

function operationLines(operation: Operation): PlanLine[] {
  const { kind, name, cause } = operation;
  const sign = SIGNS[kind.replace(/-.*/, '')] ?? ' ';
  const head = { sign, text: `${sign} ${kind.replace('-', ' ')} ${name}: ${cause}`, detail: false };
  const changes = 'changes' in operation ? operation.changes : [];
  // The only change of an update is its cause.
  if (changes.length === 1 && kind.startsWith('update-')) return [head];
  return [
    head,
    ...changes.map((change) => ({
      sign: changeSign(change),
      text: `    ${changeText(change)}`,
      detail: true,
    })),
  ];
}

function changeSign({ from, to }: Change): Sign {
  return from === null && to !== null ? '+' : from !== null && to === null ? '-' : '~';
}

export function changeText({ what, from, to, restartsTasks }: Change): string {
  const values = from === null && to === null ? '' : ` ${from ?? 'none'} -> ${to ?? 'none'}`;
  const effect = what === CONSTRAINTS ? 'moves only tasks that they exclude' : 'no restart';
  return `${what}${values} (${restartsTasks ? 'restarts tasks' : effect})`;
}

/** The cause of an operation on something that is there. */
export function causeOf(changes: readonly Change[]): string {
  const [only] = changes;
  return only !== undefined && changes.length === 1 ? changeText(only) : `${changes.length} changes`;
}

/** Tests assert it, people read it. */
export function planText(plan: Plan): string {
  return planLines(plan)
    .map(({ text }) => text)
    .join('\n');
}

/** Specs stay out: they may hold what people put into environment values. */
export function planSummary(plan: Plan): object {
  return {
    stack: plan.stack,
    operations: plan.operations.map((operation) => ({
      kind: operation.kind,
      name: operation.name,
      cause: operation.cause,
      changes: 'changes' in operation ? operation.changes : [],
    })),
    unchanged: plan.unchanged,
    warnings: plan.warnings,
  };
}
