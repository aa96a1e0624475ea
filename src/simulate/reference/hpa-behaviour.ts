/** Stabilisation windows and rates of the HPA (`spec.behavior`). */

export interface HpaRule {
  kind: 'pods' | 'percent';
  value: number;
  periodSeconds: number;
}

export interface HpaScalingRules {
  windowSeconds: number;
  /** `max`: the rule that allows most; `min`: least; `disabled`: never in this direction */
  select: 'max' | 'min' | 'disabled';
  rules: readonly HpaRule[];
}

export interface HpaBehaviour {
  up: HpaScalingRules;
  down: HpaScalingRules;
}

/** The defaults of autoscaling/v2. */
export const DEFAULT_BEHAVIOUR: HpaBehaviour = {
  up: {
    windowSeconds: 0,
    select: 'max',
    rules: [
      { kind: 'pods', value: 4, periodSeconds: 15 },
      { kind: 'percent', value: 100, periodSeconds: 15 },
    ],
  },
  down: {
    windowSeconds: 300,
    select: 'max',
    rules: [{ kind: 'percent', value: 100, periodSeconds: 15 }],
  },
};

export interface HpaMemory {
  /** proposals of earlier evaluations, seconds, oldest first */
  recommendations: readonly { at: number; replicas: number }[];
  /** changes made, oldest first; negative for shrinking */
  changes: readonly { at: number; by: number }[];
}

export const NO_MEMORY: HpaMemory = { recommendations: [], changes: [] };

interface Bounds {
  now: number;
  replicas: number;
  min: number;
  max: number;
}

/** The proposal, held by the windows, then by the rates, then by the bounds. */
export function recommend(
  proposed: number,
  { now, replicas, min, max }: Bounds,
  behaviour: HpaBehaviour,
  memory: HpaMemory,
): { replicas: number; memory: HpaMemory } {
  const stabilised = stabilise(proposed, replicas, behaviour, memory, now);
  const decided =
    stabilised > replicas
      ? Math.min(stabilised, max, Math.max(replicas, upLimit(replicas, behaviour.up, memory, now)))
      : stabilised < replicas
        ? Math.max(stabilised, min, Math.min(replicas, downLimit(replicas, behaviour.down, memory, now)))
        : replicas;
  const longest = Math.max(behaviour.up.windowSeconds, behaviour.down.windowSeconds);
  const periods = [...behaviour.up.rules, ...behaviour.down.rules].map(({ periodSeconds }) => periodSeconds);
  const changes = memory.changes.filter(({ at }) => at > now - Math.max(0, ...periods));
  return {
    replicas: decided,
    memory: {
      recommendations: [
        ...memory.recommendations.filter(({ at }) => at > now - longest),
        { at: now, replicas: proposed },
      ],
      changes: decided === replicas ? changes : [...changes, { at: now, by: decided - replicas }],
    },
  };
}

function stabilise(
  proposed: number,
  replicas: number,
  { up, down }: HpaBehaviour,
  { recommendations }: HpaMemory,
  now: number,
): number {
  let least = proposed;
  let greatest = proposed;
  for (const { at, replicas: earlier } of recommendations) {
    if (at > now - up.windowSeconds) least = Math.min(least, earlier);
    if (at > now - down.windowSeconds) greatest = Math.max(greatest, earlier);
  }
  if (replicas < least) return least;
  if (replicas > greatest) return greatest;
  return replicas;
}

function upLimit(
  replicas: number,
  { select, rules }: HpaScalingRules,
  memory: HpaMemory,
  now: number,
): number {
  if (select === 'disabled') return replicas;
  const limits = rules.map((rule) => {
    const start = atStartOf(rule, replicas, memory, now);
    return rule.kind === 'pods' ? start + rule.value : Math.ceil(start * (1 + rule.value / 100));
  });
  return select === 'max' ? Math.max(...limits) : Math.min(...limits);
}

function downLimit(
  replicas: number,
  { select, rules }: HpaScalingRules,
  memory: HpaMemory,
  now: number,
): number {
  if (select === 'disabled') return replicas;
  const limits = rules.map((rule) => {
    const start = atStartOf(rule, replicas, memory, now);
    return rule.kind === 'pods' ? start - rule.value : Math.trunc(start * (1 - rule.value / 100));
  });
  // The rule that allows most change is the one with the lowest limit.
  return select === 'max' ? Math.min(...limits) : Math.max(...limits);
}

/** Replicas when the rule's period began. */
function atStartOf(
  { periodSeconds }: HpaRule,
  replicas: number,
  { changes }: HpaMemory,
  now: number,
): number {
  let start = replicas;
  for (const { at, by } of changes) if (at > now - periodSeconds) start -= by;
  return start;
}
