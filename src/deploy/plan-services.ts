/** Services: created, updated where they differ, replaced where Swarm cannot update, removed where nobody wants them. */

import { STATE_LABELS } from '../policy/keys.js';
import type { DesiredService, DesiredStack } from '../stack/convert.js';
import type { ServiceMode, ServiceSpec, SwarmService } from '../swarm/objects.js';
import { changesBetween, equal } from './changes.js';
import { withImage } from './images.js';
import { normaliseEndpoint, normaliseTask } from './normalise.js';
import { stackOf } from './observe.js';
import { causeOf, type ServiceOperation } from './plan.js';
import { isOwn, type Planning } from './planning.js';

export interface PlannedService {
  /** what the service is to be, with names where the Engine has ids */
  target: ServiceSpec;
  operation: ServiceOperation | null;
}

/** @param replaced names of the networks that are made anew */
export function planService(
  service: DesiredService,
  replaced: ReadonlySet<string>,
  planning: Planning,
): PlannedService {
  const { observed, options, names } = planning;
  const { Name: name } = service.spec;
  const live = observed.services.find(({ Spec }) => Spec.Name === name);
  const image = withImage(service.spec, live, options.images, options.resolveImage);
  if (live === undefined) {
    return {
      target: image,
      operation: { kind: 'create-service', name, cause: 'not found', spec: image, after: [] },
    };
  }
  if (!isOwn('service', { name, place: service.place, owner: stackOf(live) }, planning)) {
    return { target: image, operation: null };
  }
  const spec = keepDecisions(image, service, live, planning);
  const changes = changesBetween(live.Spec, spec, names);
  const { ID: id } = live;
  const [from, to] = [modeName(live.Spec.Mode), modeName(spec.Mode)];
  const network = live.Spec.TaskTemplate.Networks?.map(({ Target }) => names.network(Target)).find((target) =>
    replaced.has(target),
  );
  if (from !== to && !options.recreate) {
    planning.problems.push({
      place: service.place,
      message: `service ${name} is ${from} and cannot become ${to}`,
      hint: "Swarm never changes a service's mode: --recreate removes it and makes it anew, down meanwhile.",
    });
    return { target: spec, operation: null };
  }
  if (from !== to || network !== undefined) {
    const cause =
      from === to
        ? `its network ${network ?? ''} is made anew; down meanwhile`
        : `${from} -> ${to}; down meanwhile`;
    const others = changes.filter(({ what }) => from === to || !/^(mode|replicas)\b/.test(what));
    return {
      target: spec,
      operation: { kind: 'replace-service', name, cause, id, spec, after: [], changes: others },
    };
  }
  const paused = live.UpdateStatus?.State === 'paused' || live.UpdateStatus?.State === 'rollback_paused';
  if (changes.length === 0 && !(paused && options.resume)) {
    // Whatever made it pause may still be so, and the tasks that are left serve: that is for a person to decide.
    if (paused) planning.warnings.push(`the rollout of ${name} is paused; --resume takes it up again`);
    planning.unchanged.push(name);
    return { target: spec, operation: null };
  }
  return {
    target: spec,
    operation: {
      kind: 'update-service',
      name,
      cause: changes.length === 0 ? 'its rollout is paused and is taken up again' : causeOf(changes),
      id,
      version: live.Version.Index,
      spec: keepForms(spec, live.Spec, planning),
      after: [],
      changes,
    },
  };
}

/** `replicated`, `global`, `replicated-job`, as Compose writes it. */
function modeName(mode: ServiceMode): string {
  return (Object.keys(mode)[0] ?? '').replace(/(?<=.)Job/, '-job').toLowerCase();
}

/** What people and the autoscaler decided since the last deploy stays: replicas, forced restarts, scalectl's notes. */
function keepDecisions(
  spec: ServiceSpec,
  service: DesiredService,
  live: SwarmService,
  planning: Planning,
): ServiceSpec {
  const notes = Object.entries(live.Spec.Labels).filter(([key]) => STATE_LABELS.has(key));
  const force = live.Spec.TaskTemplate.ForceUpdate;
  return {
    ...spec,
    Labels: { ...spec.Labels, ...Object.fromEntries(notes) },
    TaskTemplate: { ...spec.TaskTemplate, ...(force !== undefined && { ForceUpdate: force }) },
    Mode: keptReplicas(spec, service, live, planning),
  };
}

function keptReplicas(
  spec: ServiceSpec,
  service: DesiredService,
  live: SwarmService,
  { options }: Planning,
): ServiceMode {
  const current = live.Spec.Mode.Replicated?.Replicas;
  if (current === undefined || spec.Mode.Replicated === undefined || options.resetReplicas) return spec.Mode;
  const bounds = options.bounds.get(spec.Name);
  if (bounds !== undefined) {
    return { Replicated: { Replicas: Math.min(Math.max(current, bounds.min), bounds.max) } };
  }
  return service.replicasGiven ? spec.Mode : { Replicated: { Replicas: current } };
}

/**
 * Swarm compares templates as they are written, down to the order of lists, and restarts tasks for any difference: what
 * means the same is sent in the form that is there, so that a new label stays a new label.
 */
function keepForms(spec: ServiceSpec, live: ServiceSpec, { names }: Planning): ServiceSpec {
  const task = equal(normaliseTask(live.TaskTemplate, names), normaliseTask(spec.TaskTemplate, names));
  const endpoint = equal(normaliseEndpoint(live.EndpointSpec), normaliseEndpoint(spec.EndpointSpec));
  return {
    ...spec,
    ...(task && { TaskTemplate: live.TaskTemplate }),
    ...(endpoint && live.EndpointSpec !== undefined && { EndpointSpec: live.EndpointSpec }),
  };
}

export function planLeftovers(desired: DesiredStack, planning: Planning): void {
  const wanted = new Set(desired.services.map(({ spec }) => spec.Name));
  const leftovers = planning.observed.services.filter(
    (service) => stackOf(service) === desired.name && !wanted.has(service.Spec.Name),
  );
  for (const { ID: id, Spec } of leftovers) {
    const { Name: name } = Spec;
    if (planning.options.prune) {
      planning.operations.push({ kind: 'remove-service', name, cause: 'not in the file', id });
    } else {
      planning.warnings.push(`service ${name} is not in the file and stays; --prune removes it`);
    }
  }
}
