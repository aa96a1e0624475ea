/** Secrets and configs: what is missing is made; of what is there only the labels can be changed. */

import { GENERATED_LABEL } from '../stack/names.js';
import { changesInMap } from './changes.js';
import type { Material } from './materials.js';
import { stackOf } from './observe.js';
import { causeOf } from './plan.js';
import { isOwn, type Planning } from './planning.js';

export function planMaterials(materials: readonly Material[], planning: Planning): void {
  const { secrets, configs } = planning.observed;
  const planned = new Set<string>();
  for (const material of materials) {
    const { kind, name } = material;
    // Two keys with one name are one object.
    if (planned.has(`${kind} ${name}`)) continue;
    planned.add(`${kind} ${name}`);
    const found = (kind === 'secret' ? secrets : configs).find(({ Spec }) => Spec.Name === name);
    if (found !== undefined) planFound(material, found, planning);
    else if (material.data === null && material.driver === null) refuseMissing(material, planning);
    else {
      const cause = material.generated ? 'not found, generated' : 'not found';
      planning.operations.push({ kind: `create-${kind}`, name, key: material.key, cause });
    }
  }
}

function refuseMissing(material: Material, { problems }: Planning): void {
  const { kind, name, external, place } = material;
  problems.push(
    external
      ? {
          place,
          message: `external ${kind} ${name} does not exist`,
          hint: `Create it with: docker ${kind} create ${name} FILE`,
        }
      : {
          place,
          message: `${kind} ${name} is gone, and its content is known to nobody but the Swarm`,
          hint: `Deploy the stack file: that makes the ${kind} again.`,
        },
  );
}

function planFound(
  material: Material,
  found: Planning['observed']['configs'][number],
  planning: Planning,
): void {
  const { kind, name, place, external, there } = material;
  if (external || !isOwn(kind, { name, place, owner: stackOf(found) }, planning)) return;
  if (there === 'other') {
    planning.problems.push({
      place,
      message: `${kind} ${name} exists with other content, and Swarm cannot change it`,
      hint: 'Give it another "name:", or leave "name:" out: then its name follows its content.',
    });
    return;
  }
  if (there === 'unseen') {
    planning.warnings.push(
      `${kind} ${name} is there already and is taken as it is: nobody can see whether its content is the same`,
    );
  }
  const generated = found.Spec.Labels?.[GENERATED_LABEL];
  // It stays generated when it is read back from the file that it was kept in.
  const labels = { ...material.labels, ...(generated !== undefined && { [GENERATED_LABEL]: generated }) };
  const changes = changesInMap('label ', found.Spec.Labels ?? {}, labels, false);
  if (changes.length === 0) return;
  planning.operations.push({
    kind: `update-${kind}`,
    name,
    cause: causeOf(changes),
    id: found.ID,
    version: found.Version.Index,
    labels,
    changes,
  });
}
