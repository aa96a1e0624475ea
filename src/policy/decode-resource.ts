/** CPU, memory and throttling from labels. */

import type { LabelReader } from './label-reader.js';
import type { ResourceRule, ResourceSignal, ThrottlingSignal } from './policy.js';
import { parsePercent } from './values.js';

export function decodeResource(reader: LabelReader, kind: 'cpu' | 'memory'): ResourceSignal | null {
  const [target, up, down] = (['target', 'up', 'down'] as const).map((part) =>
    reader.value(`${kind}.${part}`, parsePercent),
  );
  const [hasTarget, hasUp, hasDown] = ['target', 'up', 'down'].map((part) => reader.has(`${kind}.${part}`));
  if (hasTarget === true && (hasUp === true || hasDown === true)) {
    reader.problem(
      `${kind}.target`,
      `stands beside scalectl.${kind}.${hasUp === true ? 'up' : 'down'}: it is one target or two thresholds`,
      `Remove scalectl.${kind}.target, or scalectl.${kind}.up and scalectl.${kind}.down.`,
    );
    return null;
  }
  if (hasUp !== hasDown) {
    const [there, missing] = hasUp === true ? ['up', 'down'] : ['down', 'up'];
    reader.problem(
      `${kind}.${there}`,
      `stands alone: two thresholds need scalectl.${kind}.${missing} too`,
      `Add scalectl.${kind}.${missing}, or use scalectl.${kind}.target.`,
    );
    return null;
  }
  const rule = ruleOf(target ?? null, up ?? null, down ?? null);
  return rule === null ? null : { kind, rule };
}

export function decodeThrottling(reader: LabelReader): ThrottlingSignal | null {
  const targetPercent = reader.value('throttling.target', parsePercent);
  return targetPercent === null ? null : { kind: 'throttling', targetPercent };
}

function ruleOf(target: number | null, up: number | null, down: number | null): ResourceRule | null {
  if (target !== null) return { kind: 'target', targetPercent: target };
  if (up !== null && down !== null) return { kind: 'band', upPercent: up, downPercent: down };
  return null;
}
