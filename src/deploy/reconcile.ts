/** Compares what is wanted with what is there. No calls, no clock: the same two pictures give the same plan. */

import type { DesiredStack } from '../stack/convert.js';
import { GENERATED_LABEL } from '../stack/names.js';
import type { Material } from './materials.js';
import { stackOf, type Observed } from './observe.js';
import { inOrder, predecessors } from './order.js';
import type { Operation, Plan, ServiceOperation } from './plan.js';
import { planMaterials } from './plan-materials.js';
import { planNetworks, planUnusedNetworks } from './plan-networks.js';
import { raiseProblems, startPlanning, type ReconcileOptions } from './planning.js';
import { planLeftovers, planService } from './plan-services.js';

/**
 * @returns the plan, and the stack as it is once that is carried out: services with their final specs
 * @throws UserError that names every object that the stack needs and that is missing, or whose name belongs to another
 */
export function reconcile(
  desired: DesiredStack,
  materials: readonly Material[],
  observed: Observed,
  options: ReconcileOptions,
): { plan: Plan; target: DesiredStack } {
  const planning = startPlanning(desired.name, observed, options);
  const replaced = planNetworks(desired, planning);
  planMaterials(materials, planning);
  planLeftovers(desired, planning);
  const planned = desired.services.map((service) => planService(service, replaced, planning));
  raiseProblems(planning);
  planning.operations.push(
    ...ordered(
      planned.flatMap(({ operation }) => operation ?? []),
      desired,
    ),
  );
  const target = {
    ...desired,
    services: desired.services.map((service, index) => ({
      ...service,
      spec: planned[index]?.target ?? service.spec,
    })),
  };
  if (options.prune && options.keepNetworks !== true) planUnusedNetworks(target, planning);
  const { stack, operations, unchanged, warnings } = planning;
  operations.sort((a, b) => turnOf(a) - turnOf(b));
  return { plan: { stack, operations, unchanged, warnings }, target };
}

/** Each after what it depends on. */
function ordered(operations: readonly ServiceOperation[], desired: DesiredStack): ServiceOperation[] {
  const nameOf = (key: string) => desired.services.find((service) => service.key === key)?.spec.Name ?? key;
  const dependsOn = new Map(
    desired.services.map(({ spec, dependsOn: others }) => [spec.Name, others.map(({ key }) => nameOf(key))]),
  );
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const before = predecessors([...byName.keys()], dependsOn);
  return inOrder([...byName.keys()], before).flatMap((name) => {
    const operation = byName.get(name);
    return operation === undefined ? [] : [{ ...operation, after: before.get(name) ?? [] }];
  });
}

const TURNS = ['create-network', 'create-secret', 'update-secret', 'create-config', 'update-config'];
const LATER_TURNS = ['remove-service', 'replace-network', 'service', 'remove-network'];

function turnOf({ kind }: Operation): number {
  const turn = [...TURNS, ...LATER_TURNS].indexOf(kind);
  return turn < 0 ? TURNS.length + LATER_TURNS.indexOf('service') : turn;
}

/** What stands behind the key in a name that was made from a content. */
const CONTENT_SUFFIX = /.-[0-9a-f]{12}$/;

/**
 * Secrets and configs that have no name of their own and that no service uses any more, not even as what Swarm would
 * roll back to: those named by their content, and those that docker named and scalectl took over. Generated secrets are
 * kept: they open data that is still there.
 * @param needed of the present release and of those that one may want to go back to
 * @param recorded what any release is made of
 */
export function unusedObjects(
  stack: string,
  needed: readonly Pick<Material, 'kind' | 'name'>[],
  recorded: readonly Pick<Material, 'kind' | 'name' | 'key' | 'external'>[],
  observed: Observed,
): { kind: Material['kind']; id: string; name: string }[] {
  const keyOf = ({ kind, name }: Pick<Material, 'kind' | 'name'>) => `${kind} ${name}`;
  const used = new Set(needed.map(keyOf));
  const taken = new Set(
    recorded.filter(({ key, name, external }) => !external && name === `${stack}_${key}`).map(keyOf),
  );
  for (const { Spec, PreviousSpec } of observed.services) {
    for (const container of [Spec.TaskTemplate.ContainerSpec, PreviousSpec?.TaskTemplate.ContainerSpec]) {
      container?.Secrets?.forEach(({ SecretName }) => used.add(`secret ${SecretName}`));
      container?.Configs?.forEach(({ ConfigName }) => used.add(`config ${ConfigName}`));
    }
  }
  const unused = (kind: Material['kind'], found: Observed['secrets']) =>
    found
      .filter((object) => {
        const key = keyOf({ kind, name: object.Spec.Name });
        return (
          stackOf(object) === stack &&
          (CONTENT_SUFFIX.test(object.Spec.Name) || taken.has(key)) &&
          object.Spec.Labels?.[GENERATED_LABEL] !== 'true' &&
          !used.has(key)
        );
      })
      .map(({ ID, Spec }) => ({ kind, id: ID, name: Spec.Name }));
  return [...unused('secret', observed.secrets), ...unused('config', observed.configs)];
}

export function describeOperation(operation: Operation): string {
  return `${operation.kind.replace('-', ' ')} ${operation.name}`;
}
